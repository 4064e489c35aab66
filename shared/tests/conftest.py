"""An imagined service on real servers: its contracts, its topic, its tables, its small app."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData, Table, Text, Uuid, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from dev.kafka import KafkaBroker, resolve_jars, start_kafka
from dev.ports import free_port
from dev.postgres import PostgresServer
from shared.app import ServiceApp, create_service_app
from shared.broker import Message, Producer, Received, Subscription, create_topics
from shared.clock import SystemClock
from shared.cloudevents import CloudEvent
from shared.consumer import Consumer, ConsumerParts, Handler, RetryPolicy
from shared.contracts import Contracts
from shared.database import Database
from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.metrics import Metrics
from shared.outbox import Outbox, outbox_table
from shared.policy import PUBLIC, Policy, Rule
from shared.relay import Relay
from shared.settings import ServiceSettings
from shared.telemetry import build_tracer
from shared.tokens import TokenVerifier
from tests.support.clock import SettableClock
from tests.support.events import an_event
from tests.support.tokens import ISSUER, TestIssuer

PUBLIC_URL = "http://service.test"
_SCHEMA = {
    "type": "object",
    "required": ["number"],
    "properties": {"number": {"type": "integer"}, "filler": {"type": "string"}},
}


@dataclass(frozen=True)
class Tables:
    """The tables of the imagined service; `effects` is what its handlers write and nothing keeps unique."""

    metadata: MetaData
    outbox: Table
    inbox: Table
    idempotency_keys: Table
    effects: Table


@pytest.fixture(scope="session")
def tables() -> Tables:
    metadata = MetaData()
    effects = Table(
        "effects",
        metadata,
        Column("position", BigInteger, Identity(always=True), primary_key=True),
        Column("event_id", Uuid, nullable=False),
        Column("subject", Text, nullable=False),
        Column("number", Integer, nullable=False),
    )
    return Tables(metadata, outbox_table(metadata), inbox_table(metadata), idempotency_table(metadata), effects)


@pytest.fixture(scope="session")
def database_url(postgres_server: PostgresServer, tables: Tables) -> str:
    """Address of a database that has the tables."""
    url = postgres_server.url("mechanisms", postgres_server.superuser, postgres_server.password)

    async def create() -> None:
        admin = await asyncpg.connect(postgres_server.superuser_url)
        await admin.execute("CREATE DATABASE mechanisms")
        await admin.close()
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
        async with engine.begin() as connection:
            await connection.run_sync(tables.metadata.create_all)
        await engine.dispose()

    asyncio.run(create())
    return url


@pytest.fixture
async def database(database_url: str, tables: Tables) -> AsyncIterator[Database]:
    """A pool on the database; every row is deleted after the test."""
    made = Database(database_url)
    yield made
    await made.dispose()
    admin = await asyncpg.connect(database_url)
    for table in tables.metadata.sorted_tables:
        await admin.execute(str(table.delete()))
    await admin.close()


@pytest.fixture
def contracts_folder(tmp_path: Path) -> Path:
    """Contracts of a service of this test's own, with one topic that no other test has."""
    service = f"probe-{uuid4().hex[:12]}"
    topics = {f"{service}.thing": {"partitions": 3, "events": ["happened.v1", "unwatched.v1"]}}
    folder = tmp_path / "contracts"
    (folder / "schemas" / service).mkdir(parents=True)
    (folder / "topics.yaml").write_text(json.dumps({"topics": topics}), "utf-8")
    for event in ("happened.v1", "unwatched.v1"):
        (folder / "schemas" / service / f"{event}.json").write_text(json.dumps(_SCHEMA), "utf-8")
    return folder


@pytest.fixture
def contracts(contracts_folder: Path) -> Contracts:
    return Contracts(contracts_folder)


class Happened(BaseModel):
    """What the imagined service reads of its event."""

    number: int


Handle = Callable[[AsyncConnection, CloudEvent, Any], Awaitable[None]]


