"""The gateway under test: simulated registers and stand-ins of its peers as real servers, events in, rows and events out."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dev.registers.app import create_app as create_registers
from registry_gateway.__main__ import SERVICE
from registry_gateway.app import create_app
from registry_gateway.consumers.listening import HANDLERS
from registry_gateway.settings import GatewaySettings
from registry_gateway.use_cases.ask_register import ask_register, lease_due
from registry_gateway.use_cases.dependencies import Dependencies, build_dependencies
from shared.broker import Received
from shared.cloudevents import CloudEvent
from shared.consumer import Consumer, ConsumerParts
from shared.contracts import Contracts
from shared.database import Database
from shared.http import build_http_client
from shared.ids import new_id
from shared.metrics import Metrics
from shared.telemetry import build_tracer
from tests.support.apps import client_for
from tests.support.contracts import example_of
from tests.support.events import an_event
from tests.support.serving import serving

DATA = Path(__file__).parents[3] / "dev" / "data"
CENTRE, AGENCY = "cnap-dnipro", "municipal-residence-registrar--dnipro"
REGISTER = "demographic-register"
REGISTERS_KEY = "key-of-the-tests"
CLIENT_SECRET = "secret-of-the-tests"
# a synthetic person of dev/data/people.json, as she states herself
FULL_NAME, RNOKPP = "Зразковенко Олена Петрівна", "3297499020"
PREFIX = "ua.virtual-office."


@dataclass
class Peers:
    """Stands in for auth and applications over HTTP; what they tell, and what they were asked, is a test's to see."""

    cases: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[dict[str, str]] = field(default_factory=list)
    fault: str | None = None

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/oauth/token", self.token, methods=["POST"]),
                Route("/v1/applications/{id}/verification-subject", self.subject),
            ]
        )

    async def token(self, request: Request) -> Response:
        async with request.form() as form:
            self.tokens.append({name: str(value) for name, value in form.items()})
        name = f"token-{len(self.tokens)}"
        return JSONResponse({"access_token": name, "token_type": "Bearer", "expires_in": 600})

    async def subject(self, request: Request) -> Response:
        place = (request.path_params["id"], request.query_params["requirement"])
        self.asked.append((place[0], request.headers.get("authorization", "")))
        if self.fault == "garbage":
            return Response(b"<html>", media_type="text/html")
        if self.fault == "unauthorised":
            self.fault = None
            return Response(status_code=401)
        if self.fault:
            return Response(status_code=503)
        case = self.cases.get(place)
        return JSONResponse(case) if case else Response(status_code=404)

    def tell(self, case: Mapping[str, Any], requirement: str) -> None:
        self.cases[case["application_id"], requirement] = dict(case)

    def reset(self) -> None:
        self.cases.clear()
        self.asked.clear()
        self.tokens.clear()
        self.fault = None


@dataclass
class Registers:
    """The simulated registers and the switches of their faults."""

    url: str
    http: httpx.Client

    def switch(self, kind: str, **options: Any) -> None:
        self.http.post("/faults", json={"kind": kind, **options}).raise_for_status()

    def mend(self) -> None:
        self.http.delete("/faults").raise_for_status()

    def log(self) -> list[dict[str, Any]]:
        """Return who asked what, the newest first."""
        return list(self.http.get("/log").json())

    def reset(self) -> None:
        self.mend()
        self.http.delete("/log").raise_for_status()


@pytest.fixture(scope="session")
def _peers() -> Iterator[tuple[Peers, str]]:
    peers = Peers()
    with serving(peers.app()) as url:
        yield peers, url


@pytest.fixture(scope="session")
def _registers() -> Iterator[Registers]:
    with serving(create_registers(DATA, REGISTERS_KEY)) as url, httpx.Client(base_url=url) as http:
        yield Registers(url, http)


@pytest.fixture
def peers(_peers: tuple[Peers, str]) -> Iterator[Peers]:
    yield _peers[0]
    _peers[0].reset()


@pytest.fixture
def registers(_registers: Registers) -> Iterator[Registers]:
    yield _registers
    _registers.reset()


@pytest.fixture
async def settings(databases, _peers, _registers, peers, registers) -> GatewaySettings:
    return GatewaySettings(
        database_url=await databases(SERVICE),
        kafka_bootstrap_servers="127.0.0.1:9",
        auth_issuer="http://auth.test",
        auth_url=_peers[1],
        public_url="http://gateway.test",
        client_id="registry-gateway",
        client_secret=CLIENT_SECRET,
        applications_url=_peers[1],
        registers_url=_registers.url,
        registers_api_key=REGISTERS_KEY,
        database_pool_size=8,
        lease_seconds=2.0,
    )


