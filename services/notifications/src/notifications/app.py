"""The composition root of the notifications service."""

import httpx
from fastapi import FastAPI

from notifications.api import routes
from notifications.api.policy import POLICY
from notifications.api.problems import PROBLEMS
from notifications.settings import NAME, NotificationsSettings
from notifications.use_cases.dependencies import build_dependencies
from shared.app import ServiceApp, create_service_app
from shared.background import lifespan_with
from shared.clock import Clock, SystemClock
from shared.database import Database
from shared.http import build_http_client
from shared.keys import RemoteKeys
from shared.tokens import KeySource, TokenVerifier


def create_app(
    settings: NotificationsSettings,
    *,
    clock: Clock | None = None,
    http: httpx.AsyncClient | None = None,
    keys: KeySource | None = None,
) -> FastAPI:
    """Return the app; `http` and `keys` are the seams for running services in one process."""
    clock = clock or SystemClock()
    http = http or build_http_client()
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
    dependencies = build_dependencies(settings, database, clock=clock, http=http)
    keys = keys or RemoteKeys(http, f"{settings.auth_url}/.well-known/jwks.json")

    service = ServiceApp(
        name=NAME,
        title="Notifications",
        description="Messages to people: SMS, e-mail, in-app.",
        routers=(routes.router,),
        policy=POLICY,
        problems=PROBLEMS,
        ready={"database": database.check},
        lifespan=lifespan_with(database, http, dependencies.waker.run),
        state={"dependencies": dependencies},
    )
    verifier = TokenVerifier(keys, issuer=settings.auth_issuer, audience=NAME, clock=clock)
    return create_service_app(service, settings, verifier)
