"""The composition root of auth."""

from functools import partial

import httpx
from fastapi import FastAPI
from prometheus_client import Counter

from auth.api import (
    routes_accounts,
    routes_activation,
    routes_authorize,
    routes_clients,
    routes_discovery,
    routes_factors,
    routes_me,
    routes_oauth,
    routes_officers,
    routes_sessions,
    routes_userinfo,
)
from auth.api.pages import ROUTERS as PAGE_ROUTERS
from auth.api.policy import POLICY
from auth.api.problems import PROBLEMS
from auth.clients.notifications import NotificationsClient
from auth.clients.upstream import read_upstreams
from auth.settings import NAME, AuthSettings
from auth.storage import tables
from auth.storage.audit import AuditTrail
from auth.storage.keys import SigningKeys
from auth.use_cases.dependencies import Dependencies, Passwords
from auth.use_cases.rotate_keys import ensure_first_key
from shared.app import ServiceApp, create_service_app
from shared.background import lifespan_with
from shared.clock import Clock, SystemClock
from shared.contracts import Contracts
from shared.custody import KeyCustody, SealedKeys
from shared.database import Database
from shared.encryption import Cipher
from shared.http import Peer, ServiceTokens, build_http_client
from shared.metrics import Metrics
from shared.outbox import Outbox, OutboxWaker
from shared.tokens import KeySource, TokenVerifier


def build_dependencies(
    settings: AuthSettings,
    *,
    clock: Clock,
    http: httpx.AsyncClient,
    custody: KeyCustody | None = None,
    metrics: Metrics | None = None,
) -> Dependencies:
    """Return the parts of one process, for the app and for the commands; `custody` keeps the private keys elsewhere."""
    registry = (metrics or Metrics()).registry
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
    cipher = Cipher(settings.field_keys.get_secret_value(), lookup_key=settings.lookup_key.get_secret_value())
    peer = Peer(http, ServiceTokens(http, settings), name="notifications", url=settings.notifications_url)
    outbox = Outbox(tables.outbox, Contracts(), service=NAME, clock=clock)
    custody = custody or SealedKeys(cipher, tables.signing_keys.name)
    return Dependencies(
        settings=settings,
        database=database,
        outbox=outbox,
        waker=OutboxWaker(database),
        clock=clock,
        cipher=cipher,
        keys=SigningKeys(database, custody, clock),
        passwords=Passwords(),
        codes=NotificationsClient(peer),
        codes_not_sent=Counter("codes_not_sent", "Sign-in codes not handed over", ("channel",), registry=registry),
        refused_sign_ins=Counter("refused_sign_ins", "Tries to sign in that failed", ("reason",), registry=registry),
        upstreams=read_upstreams(settings.upstream_providers.get_secret_value(), http, clock),
        audit=AuditTrail(outbox, clock),
    )


def create_app(
    settings: AuthSettings,
    *,
    clock: Clock | None = None,
    http: httpx.AsyncClient | None = None,
    keys: KeySource | None = None,
    custody: KeyCustody | None = None,
) -> FastAPI:
    """Return the app. Its own tokens are verified with its own keys; `keys` replaces them under test."""
    clock = clock or SystemClock()
    http = http or build_http_client()
    metrics = Metrics()
    dependencies = build_dependencies(settings, clock=clock, http=http, custody=custody, metrics=metrics)

    service = ServiceApp(
        name=NAME,
        title="Auth",
        description="Accounts, mandates, sessions and tokens.",
        routers=(
            routes_accounts.router,
            routes_sessions.router,
            routes_me.router,
            routes_factors.router,
            routes_officers.router,
            routes_activation.router,
            routes_clients.router,
            routes_oauth.router,
            routes_authorize.router,
            routes_userinfo.router,
            routes_discovery.router,
            *PAGE_ROUTERS,
        ),
        policy=POLICY,
        problems=PROBLEMS,
        ready={"database": dependencies.database.check},
        lifespan=lifespan_with(
            dependencies.database, http, dependencies.waker.run, first=partial(ensure_first_key, dependencies)
        ),
        state={"dependencies": dependencies},
    )
    verifier = TokenVerifier(keys or dependencies.keys, issuer=settings.auth_issuer, audience=NAME, clock=clock)
    return create_service_app(service, settings, verifier, metrics)