@dataclass
class Gateway:
    """One gateway: events go in, workers ask, rows and events are looked at."""

    deps: Dependencies
    consumer: Consumer
    peers: Peers

    async def hand_over(self, event: CloudEvent) -> None:
        """Give an event to the consumer as a record of Kafka; the broker alone is left out."""
        record = Received("topic", 0, 0, event.subject, orjson.dumps(event.data), event.headers())
        await self.consumer.take_in([record])

    async def publish(self, *checks: Mapping[str, Any], version: int = 1) -> None:
        """Tell of a card's version that has these checks."""
        card = example_of(f"{PREFIX}catalog.published.v1") | {"version": version, "register_checks": list(checks)}
        await self.hand_over(an_event("catalog.published.v1", card, subject=card["slug"]))

    async def request(self, case: Mapping[str, Any], requirement: str = REGISTER, **changes: Any) -> UUID:
        """Tell that a register is to be asked about a case; return the id of the verification."""
        names = ("application_id", "applicant_id", "reference", "public_service", "centre", "agency", "language")
        question = example_of(f"{PREFIX}applications.verification-requested.v1") | {
            **{name: case[name] for name in names},
            "requirement": requirement,
            "verification_id": str(new_id()),
            "occurred_at": self.deps.clock.now().isoformat(),
            **changes,
        }
        event = an_event("applications.verification-requested.v1", question, subject=case["application_id"])
        await self.hand_over(event)
        return UUID(question["verification_id"])

    async def ask(self) -> int:
        """Ask what is due, as a worker does; return how many questions that were."""
        leased = await lease_due(self.deps, 10)
        for row in leased:
            await ask_register(self.deps, row)
        return len(leased)

    async def rows(self, statement: str, *arguments: Any) -> Sequence[Any]:
        connection = await asyncpg.connect(self.deps.database.dsn)
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()

    async def verification(self, verification_id: UUID) -> Any:
        (row,) = await self.rows("SELECT * FROM verifications WHERE id = $1", verification_id)
        return row

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        rows = await self.rows("SELECT type, data FROM outbox ORDER BY position")
        return [(row["type"].removeprefix(f"{PREFIX}registry-gateway."), json.loads(row["data"])) for row in rows]


def a_case(**changes: Any) -> dict[str, Any]:
    """What applications tells of an open case for one question."""
    return {
        "application_id": str(new_id()),
        "reference": "DP-2026-004217-K",
        "public_service": "residence-registration",
        "card_version": 1,
        "is_open": True,
        "agency": AGENCY,
        "centre": CENTRE,
        "applicant_id": str(new_id()),
        "language": "uk",
        "service_name": {"uk": "Реєстрація місця проживання особи", "en": "Registration of residence"},
        "keys": {"rnokpp": RNOKPP},
        "asserted": {"full_name": FULL_NAME},
        **changes,
    }


def a_check(register: str = REGISTER, **asserts: Any) -> dict[str, Any]:
    """A check of a card: each field with the value that is expected of it, None for what the applicant stated."""
    return {
        "register": register,
        "purpose": "Confirm the applicant's identity",
        "legal_basis": "Закон України № 1871-IX",
        "asserts": [
            {"field": name, "form_field": None if expected is not None else name, "expected": expected}
            for name, expected in (asserts or {"full_name": None, "document_status": "valid"}).items()
        ],
        "needs": ["rnokpp"],
        "bind": {"rnokpp": "rnokpp"},
        "conditional": False,
    }


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    return Contracts()


@pytest.fixture(name="a_check")
def _a_check() -> Callable[..., dict[str, Any]]:
    return a_check


@pytest.fixture
async def gateway(settings, clock, peers, contracts) -> AsyncIterator[Gateway]:
    """A gateway that knows the card of the example event, with one check."""
    async with build_http_client() as http:
        database = Database(settings.database_url.get_secret_value(), pool_size=8)
        parts = ConsumerParts(
            database=database,
            contracts=contracts,
            handlers=HANDLERS,
            new_subscription=lambda: None,
            new_producer=lambda: None,
            tracer=build_tracer("registry-gateway", None),
            metrics=Metrics(),
        )
        made = Gateway(build_dependencies(settings, database, clock=clock, http=http), Consumer(parts), peers)
        await made.publish(a_check())
        yield made
        await database.dispose()


@pytest.fixture
def open_case(peers) -> Callable[..., dict[str, Any]]:
    """Make a case that applications knows, and tells of for one requirement."""

    def make(requirement: str = REGISTER, **changes: Any) -> dict[str, Any]:
        case = a_case(**changes)
        peers.tell(case, requirement)
        return case

    return make


@pytest.fixture
async def client(gateway, settings, tokens, clock) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of the gateway's API."""
    async with client_for(create_app(settings, clock=clock, keys=tokens.keys)) as client:
        yield client


Verify = Callable[..., Awaitable[UUID]]


@pytest.fixture
def verify(gateway, open_case) -> Verify:
    """Open a case, ask the register about it, and return the id of the verification that is done."""

    async def make(**changes: Any) -> UUID:
        verification_id = await gateway.request(open_case(**changes))
        assert await gateway.ask() == 1
        return verification_id

    return make