@dataclass(frozen=True)
class Exchange:
    """One imagined service: writes events, relays them, takes them in."""

    brokers: str
    contracts: Contracts
    database: Database
    tables: Tables
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def topic(self) -> str:
        return next(iter(self.contracts.topics))

    @property
    def service(self) -> str:
        return self.topic.partition(".")[0]

    def an_event(self, number: Any, *, subject: str = "one", event: str = "happened.v1", **more: Any) -> CloudEvent:
        return an_event(f"{self.service}.{event}", {"number": number, **more}, subject=subject)

    def a_message(self, event: CloudEvent) -> Message:
        return Message(self.topic, event.subject, json.dumps(event.data).encode(), event.headers())

    async def write(self, *numbers: int, subject: str = "one", filler: str = "") -> None:
        """Put events into the outbox in one transaction."""
        outbox = Outbox(self.tables.outbox, self.contracts, service=self.service, clock=SystemClock())
        rows = [outbox.row("happened.v1", subject, {"number": number, "filler": filler}) for number in numbers]
        async with self.database.transaction() as connection:
            await connection.execute(insert(self.tables.outbox), rows)

    async def send(self, *messages: Message | CloudEvent) -> None:
        """Put records into the topic, past the outbox."""
        producer = Producer(self.brokers)
        await producer.start()
        try:
            records = [self.a_message(one) if isinstance(one, CloudEvent) else one for one in messages]
            assert await producer.send(records) == len(records)
        finally:
            await producer.stop()

    async def records(self, count: int, *, topic: str | None = None, within: float = 30.0) -> list[Received]:
        """Return every record of a topic once there are `count`, and those that come in the moment after."""
        subscription = Subscription(self.brokers, group=f"reader-{uuid4()}", topics=[topic or self.topic])
        await subscription.start()
        found: list[Received] = []
        try:
            async with asyncio.timeout(within):
                while len(found) < count:
                    for batch in (await subscription.poll(timeout_ms=200, limit=1000)).values():
                        found += batch
            for batch in (await subscription.poll(timeout_ms=300, limit=1000)).values():
                found += batch
        finally:
            await subscription.stop()
        return found

    def a_relay(self, new_producer: Callable[[], Producer] | None = None) -> Relay:
        producer = new_producer or (lambda: Producer(self.brokers))
        return Relay(self.database, self.contracts, producer, self.metrics)

    def a_consumer(
        self,
        handle: Handle | None = None,
        *,
        retry: RetryPolicy | None = None,
        database: Database | None = None,
        after_commit: Callable[[], None] = lambda: None,
    ) -> Consumer:
        """Return a member of the service's group that writes effects, or does what `handle` does."""
        parts = ConsumerParts(
            database=database or self.database,
            contracts=self.contracts,
            handlers={f"ua.virtual-office.{self.service}.happened.v1": Handler(Happened, handle or self.write_effect)},
            new_subscription=lambda: Subscription(self.brokers, group=self.service, topics=[self.topic]),
            new_producer=lambda: Producer(self.brokers),
            tracer=build_tracer(self.service, None),
            metrics=self.metrics,
            after_commit=after_commit,
            retry=retry or RetryPolicy(attempts=3, first_pause_seconds=0.05, longest_pause_seconds=0.1),
        )
        return Consumer(parts)

    async def write_effect(self, connection: AsyncConnection, event: CloudEvent, view: Any) -> None:
        values = {"event_id": event.id, "subject": event.subject, "number": view.number}
        await connection.execute(insert(self.tables.effects).values(values))

    async def effects(self, subject: str | None = None) -> list[int]:
        """Return the numbers handled so far, in order."""
        table = self.tables.effects
        query = select(table.c.number).order_by(table.c.position)
        async with self.database.reading() as connection:
            rows = await connection.execute(query if subject is None else query.where(table.c.subject == subject))
        return list(rows.scalars())

    async def limit_size(self, size: int) -> None:
        """Have the broker refuse records of the topic that are larger."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.brokers)
        await admin.start()
        try:
            changed = {"max.message.bytes": str(size)}
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, self.topic, configs=changed)])
        finally:
            await admin.close()

    async def buried(self, count: int) -> bool:
        """Tell whether so many events of the topic were put aside."""
        counter = self.metrics.events_handled.labels(self.topic, "dead-letter")
        return bool(counter._value.get() >= count)

    async def waiting(self) -> list[UUID]:
        """Return the ids of events that are not marked as sent."""
        table = self.tables.outbox
        async with self.database.reading() as connection:
            rows = await connection.execute(select(table.c.event_id).where(table.c.published_at.is_(None)))
        return list(rows.scalars())


@pytest.fixture
def an_exchange_on(contracts: Contracts, database: Database, tables: Tables) -> Callable[[str], Exchange]:
    return lambda brokers: Exchange(brokers, contracts, database, tables)


@pytest.fixture
async def exchange(kafka_servers: str, contracts: Contracts, an_exchange_on: Callable[[str], Exchange]) -> Exchange:
    await create_topics(kafka_servers, contracts)
    return an_exchange_on(kafka_servers)


class BrokerOfThisTest:
    """A broker that the test may kill and start again on the same data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = free_port(), free_port()
        self._jars = resolve_jars()
        self.broker = self.start()

    def start(self) -> KafkaBroker:
        folder = self._folder
        self.broker = start_kafka(folder / "data", *self._ports, folder / "kafka.log", self._jars)
        return self.broker

    def silence(self) -> None:
        """Have it answer nothing from now on, its connections kept."""
        assert self.broker.process is not None
        self.broker.process.send_signal(signal.SIGSTOP)

    def stop(self) -> None:
        assert self.broker.process is not None
        self.broker.process.send_signal(signal.SIGCONT)
        self.broker.stop()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[BrokerOfThisTest]:
    made = BrokerOfThisTest(tmp_path / "kafka")
    yield made
    made.stop()


