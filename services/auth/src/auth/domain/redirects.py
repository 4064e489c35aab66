"""Addresses that a browser may be sent to with an answer: registered whole and compared letter by letter (RFC 9700 §2.1).

One thing may differ: the port of a loopback address of a client that runs on the person's own device (RFC 8252 §7.3).
"""

import re
from collections.abc import Collection
from urllib.parse import SplitResult, urlencode, urlsplit

LONGEST = 2000
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
# RFC 3986: visible ASCII without what only a browser would mend
_PLAIN = re.compile(r"https?://[!#-;=?-\[\]_a-z~]*")


def fault_of(uri: str) -> str | None:
    """Return why an address cannot be registered, or None."""
    if len(uri) > LONGEST or not _PLAIN.fullmatch(uri):
        return f"An address begins with https:// and has at most {LONGEST} characters, all of them of RFC 3986"
    parts = _split(uri)
    if parts is None or not parts.hostname:
        return "This is not an absolute address"
    is_loopback = parts.hostname in _LOOPBACK
    segments = re.split(r"/|%2f", parts.path.lower().replace("%2e", "."))
    faults = {
        "An address is registered whole, without a wildcard": "*" in uri,
        "An address has no fragment": "#" in uri,
        "An address has no user and no password": "@" in parts.netloc,
        "https is needed; http is for 127.0.0.1 and [::1] alone": parts.scheme == "http" and not is_loopback,
        "The host is a name in small letters": not (is_loopback or _HOST.fullmatch(_host_as_written(parts))),
        "A path has no dots that lead elsewhere": not {".", ".."}.isdisjoint(segments),
    }
    return next((fault for fault, is_there in faults.items() if is_there), None)


def is_registered(uri: str, registered: Collection[str], *, is_public: bool) -> bool:
    """Tell whether the address is one of those registered; of a public client's loopback address the port may differ."""
    if uri in registered:
        return True
    if not is_public or fault_of(uri) is not None:
        return False
    given = _without_port(uri)
    return given is not None and given in {_without_port(known) for known in registered}


def with_answer(uri: str, answer: dict[str, str]) -> str:
    """Return the address with an answer in its query."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(answer)}"


def origin_of(uri: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def _without_port(uri: str) -> SplitResult | None:
    """Return the parts of an http loopback address without its port, or None for any other."""
    parts = _split(uri)
    if parts is None or parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        return None
    return parts._replace(netloc=parts.hostname)


def _host_as_written(parts: SplitResult) -> str:
    return parts.netloc.rpartition(":")[0] if parts.port is not None else parts.netloc


def _split(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018  raises for a port that is none
    except ValueError:
        return None
    return parts
