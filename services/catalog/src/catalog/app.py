"""The composition root of catalog."""

import httpx
from fastapi import FastAPI
from starlette.middleware import Middleware

from catalog.api import routes
from catalog.api.card_cache import CardAnswers, CardCache
from catalog.api.problems import PROBLEMS
from catalog.settings import NAME, CatalogSettings
from shared.app import ServiceApp, create_service_app
from shared.background import lifespan_with
from shared.clock import Clock, SystemClock
from shared.database import Database
from shared.http import build_http_client
from shared.keys import RemoteKeys
from shared.tokens import KeySource, TokenVerifier


def create_app(
    settings: CatalogSettings,
    *,
    clock: Clock | None = None,
    http: httpx.AsyncClient | None = None,
    keys: KeySource | None = None,
) -> FastAPI:
    """Return the app; `http` and `keys` are the seams for running services in one process."""
    clock = clock or SystemClock()
    http = http or build_http_client()
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
    answers = CardAnswers(database.dsn)
    keys = keys or RemoteKeys(http, f"{settings.auth_url}/.well-known/jwks.json")

    service = ServiceApp(
        name=NAME,
        title="Catalog",
        description="Public services, places and organisations.",
        routers=(routes.router,),
        problems=PROBLEMS,
        ready={"database": database.check},
        lifespan=lifespan_with(database, http, answers.listen),
        middleware=(Middleware(CardCache, answers=answers),),
        state={"database": database},
    )
    verifier = TokenVerifier(keys, issuer=settings.auth_issuer, audience=NAME, clock=clock)
    return create_service_app(service, settings, verifier)
