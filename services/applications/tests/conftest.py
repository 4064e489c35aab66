"""The applications service under test: an app on a real database, a catalogue told by events, people, cases."""

import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import httpx
import orjson
import pytest
import yaml
from fastapi import FastAPI

from applications.__main__ import SERVICE
from applications.app import create_app
from applications.consumers.listening import HANDLERS
from applications.settings import ApplicationsSettings
from shared.broker import Received
from shared.cloudevents import CloudEvent
from shared.consumer import Consumer, ConsumerParts
from shared.contracts import CONTRACTS, Contracts
from shared.database import Database
from shared.ids import new_id
from shared.metrics import Metrics
from shared.telemetry import build_tracer
from tests.support.apps import client_for
from tests.support.clock import SettableClock
from tests.support.events import an_event
from tests.support.tokens import ISSUER, TestIssuer

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CENTRE, OTHER_CENTRE = "cnap-dnipro", "cnap-nikopol"
OFFICE, OTHER_OFFICE = "municipal-residence-registrar--dnipro", "municipal-residence-registrar--nikopol"
RESIDENCE, PERMIT = "residence-registration", "outdoor-advertising-permit"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
PDF_SHA256 = hashlib.sha256(PDF).hexdigest()
FORM = {
    "full_name": "Зразковенко Олена Петрівна",
    "rnokpp": "3297499020",
    "address": "Дніпро, вул. Умовна, 1",
    "previous_address": "Нікополь, вул. Інша Умовна, 66",
    "arrival_date": "2026-11-20",
}
_PEOPLE = UUID("0198f2c0-0000-7000-8000-000000000000")
# whom tests speak as: role and organisation, or scopes
BEARERS: Mapping[str, Mapping[str, Any]] = {
    "citizen": {},
    "other citizen": {},
    "administrator": {"role": "service_centre_administrator", "organisation": CENTRE},
    "head of centre": {"role": "head_of_service_centre", "organisation": CENTRE},
    "representative": {"role": "agency_representative", "organisation": OFFICE},
    "second representative": {"role": "agency_representative", "organisation": OFFICE},
    "head of agency": {"role": "head_of_executive_agency", "organisation": OFFICE},
    "second head of agency": {"role": "head_of_executive_agency", "organisation": OFFICE},
    "other administrator": {"role": "service_centre_administrator", "organisation": OTHER_CENTRE},
    "other head of centre": {"role": "head_of_service_centre", "organisation": OTHER_CENTRE},
    "other representative": {"role": "agency_representative", "organisation": OTHER_OFFICE},
    "other head of agency": {"role": "head_of_executive_agency", "organisation": OTHER_OFFICE},
    "register gateway": {"scopes": ["applications:verification-subject"], "client_id": "registry-gateway"},
    "operator": {"scopes": ["operator"]},
}
# the steps that lead a new case to each state
PATHS: Mapping[str, list[tuple[str, str, dict[str, Any] | None]]] = {
    "submitted": [],
    "returned": [("return", "administrator", {"reason": "Додайте квитанцію"})],
    "registered": [("register", "administrator", None)],
    "withdrawn": [("withdraw", "citizen", None)],
}
PATHS = {**PATHS, "under_review": [*PATHS["registered"], ("claim", "representative", None)]}
PATHS = {
    **PATHS,
    "awaiting_applicant": [*PATHS["under_review"], ("request-information", "representative", {"text": "Яка адреса?"})],
    "decision_proposed": [*PATHS["under_review"], ("propose-decision", "representative", {"outcome": "granted"})],
    "granted": [*PATHS["under_review"], ("decide", "representative", {"outcome": "granted"})],
}
_REFUSAL = {"outcome": "refused", "refusal_codes": ["register-mismatch"], "reason": "Адреса інша"}
PATHS = {
    **PATHS,
    "refused": [
        *PATHS["under_review"],
        ("propose-decision", "representative", _REFUSAL),
        ("approve-decision", "head of agency", None),
    ],
}


