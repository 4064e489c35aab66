"""Routes of pages: what goes wrong is answered with a page, in the language of the browser."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from auth.api.pages.csrf import FormRefused
from auth.api.pages.rendering import render_error
from auth.api.pages.visits import ACCOUNT_PATH, SignInNeeded, sign_in_first
from auth.domain.errors import ClientUnknown, FreshSignInNeeded, SessionEnded, TooManyAttempts
from shared.database import DatabaseUnavailable
from shared.http import PeerUnavailable

# error → (words of its page, status)
_PAGES: Mapping[type[Exception], tuple[str, int]] = {
    ClientUnknown: ("client-unknown", 400),
    TooManyAttempts: ("too-many-attempts", 429),
    DatabaseUnavailable: ("unavailable", 503),
    PeerUnavailable: ("unavailable", 503),
    RequestValidationError: ("not-found", 404),
    HTTPException: ("not-found", 404),
}


class PageRoute(APIRoute):
    """A route of a page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except SignInNeeded as error:
                return sign_in_first(error)
            except (SessionEnded, FreshSignInNeeded):
                return sign_in_first(SignInNeeded(ACCOUNT_PATH))
            except FormRefused:
                return render_error(request, "form-refused", status=403)
            except tuple(_PAGES) as error:
                reason, status = next(_PAGES[kind] for kind in type(error).__mro__ if kind in _PAGES)
                retry_after = getattr(error, "retry_after", 2 if status == 503 else None)
                headers = {"Retry-After": str(retry_after)} if retry_after else {}
                return render_error(request, reason, status=status, headers=headers)

        return answer


def page_router() -> APIRouter:
    """Return a router of pages; the API's document does not list them."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)
