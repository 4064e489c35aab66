"""How a route can refuse: stated for each, and true."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import httpx
from fastapi.dependencies.models import Dependant

from dev.declared import app_of
from dev.policies import policy_of
from dev.topology import Service
from shared.actors import asks_actor
from shared.openapi import problems_of
from shared.problems import MEDIA_TYPE, ProblemTable
from tests.support.project import each_service
from tests.support.refusals import Refusals
from tests.support.routes import routes_of, rule_of

_PARAMETER = "0198f2c0-7b1a-7c3d-8e4f-5a6b7c8d9e0f"


def operations_of(service: Service) -> dict[str, dict[str, Any]]:
    """Return the operations of a service's document by `GET /v1/things`."""
    paths = app_of(service).openapi()["paths"]
    return {f"{method.upper()} {path}": operation for path, item in paths.items() for method, operation in item.items()}


def declaring_routes_of(service: Service) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Yield each route that is in the document, with its operation; pages for people are not."""
    operations = operations_of(service)
    yield from ((name, route, operations[name]) for name, route in routes_of(service) if name in operations)


def table_of(service: Service) -> ProblemTable:
    """Return a service's table of problems."""
    table: ProblemTable = import_module(f"{service.module}.api.problems").PROBLEMS
    return table


@each_service
def test_a_route_asks_for_an_actor_unless_its_rule_is_public(service: Service):
    policy = policy_of(service)
    without_actor = {name for name, route in routes_of(service) if not asks_actor(route.dependant)}
    assert without_actor == {name for name, rule in policy.items() if rule.is_public}


@each_service
async def test_a_caller_without_a_token_gets_no_further_than_401(service: Service):
    transport = httpx.ASGITransport(app_of(service))
    headers = {"Idempotency-Key": "0123456789", "Content-Type": "application/json"}
    answers = {}
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        for name in sorted(name for name, _ in routes_of(service) if not rule_of(service, name).is_public):
            method, _, path = name.partition(" ")
            filled = "/".join(_PARAMETER if part.startswith("{") else part for part in path.split("/"))
            content = None if method == "GET" else b"{}"
            answer = await client.request(method, filled, headers=headers, content=content)
            answers[name] = (answer.status_code, answer.headers.get("www-authenticate"))
    assert answers == dict.fromkeys(answers, (401, "Bearer"))


@each_service
def test_a_route_that_is_not_in_the_document_is_a_page_that_takes_no_token(service: Service):
    undocumented = {name for name, _ in routes_of(service)} - operations_of(service).keys()
    assert {name for name in undocumented if not rule_of(service, name).is_public} == set()


@each_service
def test_every_refusal_that_a_route_can_come_to_is_declared(service: Service):
    refusals = Refusals(service, table_of(service))
    undeclared = {
        name: missing
        for name, route, operation in declaring_routes_of(service)
        if (missing := refusals.certain(route.dependant, rule_of(service, name)) - problems_of(operation))
    }
    assert undeclared == {}


@each_service
def test_no_route_declares_a_refusal_that_it_cannot_come_to(service: Service):
    refusals = Refusals(service, table_of(service))
    idle = {
        name: extra
        for name, route, operation in declaring_routes_of(service)
        if (
            extra := problems_of(operation)
            - _problems_of_inputs(operation)
            - refusals.possible(route.dependant, rule_of(service, name))
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
