"""The app of every service, put together the same way: boundary, guard, problems, health, docs, then its own routes."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from shared.actors import gates
from shared.body_guard import BodyGuard
from shared.boundary import RequestBoundary
from shared.database import DatabaseUnavailable
from shared.docs import docs_routes
from shared.health import Check, health_routes
from shared.http import PeerUnavailable
from shared.idempotency import IdempotencyKeyReused
from shared.metrics import Metrics
from shared.openapi import describe_problems
from shared.policy import PUBLIC, Policy, Rule
from shared.problem_pages import problem_pages
from shared.problems import (
    INTERNAL,
    INVALID,
    KEY_REUSED,
    MALFORMED,
    UNAVAILABLE,
    ProblemResponses,
    ProblemTable,
    describe,
)
from shared.settings import ServiceSettings
from shared.telemetry import build_tracer
from shared.tokens import TokenVerifier

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
_SHARED_ERRORS: ProblemTable = {
    DatabaseUnavailable: UNAVAILABLE,
    PeerUnavailable: UNAVAILABLE,
    IdempotencyKeyReused: KEY_REUSED,
}
_READ_PROBLEMS = Rule("read what a refusal means", {PUBLIC: "pages that explain problems"})
_SHARED_POLICY: Policy = {"GET /problems": _READ_PROBLEMS, "GET /problems/{slug}": _READ_PROBLEMS}


@dataclass(frozen=True)
class ServiceApp:
    """What makes one service's app different from another's."""

    name: str
    title: str
    description: str
    routers: Sequence[APIRouter]
    policy: Policy
    problems: ProblemTable
    ready: Mapping[str, Check]
    lifespan: Lifespan
    streamed: Sequence[str] = ()
    outermost: Sequence[Middleware] = ()
    state: Mapping[str, Any] = field(default_factory=dict)


def create_service_app(
    service: ServiceApp, settings: ServiceSettings, verifier: TokenVerifier, metrics: Metrics | None = None
) -> FastAPI:
    """Return the app of one process; `state` is what its routes find on `request.app.state`."""
    metrics = metrics or Metrics()
    responses = ProblemResponses(settings.public_url, {**_SHARED_ERRORS, **service.problems})
    tracer = build_tracer(service.name, settings.otel_exporter_otlp_endpoint)
    app = FastAPI(
        title=service.title,
        description=service.description,
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=service.lifespan,
        routes=[*health_routes(metrics, service.ready), *docs_routes(service.title)],
        responses=describe(MALFORMED, INVALID, INTERNAL, UNAVAILABLE),
        generate_unique_id_function=_operation_id,
        servers=[{"url": "/"}],
        telemetry={"tracing": False, "metrics": False, "logs": False},  # the boundary's work
        middleware=[
            *service.outermost,
            Middleware(RequestBoundary, tracer=tracer, metrics=metrics, problems=responses),
            Middleware(BodyGuard, limit=settings.max_body_bytes, streamed=service.streamed, problems=responses),
        ],
    )
    responses.install(app)
    app.state.verifier = verifier
    app.state.policy = policy = {**_SHARED_POLICY, **service.policy}
    app.state.metrics = metrics
    for name, value in service.state.items():
        setattr(app.state, name, value)
    for router in (*service.routers, problem_pages(responses.kinds)):
        app.include_router(router, dependencies=gates(router, policy))
    describe_problems(app, responses.kinds)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
