"""The composition root of catalog."""

import httpx
from fastapi import FastAPI
from starlette.middleware import Middleware

from catalog.api import (
    routes,
    routes_cards,
    routes_defaults,
    routes_drafts,
    routes_exceptions,
    routes_open_data,
    routes_places,
    routes_search,
)
from catalog.api.card_cache import CardAnswers, CardCache
from catalog.api.freshness import FreshnessGauge
from catalog.api.policy import POLICY
from catalog.api.problems import PROBLEMS
from catalog.domain.days import kyiv_date
from catalog.settings import NAME, CatalogSettings
from catalog.storage import tables
from catalog.storage.news import hear_news
from catalog.storage.publication import CHANGED
from catalog.use_cases.dependencies import Dependencies
from catalog.use_cases.find_public_services import PublicServiceSearch
from catalog.use_cases.make_snapshot import SnapshotParts
from catalog.use_cases.render_open_data import OpenData
from catalog.use_cases.renew_snapshots import SnapshotRenewal
from shared.app import ServiceApp, create_service_app
from shared.background import lifespan_with
from shared.clock import Clock, SystemClock
from shared.contracts import Contracts
from shared.database import Database
from shared.encryption import Cipher
from shared.http import build_http_client
from shared.keys import RemoteKeys
from shared.metrics import Metrics
from shared.outbox import Outbox, OutboxWaker
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
    answers = CardAnswers(lambda: kyiv_date(clock.now()))
    search = PublicServiceSearch(database)
    cipher = Cipher(settings.field_keys.get_secret_value(), lookup_key=settings.lookup_key.get_secret_value())
    snapshots = SnapshotParts(database, cipher, clock)
    renewal = SnapshotRenewal(snapshots)
    outbox = Outbox(tables.outbox, Contracts(), service=NAME, clock=clock)
    dependencies = Dependencies(database, outbox, OutboxWaker(database), clock)
    metrics = Metrics()
    freshness = FreshnessGauge(metrics.registry, database, clock)
    keys = keys or RemoteKeys(http, f"{settings.auth_url}/.well-known/jwks.json")

    async def hear() -> None:
        await hear_news(database.dsn, CHANGED, answers.hearing, search.hearing, renewal.hearing)

    service = ServiceApp(
        name=NAME,
        title="Catalog",
        description="Public services, places and organisations.",
        routers=(
            routes_open_data.router,
            routes.router,
            routes_search.router,
            routes_places.router,
            routes_exceptions.router,
            routes_drafts.router,
            routes_drafts.one,
            routes_defaults.router,
            routes_cards.router,
        ),
        policy=POLICY,
        problems=PROBLEMS,
        ready={"database": database.check},
        lifespan=lifespan_with(database, http, hear, renewal.run, dependencies.waker.run, freshness.run),
        outermost=(Middleware(CardCache, answers=answers, metrics=metrics),),
        state={
            "database": database,
            "clock": clock,
            "dependencies": dependencies,
            "search": search,
            "snapshots": snapshots,
            "open_data": OpenData(database, settings.public_url.rstrip("/")),
        },
    )
    verifier = TokenVerifier(keys, issuer=settings.auth_issuer, audience=NAME, clock=clock)
    return create_service_app(service, settings, verifier, metrics)
