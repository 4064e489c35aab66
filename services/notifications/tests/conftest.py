"""Notifications under test: the app and the sender on real PostgreSQL, beside real SMS and mail providers on free ports."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from sqlalchemy import select, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dev.messages.app import Messages, start_smtp
from dev.messages.store import Store
from dev.ports import free_port
from notifications.__main__ import SERVICE
from notifications.app import create_app
from notifications.consumers.listening import handlers
from notifications.consumers.worker import MessageWorker
from notifications.settings import NotificationsSettings
from notifications.storage import tables
from shared.broker import Message, Producer, Subscription
from shared.consumer import Consumer, ConsumerParts
from shared.contracts import CONTRACTS, Contracts
from shared.http import build_http_client
from shared.ids import new_id
from shared.metrics import Metrics
from shared.telemetry import build_tracer
from tests.support.apps import client_for
from tests.support.events import an_event
from tests.support.serving import serving
from tests.support.tokens import ISSUER

PUBLIC_URL = "http://notifications.test"
API_KEY = "the key of the SMS provider"
CENTRE, AGENCY = "cnap-dnipro", "municipal-residence-registrar--dnipro"


class LostAnswers(Messages):
    """Providers whose answer can be lost after they took a message; receipts are sent by the test."""

    def __init__(self) -> None:
        super().__init__(Store(None), API_KEY)
        self.lost: dict[str, int] = {}
        self.silent_seconds = 0.0
        self.receipts: list[Any] = []

    def _is_lost(self, channel: str) -> bool:
        left = self.lost.get(channel, 0)
        self.lost[channel] = max(left - 1, 0)
        return left > 0

    async def take_sms(self, request: Request) -> Response:
        answer = await super().take_sms(request)
        if not self._is_lost("sms"):
            return answer
        await asyncio.sleep(self.silent_seconds)
        return Response(status_code=504)

    async def _send_receipt(self, sms: Any) -> None:
        self.receipts.append(sms)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  the hook's name
        answer = await super().handle_DATA(server, session, envelope)
        return "451 broke on the way" if self._is_lost("email") else answer


@dataclass
class Providers:
    """Both simulated providers, at work."""

    messages: LostAnswers
    url: str
    smtp_port: int

    def sent(self, to: str | None = None, channel: str | None = None) -> list[dict[str, Any]]:
        """Return what arrived, the oldest first."""
        return self.messages.store.find(to=to, channel=channel)[::-1]

    def break_down(self, target: str, kind: str = "down", **more: Any) -> None:
        """Switch a fault on: `down`, `error`, `slow`; for the next `count` requests, or until mended."""
        httpx.post(f"{self.url}/faults", json={"target": target, "kind": kind, **more}).raise_for_status()

    def mend(self) -> None:
        httpx.delete(f"{self.url}/faults").raise_for_status()


@dataclass
class People:
    """Whom auth knows, and how it is asked: a token first, then where somebody is reached."""

    contacts: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    asked: list[UUID] = field(default_factory=list)
    is_down: bool = False

    def app(self) -> Starlette:
        contact = Route("/v1/accounts/{account_id:uuid}/contact", self.contact)
        return Starlette(routes=[Route("/oauth/token", self.token, methods=["POST"]), contact])

    async def token(self, request: Request) -> Response:
        form = await request.form()
        is_own = (form["grant_type"], form["resource"]) == ("client_credentials", "auth")
        return JSONResponse({"access_token": "of-notifications", "expires_in": 600}, 200 if is_own else 400)

    async def contact(self, request: Request) -> Response:
        account_id = request.path_params["account_id"]
        self.asked.append(account_id)
        if self.is_down:
            return Response(status_code=503)
        if request.headers["authorization"] != "Bearer of-notifications":
            return Response(status_code=401)
        known = self.contacts.get(account_id)
        return JSONResponse({"account_id": str(account_id), **known}) if known else Response(status_code=404)

    def a_person(self, *, phone: str | None = None, email: str | None = None, language: str = "uk") -> UUID:
        account_id = new_id()
        self.contacts[account_id] = {"phone": phone, "email": email, "language": language}
        return account_id


@dataclass
class Office:
    """The service under test and what surrounds it."""

    app: Any
    client: httpx.AsyncClient
    clock: Any
    tokens: Any
    people: People
    providers: Providers
    http: httpx.AsyncClient

    @property
    def deps(self) -> Any:
        return self.app.state.dependencies

    async def rows(self, table: Any = tables.messages) -> list[Any]:
        async with self.deps.database.reading() as connection:
            return list((await connection.execute(select(table).order_by(table.primary_key.columns[0]))).all())

    async def states(self) -> list[tuple[str, str]]:
        return sorted((row.channel, row.state) for row in await self.rows())

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        prefix = "ua.virtual-office.notifications."
        rows = sorted(await self.rows(tables.outbox), key=lambda row: row.position)
        return [(row.type.removeprefix(prefix), orjson.loads(row.data)) for row in rows]

    async def dump(self) -> str:
        """Return every row of every table as text, bytes in hexadecimal."""
        async with self.deps.database.reading() as connection:
            lines = [
                str(line)
                for table in tables.metadata.tables
                for line in (await connection.execute(text(f'SELECT t::text FROM "{table}" t'))).scalars()  # noqa: S608
            ]
        return "\n".join(lines)

    def headers(self, **bearer: Any) -> dict[str, str]:
        return self.tokens.headers(**bearer)

    async def take_in(self, *events: Any) -> None:
        """Hand events to their handlers, each in a transaction of its own."""
        for event in events:
            handler = handlers(self.clock)[event.type]
            async with self.deps.database.transaction() as connection:
                await handler.handle(connection, event, handler.view.model_validate(event.data))

    async def send_due(self, worker: MessageWorker | None = None) -> int:
        """Send what is due now, as the worker does; return how many messages were worked on."""
        worker = worker or MessageWorker(self.deps)
        leased = await worker.lease(100)
        await asyncio.gather(*(worker.work(item) for item in leased))
        return len(leased)


def a_case_event(name: str, **changes: Any) -> Any:
    """Return an event as its example in the contracts shows it, changed."""
    service = "registry-gateway" if name == "delayed" else "applications"
    example = json.loads((CONTRACTS / "examples" / service / f"{name}.v1.json").read_text("utf-8"))
    data = example | {name: str(value) if isinstance(value, UUID) else value for name, value in changes.items()}
    return an_event(f"{service}.{name}.v1", data, subject=data["application_id"])


@contextmanager
def running_providers() -> Iterator[Providers]:
    messages = LostAnswers()
    smtp = start_smtp(messages, "127.0.0.1", free_port())
    try:
        with serving(messages.app()) as url:
            yield Providers(messages, url, smtp.port)
    finally:
        smtp.stop()


@pytest.fixture(scope="session")
def running() -> Iterator[Providers]:
    with running_providers() as providers:
        yield providers


@pytest.fixture
def providers(running) -> Iterator[Providers]:
    """The providers, working and empty."""
    yield running
    running.mend()
    running.messages.lost.clear()
    running.messages.receipts.clear()
    running.messages.silent_seconds = 0.0
    running.messages.store.clear()


@pytest.fixture
async def settings(databases, providers) -> NotificationsSettings:
    return NotificationsSettings(
        database_url=await databases(SERVICE),
        kafka_bootstrap_servers="127.0.0.1:9",
        auth_issuer=ISSUER,
        auth_url=ISSUER,
        public_url=PUBLIC_URL,
        client_id="notifications",
        client_secret="n" * 40,
        field_keys=f"k1:{b64encode(b'f' * 32).decode()}",
        lookup_key=b64encode(b"l" * 32).decode(),
        sms_provider_url=providers.url,
        sms_provider_key=API_KEY,
        smtp_host="127.0.0.1",
        smtp_port=providers.smtp_port,
        mail_from="office@virtual-office.example",
        mail_domain="virtual-office.example",
        lease_seconds=15,
    )


@pytest.fixture
async def office(settings, clock, tokens, providers) -> AsyncIterator[Office]:
    people = People()
    http = build_http_client(mounts={ISSUER: httpx.ASGITransport(people.app())})
    app = create_app(settings, clock=clock, http=http, keys=tokens.keys)
    async with client_for(app, PUBLIC_URL) as client:
        yield Office(app, client, clock, tokens, people, providers, http)


@pytest.fixture
def case_event():
    """The builder of events about a case."""
    return a_case_event


@pytest.fixture
def problem():
    """The check that an answer is one named problem."""

    def check(answer: httpx.Response, status: int, slug: str) -> bool:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == f"{PUBLIC_URL}/problems/{slug}", answer.text
        return True

    return check


@dataclass
class Line:
    """The way from Kafka into the service: a producer, and the consumer in a group of this test's own."""

    producer: Producer
    parts: ConsumerParts

    async def publish(self, *events: Any) -> None:
        topics = self.parts.contracts
        records = [
            Message(topics.event(event.type).topic, event.subject, orjson.dumps(event.data), event.headers())
            for event in events
        ]
        assert await self.producer.send(records) == len(records)


@pytest.fixture
async def line(office, kafka_servers) -> AsyncIterator[Line]:
    """The consumer of notifications at work."""
    contracts, group = Contracts(), f"notifications-{new_id()}"
    known = handlers(office.clock)
    parts = ConsumerParts(
        database=office.deps.database,
        contracts=contracts,
        handlers=known,
        new_subscription=lambda: Subscription(kafka_servers, group=group, topics=contracts.topics_of(known)),
        new_producer=lambda: Producer(kafka_servers),
        tracer=build_tracer("notifications", None),
        metrics=Metrics(),
    )
    producer, stop = Producer(kafka_servers), asyncio.Event()
    await producer.start()
    running = asyncio.create_task(Consumer(parts).run(stop))
    yield Line(producer, parts)
    stop.set()
    await running
    await producer.stop()
