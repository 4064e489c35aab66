"""How a client shows who it is (RFC 6749 §2.3, RFC 7523 §2.2): in exactly one way a request, each parameter once.

Errors of OAuth endpoints are the JSON of RFC 6749 §5.2, which clients read.
"""

from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import unquote_plus

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from auth.api.oauth_schemas import ClientForm
from auth.domain.clients import KEY, NONE, SECRET
from auth.use_cases.authenticate_client import Credentials, authenticate_client
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.issue_tokens import FIRST_PARTY, GrantRefused
from shared.tokens import TokenRefused, read_unverified_subject

NO_STORE = {"Cache-Control": "no-store"}
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_REPEATABLE = {"resource"}


class OAuthRoute(APIRoute):
    """Answers a refused grant as RFC 6749 §5.2 has it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except GrantRefused as error:
                return _refused(error)

        return answer


def oauth_router() -> APIRouter:
    """Return a router of OAuth endpoints that take forms."""
    return APIRouter(prefix="/oauth", tags=["oauth"], route_class=OAuthRoute, dependencies=[Depends(_each_once)])


async def _each_once(request: Request) -> None:
    """Refuse a form in which a parameter is repeated (RFC 6749 §3.2)."""
    form = await request.form()
    counted = Counter(name for name, _ in form.multi_items())
    if any(count > 1 for name, count in counted.items() if name not in _REPEATABLE):
        raise GrantRefused("invalid_request", "A parameter is given twice.")


async def authenticated(deps: Dependencies, request: Request, form: ClientForm) -> Any:
    """Return the client of a request, or None for a session over the API itself, which has none. Raises GrantRefused."""
    shown = _shown(request, form)
    if shown.method == NONE and shown.client_id in {"", FIRST_PARTY}:
        return None
    return await authenticate_client(deps, shown)


async def authenticated_client(deps: Dependencies, request: Request, form: ClientForm) -> Any:
    """Return the client of a request. Raises GrantRefused, also when there is none."""
    client = await authenticated(deps, request, form)
    if client is None:
        raise GrantRefused("invalid_client", "The client shows nothing that it proves itself with.")
    return client


def _shown(request: Request, form: ClientForm) -> Credentials:
    header = request.headers.get("authorization", "")
    ways = [bool(header), bool(form.client_secret), bool(form.client_assertion or form.client_assertion_type)]
    if sum(ways) > 1:
        raise GrantRefused("invalid_request", "The client proves itself in more than one way.")
    if header:
        client_id, secret = _basic(header)
        shown = Credentials(client_id, SECRET, secret)
    elif form.client_secret:
        shown = Credentials(form.client_id, SECRET, form.client_secret)
    elif any(ways):
        shown = Credentials(_subject(form), KEY, form.client_assertion)
    else:
        shown = Credentials(form.client_id, NONE)
    if form.client_id and form.client_id != shown.client_id:
        raise GrantRefused("invalid_request", "Two clients are named.")
    if "\0" in shown.client_id:
        raise GrantRefused("invalid_client", "A client id holds no U+0000.")
    return shown


def _basic(header: str) -> tuple[str, str]:
    scheme, _, credentials = header.partition(" ")
    try:
        name, separator, secret = b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        separator = ""
    if scheme.lower() != "basic" or not separator:
        raise GrantRefused("invalid_client", "The Authorization header cannot be read.")
    return unquote_plus(name), unquote_plus(secret)


def _subject(form: ClientForm) -> str:
    """Return whom an assertion says to be of; that it is so is proved with this client's keys."""
    if form.client_assertion_type != _ASSERTION_TYPE:
        raise GrantRefused("invalid_request", "The client assertion is of a type that is not taken.")
    try:
        return read_unverified_subject(form.client_assertion)
    except TokenRefused:
        raise GrantRefused("invalid_client", "The client assertion cannot be read.") from None


def _refused(error: GrantRefused) -> JSONResponse:
    is_client = error.error == "invalid_client"
    headers = NO_STORE | ({"WWW-Authenticate": "Basic"} if is_client else {})
    body = {"error": error.error, "error_description": str(error)}
    return JSONResponse(body, 401 if is_client else 400, headers)
