"""Where clients send browsers: to sign in (OpenID Connect Core §3.1.2) and out (RP-Initiated Logout 1.0).

A browser is sent on only to an address that the client registered. Who came to another is told so here: a page for a
browser, a problem for anything else.
"""

from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from auth.api import problems as own
from auth.api.browser import browser_session, set_cookie, sign_in_address
from auth.api.dependencies import Parts
from auth.api.oauth_schemas import AuthorizeParameters, LogoutParameters
from auth.api.pages.rendering import render_error
from auth.domain.authorization import LONGEST_REQUEST
from auth.domain.errors import ClientUnknown, RedirectNotRegistered
from auth.use_cases.authorize import Back, Step, authorize
from auth.use_cases.log_out import LogOut, log_out
from shared.problems import INVALID, MALFORMED, Problem, describe

_AUTHORIZE, _LOGOUT = "/oauth/authorize", "/oauth/logout"
_PAGES = {"mandate": "/mandates", "consent": "/consent"}
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_REFUSALS = describe(MALFORMED, INVALID, own.CLIENT_UNKNOWN, own.REDIRECT_NOT_REGISTERED)


class BrowserRoute(APIRoute):
    """Answers a browser that cannot be sent back with a page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except (ClientUnknown, RedirectNotRegistered) as error:
                if "text/html" not in request.headers.get("accept", ""):
                    raise
                kind = own.PROBLEMS[type(error)]
                return render_error(request, kind.slug, status=kind.status)

        return answer


router = APIRouter(tags=["oauth"], route_class=BrowserRoute)


@router.get(_AUTHORIZE, summary="Sign in to a client", status_code=303, responses=_REFUSALS)
async def get_authorize(
    request: Request, deps: Parts, _documented: Annotated[AuthorizeParameters, Query()]
) -> RedirectResponse:
    """Sends the browser back with a code, or first to the pages of signing in; with an error if it cannot be."""
    parameters = _grouped(request.query_params.multi_items())
    done = await authorize(deps, parameters, await browser_session(request, deps))
    return RedirectResponse(done.uri if isinstance(done, Back) else _page(done), 303, _HEADERS)


@router.post(_AUTHORIZE, summary="Sign in to a client, by a form", status_code=303, responses=describe(INVALID))
async def post_authorize(request: Request, _documented: Annotated[AuthorizeParameters, Form()]) -> RedirectResponse:
    """Has the browser ask again with the same parameters in the address: with a form from elsewhere it sends no cookie."""
    return await _again(request, _AUTHORIZE)


@router.get(_LOGOUT, summary="Sign out", status_code=303, responses=_REFUSALS)
async def get_logout(request: Request, deps: Parts, wanted: Annotated[LogoutParameters, Query()]) -> RedirectResponse:
    """Ends the session that the ID token is of, and goes on to the client; without one the person is asked first."""
    session = await browser_session(request, deps)
    asked = LogOut(wanted.id_token_hint, wanted.client_id, wanted.post_logout_redirect_uri, wanted.state)
    done = await log_out(deps, asked, session)
    if not done.is_done:
        kept = wanted.model_dump(include={"client_id", "post_logout_redirect_uri", "state"}, exclude_defaults=True)
        after = f"{_LOGOUT}?{urlencode(kept)}" if done.uri else ""
        return RedirectResponse(f"/logout?{urlencode({'next': after})}" if after else "/logout", 303, _HEADERS)
    response = RedirectResponse(done.uri or "/logout/done", 303, _HEADERS)
    set_cookie(response, deps.settings, "session", "", 0)
    return response


@router.post(_LOGOUT, summary="Sign out, by a form", status_code=303, responses=describe(INVALID))
async def post_logout(request: Request, _documented: Annotated[LogoutParameters, Form()]) -> RedirectResponse:
    """Has the browser ask again with the same parameters in the address: with a form from elsewhere it sends no cookie."""
    return await _again(request, _LOGOUT)


async def _again(request: Request, path: str) -> RedirectResponse:
    form = await request.form()
    query = urlencode([(name, value) for name, value in form.multi_items() if isinstance(value, str)])
    if len(query) > LONGEST_REQUEST:
        raise Problem(INVALID, "The request is too long.")
    return RedirectResponse(f"{path}?{query}", 303, _HEADERS)


def _page(step: Step) -> str:
    next_path = f"{_AUTHORIZE}?{urlencode(step.query)}"
    if step.page == "sign-in":
        return sign_in_address(next_path, **step.wishes)
    return f"{_PAGES[step.page]}?{urlencode({'next': next_path})}"


def _grouped(items: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped = defaultdict(list)
    for name, value in items:
        grouped[name].append(value)
    return dict(grouped)
