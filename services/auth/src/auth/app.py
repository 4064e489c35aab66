"""The composition root of auth."""

import httpx
from fastapi import FastAPI

from auth.api import routes_accounts, routes_oauth, routes_officers
from auth.api.problems import PROBLEMS
from auth.clients.notifications import NotificationsClient
from auth.settings import NAME, AuthSettings
from auth.storage import tables
from auth.storage.keys import SigningKeys
from auth.use_cases.dependencies import Dependencies, Passwords
from shared.app import ServiceApp, create_service_app
from shared.background import lifespan_with
from shared.clock import Clock, SystemClock
from shared.contracts import Contracts
from shared.database import Database
from shared.encryption import Cipher
from shared.http import Peer, ServiceTokens, build_http_client
from shared.outbox import Outbox, OutboxWaker
from shared.tokens import KeySource, TokenVerifier


def build_dependencies(settings: AuthSettings, *, clock: Clock, http: httpx.AsyncClient) -> Dependencies:
    """Return the parts of one process, for the app and for the commands."""
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
    cipher = Cipher(settings.field_keys.get_secret_value(), lookup_key=settings.lookup_key.get_secret_value())
    peer = Peer(http, ServiceTokens(http, settings), name="notifications", url=settings.notifications_url)
    return Dependencies(
        settings=settings,
        database=database,
        outbox=Outbox(tables.outbox, Contracts(), service=NAME, clock=clock),
        waker=OutboxWaker(database),
        clock=clock,
        cipher=cipher,
        keys=SigningKeys(database, cipher, clock),
        passwords=Passwords(),
        codes=NotificationsClient(peer),
    )


def create_app(
    settings: AuthSettings,
    *,
    clock: Clock | None = None,
    http: httpx.AsyncClient | None = None,
    keys: KeySource | None = None,
) -> FastAPI:
    """Return the app. Its own tokens are verified with its own keys; `keys` replaces them under test."""
    clock = clock or SystemClock()
    http = http or build_http_client()
    dependencies = build_dependencies(settings, clock=clock, http=http)

    service = ServiceApp(
        name=NAME,
        title="Auth",
        description="Accounts, mandates, sessions and tokens.",
        routers=(routes_accounts.router, routes_officers.router, routes_oauth.router),
        problems=PROBLEMS,
        ready={"database": dependencies.database.check},
        lifespan=lifespan_with(dependencies.database, http, dependencies.waker.run, first=dependencies.keys.ensure),
        state={"dependencies": dependencies},
    )
    verifier = TokenVerifier(keys or dependencies.keys, issuer=settings.auth_issuer, audience=NAME, clock=clock)
    return create_service_app(service, settings, verifier)
