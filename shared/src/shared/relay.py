"""Carries events from the outbox to Kafka, in the order they were written.

One relay of a service is at work at a time (advisory lock); others stand by. It looks while it sends, and sends one batch
after another: nothing overtakes, and no transaction is held meanwhile. What was sent but not yet marked when it died is sent
again: consumers know an event by its id.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from shared.broker import BrokerUnavailable, Message, Producer
from shared.cloudevents import CloudEvent
from shared.contracts import Contracts
from shared.database import Database, DatabaseUnavailable, naming_outages
from shared.logging import get_logger
from shared.metrics import Metrics
from shared.outbox import CHANNEL, WAKE_PACE_SECONDS

BATCH = 500
POLL_SECONDS = 1.0
# while events come it looks by itself, for longer than the pause between two wake-ups: cheaper than a wake-up for each
PACE_SECONDS = 0.002
AWAKE_SECONDS = 1.5 * WAKE_PACE_SECONDS
# beyond this many events it looks less often: larger batches, and the processor for those who write
BUSY_EVENTS_PER_SECOND = 600
BUSY_PACE_SECONDS = 0.05
_COUNTING_SECONDS = 1.0
MARK_SECONDS = 0.05
_LONGEST_BACKOFF_SECONDS = 5.0
_LOCK = "SELECT pg_try_advisory_lock(hashtext('outbox-relay'))"
# a mark that a crash takes back sends its event again, which the inboxes know: it need not wait for the disk
_MARKS_NEED_NOT_WAIT = "SET synchronous_commit TO off"
_MARK = "UPDATE outbox SET published_at = now() WHERE position = ANY(${}::bigint[])"
_LOOK = """
SELECT position, event_id, topic, type, subject, occurred_at, traceparent, data FROM outbox
WHERE published_at IS NULL AND position <> ALL($1::bigint[]) ORDER BY position LIMIT $2
"""
_MARK_AND_LOOK = f"WITH marked AS ({_MARK.format(3)}) {_LOOK}"
_log = get_logger("relay")


class Relay:
    """The relay of one service."""

    def __init__(
        self,
        database: Database,
        contracts: Contracts,
        new_producer: Callable[[], Producer],
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._contracts = contracts
        self._new_producer = new_producer
        self._metrics = metrics
        self._woken = asyncio.Event()
        self._awake_until = 0.0
        self._mark_at = 0.0
        self._pace = PACE_SECONDS
        self._counted = 0
        self._counting_since = 0.0
        self._found: list[Any] = []
        # positions: all that were found and are not marked yet, and of these the sent ones with their topics
        self._known: set[int] = set()
        self._sent: dict[int, str] = {}
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
                    async with asyncio.timeout(min(0.1 * 2**failures, _LONGEST_BACKOFF_SECONDS)):
                        await stop.wait()
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
                await connection.execute(_MARKS_NEED_NOT_WAIT)
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
        sending: asyncio.Task[None] | None = None
        try:
            while not stop.is_set():
                if lock.is_closed():
                    raise DatabaseUnavailable
                self._woken.clear()
                rows = await self._look(lock)
                self._found.extend(rows)
                sending = self._go_on_sending(sending, producer)
                self._set_pace(len(rows))
                if len(rows) < BATCH:
                    await self._rest(sending, has_found=bool(rows))
                    sending = self._go_on_sending(sending, producer)
        finally:
            self._found.clear()
            if sending is not None:
                await asyncio.gather(sending, return_exceptions=True)
            with suppress(DatabaseUnavailable):
                async with naming_outages():
                    await lock.execute(_MARK.format(1), list(self._sent))
                self._count_marked(list(self._sent))
            # what could not be marked is sent again
            self._sent.clear()
            self._known.clear()

    def _go_on_sending(self, sending: asyncio.Task[None] | None, producer: Producer) -> asyncio.Task[None] | None:
        """Return the sending that goes on; raises what the last one raised."""
        if sending is not None:
            if not sending.done():
                return sending
            sending.result()
        rows, self._found = self._found, []
        return asyncio.create_task(self._send(rows, producer)) if rows else None

    async def _send(self, rows: Sequence[Any], producer: Producer) -> None:
        sent = await producer.send([self._message(row) for row in rows])
        self._sent.update((row["position"], row["topic"]) for row in rows[:sent])
        if sent < len(rows):
            raise BrokerUnavailable(f"{len(rows) - sent} events were not acknowledged")

    def _set_pace(self, found: int) -> None:
        now = time.monotonic()
        self._counted += found
        if (elapsed := now - self._counting_since) >= _COUNTING_SECONDS:
            is_busy = self._counted > BUSY_EVENTS_PER_SECOND * elapsed
            self._pace = BUSY_PACE_SECONDS if is_busy else PACE_SECONDS
            self._counted, self._counting_since = 0, now

    async def _rest(self, sending: asyncio.Task[None] | None, *, has_found: bool) -> None:
        """Wait until it is time to look again: soon while events come, else when woken or when some are to be marked."""
        now = time.monotonic()
        if has_found or self._woken.is_set():
            self._awake_until = now + AWAKE_SECONDS
        if self._found and sending is not None:
            await asyncio.wait([sending])
        elif now < self._awake_until:
            await asyncio.sleep(self._pace)
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(MARK_SECONDS if self._known else POLL_SECONDS):
                    await self._woken.wait()

    async def _look(self, connection: Any) -> Sequence[Any]:
        """Return what is there and not known yet; now and then mark in the same round trip what was sent, many at once."""
        sent, began = list(self._sent), time.monotonic()
        marks = bool(sent) and began >= self._mark_at
        arguments = list(self._known), BATCH - len(self._found)
        async with naming_outages():
            rows: Sequence[Any] = await (
                connection.fetch(_MARK_AND_LOOK, *arguments, sent) if marks else connection.fetch(_LOOK, *arguments)
            )
        if marks:
            self._count_marked(sent)
            self._mark_at = began + MARK_SECONDS
        self._known.update(row["position"] for row in rows)
        self._metrics.outbox_waiting.set(len(self._found) + len(rows))
        return rows

    def _count_marked(self, positions: Iterable[int]) -> None:
        for position in positions:
            self._metrics.events_published.labels(self._sent.pop(position)).inc()
            self._known.discard(position)

    def _message(self, row: Any) -> Message:
        event = CloudEvent(
            id=row["event_id"],
            source="/" + row["topic"].partition(".")[0],
            type=row["type"],
            subject=row["subject"],
            time=row["occurred_at"],
            dataschema=self._contracts.event(row["type"]).dataschema,
            data={},
            traceparent=row["traceparent"],
        )
        return Message(row["topic"], row["subject"], row["data"].encode(), event.headers())
