"""Who may call a route, and how it can refuse: stated for each, and true."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import httpx
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from dev.declared import app_of
from dev.topology import Service
from shared.actors import current_actor
from shared.openapi import problems_of
from shared.problems import MEDIA_TYPE, ProblemTable
from tests.support.project import each_service
from tests.support.refusals import Refusals, functions_behind

# answered before any route, to machines that watch and people who read
OF_EVERY_SERVICE = {"/livez", "/readyz", "/metrics", "/docs", "/docs/files", "/openapi.json"}
_PARAMETER = "0198f2c0-7b1a-7c3d-8e4f-5a6b7c8d9e0f"


def routes_of(service: Service) -> Iterator[tuple[str, Any]]:
    """Yield each route of a service as `GET /v1/things`, with what FastAPI knows of it."""
    for route in iter_route_contexts(app_of(service).routes):
        for method in route.methods or ():
            if route.path not in OF_EVERY_SERVICE:
                yield f"{method} {route.path}", route


def operations_of(service: Service) -> dict[str, dict[str, Any]]:
    """Return the operations of a service's document by `GET /v1/things`."""
    paths = app_of(service).openapi()["paths"]
    return {f"{method.upper()} {path}": operation for path, item in paths.items() for method, operation in item.items()}


def public_routes_of(service: Service) -> dict[str, str]:
    """Return the routes that need no actor, each with its reason."""
    declared: dict[str, str] = import_module(f"{service.module}.api").PUBLIC_ROUTES
    return declared


def table_of(service: Service) -> ProblemTable:
    """Return a service's table of problems."""
    table: ProblemTable = import_module(f"{service.module}.api.problems").PROBLEMS
    return table


def needs_actor(dependant: Dependant) -> bool:
    return current_actor in functions_behind(dependant)


@each_service
def test_every_route_requires_an_actor_unless_listed_with_a_reason(service: Service):
    without_actor = {name for name, route in routes_of(service) if not needs_actor(route.dependant)}
    assert without_actor == set(public_routes_of(service))


@each_service
def test_every_public_route_gives_its_reason(service: Service):
    assert [route for route, reason in public_routes_of(service).items() if len(reason.split()) < 3] == []


@each_service
async def test_a_caller_without_a_token_gets_no_further_than_401(service: Service):
    transport = httpx.ASGITransport(app_of(service))
    headers = {"Idempotency-Key": "0123456789", "Content-Type": "application/json"}
    answers = {}
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        for name in sorted({name for name, _ in routes_of(service)} - set(public_routes_of(service))):
            method, _, path = name.partition(" ")
            filled = "/".join(_PARAMETER if part.startswith("{") else part for part in path.split("/"))
            content = None if method == "GET" else b"{}"
            answer = await client.request(method, filled, headers=headers, content=content)
            answers[name] = (answer.status_code, answer.headers.get("www-authenticate"))
    assert answers == dict.fromkeys(answers, (401, "Bearer"))


@each_service
def test_every_refusal_that_a_route_can_come_to_is_declared(service: Service):
    refusals, operations = Refusals(service, table_of(service)), operations_of(service)
    undeclared = {
        name: missing
        for name, route in routes_of(service)
        if (missing := refusals.certain(route.dependant) - problems_of(operations[name]))
    }
    assert undeclared == {}


@each_service
def test_no_route_declares_a_refusal_that_it_cannot_come_to(service: Service):
    refusals, operations = Refusals(service, table_of(service)), operations_of(service)
    idle = {
        name: extra
        for name, route in routes_of(service)
        if (
            extra := problems_of(operations[name])
            - _problems_of_inputs(operations[name])
            - refusals.possible(route.dependant)
        )
    }
    assert idle == {}


@each_service
def test_every_route_declares_the_problems_that_its_inputs_bring(service: Service):
    missing = {
        name: lacking
        for name, operation in operations_of(service).items()
        if (lacking := _problems_of_inputs(operation) - problems_of(operation))
    }
    assert missing == {}


def _problems_of_inputs(operation: dict[str, Any]) -> set[str]:
    expected = {"malformed-request", "internal-error", "temporarily-unavailable"}
    parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
    if parameters:
        expected.add("invalid-request")
    if "requestBody" in operation:
        expected |= {"invalid-request", "body-too-large", "unsupported-media-type"}
    if "Idempotency-Key" in parameters:
        expected.add("idempotency-key-reused")
    if "If-Match" in parameters:
        expected.add("version-changed")
    if operation.get("security"):
        expected.add("unauthenticated")
    return expected


@each_service
def test_an_error_is_always_declared_as_a_problem(service: Service):
    others = [
        f"{name} {status}"
        for name, operation in operations_of(service).items()
        for status, response in operation["responses"].items()
        if status >= "400" and list(response["content"]) != [MEDIA_TYPE]
    ]
    assert others == []


@each_service
def test_no_dependency_costs_a_hand_over_to_a_thread(service: Service):
    in_threads = {
        f"{name} ← {call.__name__}"
        for name, route in routes_of(service)
        for call in _calls_of(route.dependant)
        if not _is_called_in_the_loop(call)
    }
    assert in_threads == set()


def _calls_of(dependant: Dependant) -> Iterator[Any]:
    """Yield what is called for a route: itself, and everything that it depends on."""
    if dependant.call is not None:
        yield dependant.call
    for dependency in dependant.dependencies:
        yield from _calls_of(dependency)


def _is_called_in_the_loop(call: Any) -> bool:
    """Tell whether FastAPI calls this in the loop: a coroutine function, or an object whose call is one."""
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004
