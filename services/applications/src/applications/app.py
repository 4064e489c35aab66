"""The composition root of applications."""

from base64 import b64decode

import httpx
from fastapi import FastAPI

from applications.api import routes_cases, routes_submission, routes_verbs
from applications.api.policy import POLICY
from applications.api.problems import PROBLEMS
from applications.domain.calendar import WorkingCalendar
from applications.settings import NAME, ApplicationsSettings
from applications.storage import tables
from applications.storage.files import FileStore
from applications.storage.submission import ReferenceNumbers
from applications.use_cases.cards import CardShelf
from applications.use_cases.dependencies import Dependencies
from shared.app import ServiceApp, create_service_app
from shared.background import lifespan_with
from shared.clock import Clock, SystemClock
from shared.contracts import Contracts
from shared.database import Database
from shared.encryption import Cipher
from shared.http import build_http_client
from shared.keys import RemoteKeys
from shared.outbox import Outbox, OutboxWaker
from shared.tokens import KeySource, TokenVerifier


def create_app(
    settings: ApplicationsSettings,
    *,
    clock: Clock | None = None,
    http: httpx.AsyncClient | None = None,
    keys: KeySource | None = None,
    contracts: Contracts | None = None,
) -> FastAPI:
    """Return the app; `http`, `keys` and `contracts` are the seams for running services in one process."""
    clock = clock or SystemClock()
    http = http or build_http_client()
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
    lookup_key = settings.lookup_key.get_secret_value()
    dependencies = Dependencies(
        database=database,
        outbox=Outbox(tables.outbox, contracts or Contracts(), service=NAME, clock=clock),
        waker=OutboxWaker(database),
        clock=clock,
        calendar=WorkingCalendar(),
        cipher=Cipher(settings.field_keys.get_secret_value(), lookup_key=lookup_key),
        files=FileStore(settings.files_url, max_bytes=settings.max_file_bytes),
        cards=CardShelf(database),
        numbers=ReferenceNumbers(database),
        access_key=b64decode(lookup_key),
    )
    keys = keys or RemoteKeys(http, f"{settings.auth_url}/.well-known/jwks.json")

    service = ServiceApp(
        name=NAME,
        title="Applications",
        description="Applications for public services, from submission to decision, and their legal clock.",
        routers=(routes_submission.router, routes_submission.one_call, routes_cases.router, routes_verbs.router),
        policy=POLICY,
        problems=PROBLEMS,
        ready={"database": database.check},
        lifespan=lifespan_with(database, http, dependencies.waker.run),
        streamed=("/v1/files/", "/v1/applications"),
        state={"dependencies": dependencies},
    )
    verifier = TokenVerifier(keys, issuer=settings.auth_issuer, audience=NAME, clock=clock)
    return create_service_app(service, settings, verifier)
