"""Who is asking, and whether they may: the bearer of a verified access token (RFC 6750), judged by the rule of the route."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, params
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from fastapi.security import HTTPBearer

from shared.policy import NOBODY, Policy, Rule
from shared.problems import UNAUTHENTICATED, Problem
from shared.tokens import Claims, TokenRefused, TokenVerifier

Actor = Claims
_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="Access token of auth (RFC 9068)")


async def current_actor(request: Request, _documented: Annotated[object, Depends(_bearer)] = None) -> Actor:
    """Return the bearer of the request's access token; refuse with 401, or as the rule of the route says."""
    actor = await _bearer_of(request)
    _rule_of(request).demand(actor)
    return actor


CurrentActor = Annotated[Actor, Depends(current_actor)]


async def admitted_places(request: Request, actor: CurrentActor) -> frozenset[str]:
    """Return where the bearer holds the role, or has the scope, that the rule of the route names."""
    return _rule_of(request).places(actor)


AdmittedPlaces = Annotated[frozenset[str], Depends(admitted_places)]


def gates(router: APIRouter, policy: Policy) -> Sequence[params.Depends]:
    """Return what a router needs beyond its routes' own dependencies, so that what no rule opens is closed.

    That is nothing if each of its routes has a rule, and asks who calls unless the rule is public.
    """
    for route in iter_route_contexts(router.routes):
        for method in route.methods or ():
            if not (policy.get(f"{method} {route.path}", NOBODY).is_public or asks_actor(route.dependant)):
                return [Depends(_gate)]
    return []


def asks_actor(dependant: Dependant) -> bool:
    """Tell whether a route depends on who calls."""
    return dependant.call is current_actor or any(map(asks_actor, dependant.dependencies))


async def _gate(request: Request) -> None:
    if not _rule_of(request).is_public:
        await current_actor(request)


def _rule_of(request: Request) -> Rule:
    policy: Policy = request.app.state.policy
    return policy.get(f"{request.method} {request.scope['route'].path}", NOBODY)


async def _bearer_of(request: Request) -> Actor:
    verifier: TokenVerifier = request.app.state.verifier
    try:
        return await verifier.verify(_token_of(request))
    except TokenRefused as error:
        request.app.state.metrics.refused_tokens.labels(error.reason).inc()
        headers = {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{error.reason}"'}
        raise Problem(UNAUTHENTICATED, str(error), headers=headers) from None


def _token_of(request: Request) -> str:
    presented = request.headers.getlist("authorization") or [""]
    if len(presented) > 1:  # two readers of one request may take different ones
        raise TokenRefused("presented-twice")
    scheme, _, token = presented[0].partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(UNAUTHENTICATED)
    return token.strip(" ")
