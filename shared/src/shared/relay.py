"""Carries events from the outbox to Kafka, in the order they were written.

One relay of a service is at work at a time (advisory lock); others stand by. It holds no transaction while it sends.
What was sent but not yet marked when it died is sent again: consumers know an event by its id.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
from sqlalchemy import Table, func, select, update

from shared.broker import BrokerUnavailable, Message, Producer
from shared.cloudevents import CloudEvent
from shared.contracts import Contracts
from shared.database import Database, DatabaseUnavailable, naming_outages
from shared.logging import get_logger
from shared.metrics import Metrics
from shared.outbox import CHANNEL

BATCH = 500
POLL_SECONDS = 1.0
_LONGEST_BACKOFF_SECONDS = 5.0
_LOCK = "SELECT pg_try_advisory_lock(hashtext('outbox-relay'))"
_log = get_logger("relay")


class Relay:
    """The relay of one service."""

    def __init__(
        self,
        database: Database,
        table: Table,
        contracts: Contracts,
        new_producer: Callable[[], Producer],
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._table = table
        self._contracts = contracts
        self._new_producer = new_producer
        self._metrics = metrics
        self._woken = asyncio.Event()
        self.is_active = False
        self.halted: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Carry events until `stop`; outages are waited out with growing pauses."""
        failures = 0
        while not stop.is_set():
            try:
                async with self._sole_relay(stop) as lock, self._producer() as producer:
                    self.is_active = True
                    failures = 0
                    await self._carry(lock, producer, stop)
            except (BrokerUnavailable, DatabaseUnavailable) as error:
                failures += 1
                _log.warning("relay waits", error=str(error), failures=failures)
                with suppress(TimeoutError):
                    pause = min(0.1 * 2**failures, _LONGEST_BACKOFF_SECONDS)
                    await asyncio.wait_for(stop.wait(), pause)
            finally:
                self.is_active = False

    @asynccontextmanager
    async def _sole_relay(self, stop: asyncio.Event) -> AsyncIterator[Any]:
        """Hold the advisory lock on a connection of its own, which also listens for wake-ups."""
        async with naming_outages():
            connection = await asyncpg.connect(self._database.dsn, timeout=5)
            try:
                # another relay's death is told by nobody: ask again and again
                while not stop.is_set() and not await connection.fetchval(_LOCK):  # noqa: ASYNC110
                    await asyncio.sleep(POLL_SECONDS)
                await connection.add_listener(CHANNEL, lambda *_: self._woken.set())
                yield connection
            finally:
                connection.terminate()

    @asynccontextmanager
    async def _producer(self) -> AsyncIterator[Producer]:
        producer = self._new_producer()
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    async def _carry(self, lock: Any, producer: Producer, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if lock.is_closed():
                raise DatabaseUnavailable
            self._woken.clear()
            rows = await self._waiting()
            if rows:
                sent = await producer.send([self._message(row) for row in rows])
                await self._mark(rows[:sent])
                if sent < len(rows):
                    raise BrokerUnavailable(f"{len(rows) - sent} events were not acknowledged")
            if len(rows) < BATCH:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)

    async def _waiting(self) -> Sequence[Any]:
        table = self._table
        query = select(table).where(table.c.published_at.is_(None)).order_by(table.c.position).limit(BATCH)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        self._metrics.outbox_waiting.set(len(rows))
        return rows

    async def _mark(self, rows: Sequence[Any]) -> None:
        table = self._table
        done = update(table).where(table.c.position.in_([row.position for row in rows])).values(published_at=func.now())
        async with self._database.transaction() as connection:
            await connection.execute(done)
        for row in rows:
            self._metrics.events_published.labels(row.topic).inc()

    def _message(self, row: Any) -> Message:
        event = CloudEvent(
            id=row.event_id,
            source=f"/{row.topic.partition('.')[0]}",
            type=row.type,
            subject=row.subject,
            time=row.occurred_at,
            dataschema=self._contracts.event(row.type).dataschema,
            data={},
            traceparent=row.traceparent,
        )
        return Message(row.topic, row.subject, row.data.encode(), event.headers())