@asynccontextmanager
async def _at_work(*workers: Any) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    running = [asyncio.create_task(worker.run(stop)) for worker in workers]
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.gather(*running)


@pytest.fixture
def at_work() -> Callable[..., Any]:
    """Run relays or consumers while the block runs, then let them drain; their errors fail the test."""
    return _at_work


class Link:
    """A TCP way to a server that can be cut, so that an outage is one on the wire."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.server: Any = None

    @property
    def port(self) -> int:
        return int(self.server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    def cut(self) -> None:
        self._open = False
        for writer in list(self._writers):
            writer.transport.abort()

    def mend(self) -> None:
        self._open = True

    async def stop(self) -> None:
        self.cut()
        self.server.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(*self._target)
        self._writers |= {writer, back}
        for source, target in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._carry(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                target.write(data)
        except OSError:
            pass
        finally:
            self._writers.discard(target)
            target.transport.abort()


@pytest.fixture
async def link_to_postgres(postgres_server: PostgresServer) -> AsyncIterator[Link]:
    link = Link(postgres_server.host, postgres_server.port)
    await link.start()
    yield link
    await link.stop()


@pytest.fixture
async def database_behind_link(
    database: Database, postgres_server: PostgresServer, link_to_postgres: Link
) -> AsyncIterator[Database]:
    """The same database, its server lost whenever the link is cut."""
    made = Database(database.dsn.replace(f":{postgres_server.port}/", f":{link_to_postgres.port}/"))
    yield made
    await made.dispose()


@pytest.fixture
def settings() -> ServiceSettings:
    return ServiceSettings(
        database_url="postgresql://nobody@127.0.0.1:1/none",
        kafka_bootstrap_servers="127.0.0.1:1",
        auth_issuer=ISSUER,
        auth_url="http://auth.test",
        public_url=PUBLIC_URL,
        client_id="probe",
        client_secret="synthetic-secret",
    )


def _open_to_all(router: APIRouter) -> Policy:
    rule = Rule("try", {PUBLIC: "the mechanism under test is another"})
    return {f"{method} {route.path}": rule for route in iter_route_contexts(router.routes) for method in route.methods}


@pytest.fixture
def make_app(settings: ServiceSettings, tokens: TestIssuer, clock: SettableClock) -> Iterator[Callable[..., FastAPI]]:
    """Make an app of the given routes by calling it, put together as every service's app is."""

    def make(
        router: APIRouter,
        *,
        policy: Policy | None = None,
        problems: Mapping[type[Exception], Any] | None = None,
        ready: Mapping[str, Any] | None = None,
        streamed: Sequence[str] = (),
        state: Mapping[str, Any] | None = None,
    ) -> FastAPI:
        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            yield

        service = ServiceApp(
            name="catalog",
            title="Probe",
            description="An imagined service.",
            routers=(router,),
            policy=_open_to_all(router) if policy is None else policy,
            problems=problems or {},
            ready=ready or {},
            lifespan=lifespan,
            streamed=streamed,
            state=state or {},
        )
        verifier = TokenVerifier(tokens.keys, issuer=ISSUER, audience="catalog", clock=clock)
        return create_service_app(service, settings, verifier)

    return make


@pytest.fixture
def outbox(tables: Any, contracts: Contracts, clock: SettableClock, service: str) -> Outbox:
    return Outbox(tables.outbox, contracts, service=service, clock=clock)


@pytest.fixture
def service(contracts: Contracts) -> str:
    return next(iter(contracts.topics)).partition(".")[0]
