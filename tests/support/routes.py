"""The routes of a service, as a guard test reads them."""

from collections.abc import Iterator
from typing import Any

from fastapi.routing import iter_route_contexts

from dev.declared import app_of
from dev.policies import policy_of
from dev.topology import Service
from shared.policy import NOBODY, Rule

# answered before any route, to machines that watch and people who read
OF_EVERY_SERVICE = {"/livez", "/readyz", "/metrics", "/docs", "/docs/files", "/openapi.json"}


def routes_of(service: Service) -> Iterator[tuple[str, Any]]:
    """Yield each route of a service as `GET /v1/things`, with what FastAPI knows of it."""
    for route in iter_route_contexts(app_of(service).routes):
        for method in route.methods or ():
            if route.path not in OF_EVERY_SERVICE:
                yield f"{method} {route.path}", route


def rule_of(service: Service, name: str) -> Rule:
    """Return the rule of a route, or the one of routes without a rule."""
    return policy_of(service).get(name, NOBODY)
