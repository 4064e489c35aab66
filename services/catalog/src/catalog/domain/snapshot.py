"""The form of a snapshot: what kiosks and post offices keep, whole or as the difference from what they have.

A bundle is gzip of two lines of JSON (docs/snapshot.md):

    {"signature": "<JWS, ES256, over the SHA-256 of the second line>"}
    {"entries": {"agencies": {"<slug>": {…}}, …}, "format": 1, "made_at": "…", "version": 7}

The second line is canonical, so a reader who applies a difference can tell that the outcome is what was signed.
"""

import gzip
import io
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from catalog.domain.canonical import canonical

FORMAT = 1
SIGNATURE_TYPE = "snapshot+jws"
LISTS = ("access_points", "agencies", "life_events", "public_services", "service_centres", "territories")
MOST_BYTES = 256 * 1024 * 1024

Entries = Mapping[str, Mapping[str, bytes]]
"""The canonical bytes of every entry, by list and slug."""


class NotASnapshot(Exception):
    """The bytes are no bundle of this form, or its document is not what its signature names."""


@dataclass(frozen=True)
class Stamp:
    """Which snapshot: versions count up by one, `made_at` is RFC 3339."""

    version: int
    made_at: str


def full_document(stamp: Stamp, entries: Entries) -> bytes:
    """Return the canonical document of a whole snapshot, put together from the bytes of its entries."""
    return _members({"entries": _lists(entries), **_of(stamp)})


def delta_document(stamp: Stamp, since: int, changed: Entries, removed: Mapping[str, Iterable[str]]) -> bytes:
    """Return the canonical document of what is new, other or gone since version `since`."""
    gone = {name: canonical(sorted(slugs)) for name, slugs in removed.items()}
    return _members({"changed": _lists(changed), "removed": _members(gone), "since": canonical(since), **_of(stamp)})


def apply_delta(full: Mapping[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole snapshot that a difference leads to. Raises NotASnapshot when it starts from another version."""
    if delta["since"] != full["version"]:
        raise NotASnapshot(f"The difference starts from version {delta['since']}, not {full['version']}.")
    names = {*full["entries"], *delta["changed"], *delta["removed"]}
    entries = {
        name: {
            slug: entry
            for slug, entry in {**full["entries"].get(name, {}), **delta["changed"].get(name, {})}.items()
            if slug not in delta["removed"].get(name, ())
        }
        for name in names
    }
    return {name: delta[name] for name in ("format", "version", "made_at")} | {"entries": entries}


def claims_of(document: bytes, stamp: Stamp, *, since: int = 0, full_sha256: str | None = None) -> dict[str, Any]:
    """Return what is signed: the digest of the document, and of the whole snapshot that a difference leads to."""
    digest = sha256(document).hexdigest()
    claims = {"kind": "delta" if since else "full", "version": stamp.version, "made_at": stamp.made_at}
    claims |= {"since": since} if since else {}
    return claims | {"sha256": digest, "size": len(document), "full_sha256": full_sha256 or digest}


def pack(signature: str, document: bytes) -> bytes:
    """Return the bundle; the same signature and document give the same bytes."""
    return gzip.compress(canonical({"signature": signature}) + b"\n" + document + b"\n", 9, mtime=0)


def unpack(bundle: bytes) -> tuple[str, bytes]:
    """Return the signature and the document of a bundle. Raises NotASnapshot."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(bundle)) as packed:
            content = packed.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise NotASnapshot("It is not a gzip file, or it is cut off.") from None
    first, _, rest = content.partition(b"\n")
    if len(content) > MOST_BYTES or not rest.endswith(b"\n"):
        raise NotASnapshot("It does not have two lines, or it is too large.")
    try:
        signature = orjson.loads(first)["signature"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        signature = None
    if not isinstance(signature, str):
        raise NotASnapshot("Its first line has no signature.")
    return signature, rest[:-1]


def check_document(document: bytes, claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document whose digest the claims name. Raises NotASnapshot when it is another one."""
    if sha256(document).hexdigest() != claims.get("sha256"):
        raise NotASnapshot("The document was changed: its SHA-256 is not the signed one.")
    content: dict[str, Any] = orjson.loads(document)
    if (content["format"], content["version"]) != (FORMAT, claims.get("version")):
        raise NotASnapshot("The document is of another format or version than its signature says.")
    return content


def _of(stamp: Stamp) -> dict[str, bytes]:
    return {
        "format": canonical(FORMAT),
        "made_at": canonical(stamp.made_at),
        "version": canonical(stamp.version),
    }


def _lists(entries: Entries) -> bytes:
    return _members({name: _members(entries.get(name, {})) for name in LISTS})


def _members(values: Mapping[str, bytes]) -> bytes:
    """Return an object whose values are canonical already; its names are ASCII, so their order is that of RFC 8785."""
    return b"{" + b",".join(canonical(name) + b":" + values[name] for name in sorted(values)) + b"}"