def _a_form() -> dict[str, Any]:
    text = {"type": "string", "minLength": 2, "maxLength": 300}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "full_name": text,
            "rnokpp": {"type": "string", "pattern": r"^\d{10}$"},
            "address": text,
            "previous_address": text,
            "arrival_date": {"type": "string", "format": "date"},
            "id_document_number": {"type": "string", "pattern": r"^\d{9}$"},
            "dwelling_area": {"type": "number", "minimum": 0},
            "household": {"type": "array", "items": {"type": "object", "properties": {"full/name": text}}},
        },
        "required": ["full_name", "rnokpp", "address", "arrival_date"],
        "additionalProperties": False,
    }


def _a_card(slug: str = RESIDENCE, **changes: Any) -> dict[str, Any]:
    card = {
        "slug": slug,
        "code": "04-01",
        "version": 1,
        "valid_from": "2026-01-01",
        "valid_to": None,
        "name": {"uk": "Реєстрація місця проживання особи", "en": "Registration of residence"},
        "agency": "municipal-residence-registrar",
        "agency_scope": "per-territory",
        "owner_agency": "municipal-council",
        "kind": "registration",
        "applicant_kinds": ["person"],
        "channels": ["service-centre", "online"],
        "life_events": ["moving"],
        "term": {"days": 5, "unit": "working", "basis": "Закон № 1871-IX"},
        "decision_policy": "representative",
        "tacit_approval": False,
        "refusal_codes": [
            {"code": code, "text": {"uk": "Підстава", "en": "Ground"}}
            for code in ("incomplete-documents", "register-mismatch")
        ],
        "required_documents": [
            {"slug": slug, "name": {"uk": "Документ", "en": "Document"}, "mandatory": mandatory,
             "replaced_by_register": register}
            for slug, mandatory, register in (
                ("identity-document", True, "demographic-register"),
                ("payment-receipt", True, None),
                ("power-of-attorney", False, None),
            )
        ],
        "register_checks": [
            {"register": register, "purpose": "Confirm", "legal_basis": "Закон № 1871-IX", "asserts": asserts,
             "needs": list(bind.values()), "bind": bind, "conditional": False}
            for register, bind, asserts in (
                ("community-register", {"rnokpp": "rnokpp"}, [
                    {"field": "residence_address", "form_field": "previous_address", "expected": None},
                    {"field": "residence_status", "form_field": None, "expected": "registered"},
                ]),
                ("demographic-register", {"rnokpp": "rnokpp"}, [
                    {"field": "full_name", "form_field": "full_name", "expected": None},
                ]),
                ("invalid-documents-database", {"id_document_number": "id_document_number"}, [
                    {"field": "listed_invalid", "form_field": None, "expected": False},
                ]),
            )
        ],
        "form": _a_form(),
    }  # fmt: skip
    return {**card, **changes}


