"""Browsers: the cookie that a session is found by, and the headers of every page (CSP Level 3, RFC 6265bis).

On HTTPS the cookie is `__Host-`: bound to this host, never sent in the clear. It is Lax: a link from elsewhere finds the
session, a form from elsewhere does not.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import Request, Response

from auth.settings import AuthSettings
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.sessions import BROWSER_SESSION, find_browser_session

SIGN_IN_PATH = "/login"
LONGEST_PATH = 12_000


def page_headers(*form_targets: str) -> Mapping[str, str]:
    """Return the headers of a page; its forms may lead to this origin and, after a redirect, to `form_targets`."""
    policy = {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "form-action": " ".join(("'self'", *form_targets)),
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cache-Control": "no-store",
        # with `no-referrer` browsers send `Origin: null` with forms, which must name this origin
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


async def browser_session(request: Request, deps: Dependencies) -> Any:
    """Return the live session of the browser that asks, or None."""
    cookie = request.cookies.get(cookie_name(deps.settings, "session"))
    if not cookie or len(cookie) > 100:
        return None
    async with deps.database.reading() as connection:
        return await find_browser_session(deps, connection, cookie)


def set_session_cookie(response: Response, settings: AuthSettings, secret: str) -> None:
    """Bind the session to the browser that is answered."""
    set_cookie(response, settings, "session", secret, int(BROWSER_SESSION.total_seconds()))


def set_cookie(response: Response, settings: AuthSettings, name: str, value: str, seconds: int) -> None:
    """Set one of this service's cookies; `seconds` 0 deletes it."""
    response.set_cookie(
        cookie_name(settings, name),
        value,
        max_age=seconds,
        path="/",
        secure=is_https(settings),
        httponly=True,
        samesite="lax",
    )


def cookie_name(settings: AuthSettings, name: str) -> str:
    """Return the name under which a cookie of this service travels."""
    return f"__Host-{name}" if is_https(settings) else name


def is_https(settings: AuthSettings) -> bool:
    """Tell whether browsers reach this service over TLS; on one machine they do not."""
    return urlsplit(settings.public_url).scheme == "https"


def local_path(address: str) -> str | None:
    """Return a path of this service with its query, or None for anything that could lead a browser elsewhere."""
    is_plain = len(address) <= LONGEST_PATH and address.isprintable() and "\\" not in address
    if not is_plain or not address.startswith("/") or address.startswith("//"):
        return None
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else None


def sign_in_address(next_path: str, **wishes: str) -> str:
    """Return the path of the sign-in page that leads on to `next_path`, a path of this service with its query."""
    query = "".join(f"&{name}={quote(value, safe='')}" for name, value in wishes.items() if value)
    return f"{SIGN_IN_PATH}?next={quote(next_path, safe='')}{query}"
