"""Who is asking: the bearer of a verified access token (RFC 6750), as a dependency of every route that needs one."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from shared.problems import FORBIDDEN, UNAUTHENTICATED, Problem
from shared.tokens import Claims, TokenRefused, TokenVerifier

Actor = Claims
_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="Access token of auth (RFC 9068)")


async def current_actor(request: Request, _documented: Annotated[object, Depends(_bearer)] = None) -> Actor:
    """Return the bearer of the request's access token, or refuse with 401."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(UNAUTHENTICATED)
    verifier: TokenVerifier = request.app.state.verifier
    try:
        return await verifier.verify(token.strip())
    except TokenRefused as error:
        request.app.state.metrics.refused_tokens.labels(error.reason).inc()
        headers = {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{error.reason}"'}
        raise Problem(UNAUTHENTICATED, str(error), headers=headers) from None


CurrentActor = Annotated[Actor, Depends(current_actor)]


def with_scope(scope: str) -> Callable[[Actor], Awaitable[Actor]]:
    """Return a dependency that admits only a bearer whose token holds `scope`."""

    async def check(actor: CurrentActor) -> Actor:
        if scope not in actor.scopes:
            raise Problem(FORBIDDEN, f"This needs the scope {scope}.")
        return actor

    return check