@dataclass
class Office:
    """The service as its callers meet it: speaks HTTP as any of the bearers, and looks into its tables."""

    client: httpx.AsyncClient
    tokens: TestIssuer
    connection: asyncpg.Connection

    @staticmethod
    def account(name: str) -> UUID:
        """Return the account of a bearer."""
        return uuid5(_PEOPLE, name)

    def headers(self, name: str) -> dict[str, str]:
        """Return the header of a fresh token of a bearer; of nobody, no header."""
        if name == "nobody":
            return {}
        bearer = BEARERS[name]
        return self.tokens.headers(**{"subject": bearer.get("client_id") or str(self.account(name)), **bearer})

    async def call(self, method: str, path: str, *, by: str, **options: Any) -> httpx.Response:
        headers = {**self.headers(by), **options.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **options)

    async def get(self, path: str, *, by: str, **options: Any) -> httpx.Response:
        return await self.call("GET", path, by=by, **options)

    async def upload(self, content: bytes = PDF, *, by: str = "citizen", **options: Any) -> httpx.Response:
        """Put a file under its hash."""
        address = options.pop("sha256", hashlib.sha256(content).hexdigest())
        headers = {"content-type": options.pop("media_type", "application/pdf")}
        return await self.call("PUT", f"/v1/files/{address}", by=by, content=content, headers=headers)

    async def submit(
        self, *, by: str = "citizen", key: str | None = None, body: Any = None, **changes: Any
    ) -> httpx.Response:
        """Submit an application that is right but for `changes`; its receipt was uploaded before."""
        content = orjson.dumps(an_application(**changes)) if body is None else body
        headers = {"idempotency-key": key or str(new_id()), "content-type": "application/json"}
        return await self.call("POST", "/v1/applications", by=by, content=content, headers=headers)

    async def do(
        self, case: Mapping[str, Any], verb: str, *, by: str, body: Any = None, version: int | None = None
    ) -> httpx.Response:
        """Use a verb on a case."""
        options: dict[str, Any] = {} if body is None else {"json": body}
        if version is not None:
            options["headers"] = {"if-match": f'"{version}"'}
        return await self.call("POST", f"/v1/applications/{case['id']}/{verb}", by=by, **options)

    async def a_case(self, state: str = "submitted", *, by: str = "citizen", **changes: Any) -> dict[str, Any]:
        """Return the receipt of a new application that was led to `state`."""
        assert (await self.upload(by=by)).status_code == 201
        answer = await self.submit(by=by, **changes)
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        for verb, actor, body in PATHS[state]:
            step = await self.do(receipt, verb, by=by if actor == "citizen" else actor, body=body)
            assert step.status_code == 200, step.text
        return receipt

    async def rows(self, table: str, order: str = "1", **where: Any) -> list[dict[str, Any]]:
        """Return rows as dicts; `where` compares columns."""
        conditions = " AND ".join(f"{column} = ${number}" for number, column in enumerate(where, 1)) or "true"
        query = f"SELECT * FROM {table} WHERE {conditions} ORDER BY {order}"  # noqa: S608  names of tests
        return [dict(row) for row in await self.connection.fetch(query, *where.values())]

    async def events(self, case: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """Return (name, data) of the outbox's events about a case, the first first."""
        rows = await self.rows("outbox", "position", subject=str(case["id"]))
        return [(row["type"].split(".")[3], orjson.loads(row["data"])) for row in rows]

    async def counts(self) -> dict[str, int]:
        """Return how many rows each table has; what changes in a row shows in its `xmin`."""
        names = await self.connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        totals = {}
        for (name,) in names:
            query = f"SELECT count(*), coalesce(sum(xmin::text::bigint), 0)::bigint FROM {name}"  # noqa: S608
            totals[name] = tuple(await self.connection.fetchrow(query))
        # a number that is taken and not used is a gap, not a trace of a case
        totals.pop("reference_numbers")
        return totals


def an_application(**changes: Any) -> dict[str, Any]:
    """Return the body of a right submission; a change to None leaves the member out."""
    body = {
        "public_service": RESIDENCE,
        "centre": CENTRE,
        "language": "uk",
        "form": FORM,
        "documents": [{"document": "payment-receipt", "sha256": PDF_SHA256, "name": "квитанція.pdf"}],
        "consent": True,
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def published(card: Mapping[str, Any]) -> CloudEvent:
    """Return the event that tells of a card's version."""
    return an_event("catalog.published.v1", card, subject=card["slug"])


def changed(organisation: str, **changes: Any) -> CloudEvent:
    """Return the event that tells of a service centre, unless `changes` say that it is something else."""
    data = {
        "organisation": organisation,
        "kind": "service-centre",
        "name": {"uk": "Центр адміністративних послуг", "en": "Service centre"},
        "territory": organisation.partition("-")[2],
        "agency": None,
        "active": True,
        **changes,
    }
    return an_event("catalog.changed.v1", data, subject=organisation)


@dataclass
class Catalogue:
    """Tells the service of cards and organisations as the catalogue does, by events."""

    deliver: Callable[..., Awaitable[None]]

    async def publish(self, card: Mapping[str, Any]) -> None:
        await self.deliver(published(card))

    async def withdraw(self, slug: str, on: str, version: int = 1) -> None:
        data = {"slug": slug, "version": version, "withdrawn_on": on}
        await self.deliver(an_event("catalog.withdrawn.v1", data, subject=slug))

    async def change(self, organisation: str, **changes: Any) -> None:
        await self.deliver(changed(organisation, **changes))


@pytest.fixture
def a_card() -> Callable[..., dict[str, Any]]:
    """Give the builder of a card as the catalogue's event tells it."""
    return _a_card


@pytest.fixture
def application_body() -> Callable[..., dict[str, Any]]:
    """Give the builder of a submission's body."""
    return an_application


@pytest.fixture
def bearers() -> list[str]:
    """Everybody who can come with a good token."""
    return list(BEARERS)


@pytest.fixture
def clock() -> SettableClock:
    clock = SettableClock()
    clock.set(MONDAY)
    return clock


@pytest.fixture
async def database_url(databases: Callable[..., Awaitable[str]]) -> str:
    return await databases(SERVICE)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> ApplicationsSettings:
    return ApplicationsSettings(
        database_url=database_url,
        kafka_bootstrap_servers="127.0.0.1:1",
        auth_issuer=ISSUER,
        auth_url=ISSUER,
        public_url="http://service.test",
        field_keys="test:" + b64encode(b"f" * 32).decode(),
        lookup_key=b64encode(b"l" * 32).decode(),
        files_url=f"file://{tmp_path / 'files'}",
        max_file_bytes=65_536,
    )


@pytest.fixture
def app(settings: ApplicationsSettings, clock: SettableClock, tokens: TestIssuer, contracts: Contracts) -> FastAPI:
    def nobody_is_called(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"{request.url} is outside the service under test")

    http = httpx.AsyncClient(transport=httpx.MockTransport(nobody_is_called))
    return create_app(settings, clock=clock, http=http, keys=tokens.keys, contracts=contracts)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app) as client:
        yield client


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    await connection.set_type_codec("jsonb", encoder=orjson.dumps, decoder=orjson.loads, schema="pg_catalog")
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    return Contracts()


@pytest.fixture(scope="session")
def declared_consumers() -> dict[str, list[str]]:
    """Give who consumes each topic, as the contracts declare it."""
    topics = yaml.safe_load((CONTRACTS / "topics.yaml").read_text("utf-8"))["topics"]
    return {name: topic["consumers"] for name, topic in topics.items()}


@pytest.fixture
async def deliver(database_url: str, contracts: Contracts) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Hand events to the service's consumer as one batch of Kafka's records; the broker alone is left out."""
    database = Database(database_url, pool_size=2)
    parts = ConsumerParts(
        database=database,
        contracts=contracts,
        handlers=HANDLERS,
        new_subscription=lambda: None,
        new_producer=lambda: None,
        tracer=build_tracer("applications", None),
        metrics=Metrics(),
    )
    consumer = Consumer(parts)

    async def hand_over(*events: CloudEvent) -> None:
        await consumer.take_in(
            [Received("topic", 0, 0, event.subject, orjson.dumps(event.data), event.headers()) for event in events]
        )

    yield hand_over
    await database.dispose()


@pytest.fixture
async def catalogue(deliver: Callable[..., Awaitable[None]]) -> Catalogue:
    """Two centres; a registration that a representative grants, and a permit that is the head's."""
    term = {"days": 30, "unit": "calendar", "basis": "Закон № 2806-IV"}
    await deliver(
        changed(CENTRE),
        changed(OTHER_CENTRE),
        changed(OFFICE, kind="executive-agency", territory="dnipro"),
        published(_a_card()),
        published(_a_card(PERMIT, code="14-01", kind="permit", decision_policy="head", term=term)),
    )
    return Catalogue(deliver)


@pytest.fixture
def office(
    client: httpx.AsyncClient, tokens: TestIssuer, connection: asyncpg.Connection, catalogue: Catalogue
) -> Office:
    return Office(client, tokens, connection)
