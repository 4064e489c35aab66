"""Takes events in: each is handled once, in the order of its aggregate, whatever dies on the way.

What came while the last round was handled is the next round: one transaction (inbox entries and effects together), then the
offsets are committed. When a round fails it is taken again partition by partition, and when a batch of one partition
fails it is taken again event by event: an invalid event goes to the dead letters at once; a failing one is retried with
growing pauses while its partition alone waits, then goes to the dead letters too. Lost servers are waited out without limit.
Many dead letters in a row mean that the fault is ours: the consumer halts and the process turns unhealthy.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from opentelemetry.trace import SpanKind, Tracer
from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import telemetry
from shared.background import end
from shared.broker import BrokerUnavailable, Message, Producer, Received, Subscription
from shared.cloudevents import CloudEvent, InvalidEvent, event_from_record
from shared.contracts import Contracts
from shared.database import Database, DatabaseUnavailable
from shared.inbox import entry_of, new_among
from shared.logging import get_logger
from shared.metrics import Metrics

COMMIT_SECONDS = 1.0
# under load a round takes what came in this time: fewer transactions, and less waiting for the processor, than one an event
PACE_SECONDS = 0.002
MOST_WAITING = 200
Place = tuple[str, int]
_log = get_logger("consumer")


@dataclass(frozen=True)
class Handler:
    """What a service does with one type of event: its own view of the data, and the use case in the transaction."""

    view: type[BaseModel]
    handle: Callable[[AsyncConnection, CloudEvent, Any], Awaitable[None]]


@dataclass(frozen=True)
class RetryPolicy:
    """How long a failing event is retried: `attempts` in all, pauses doubling from the first."""

    attempts: int = 6
    first_pause_seconds: float = 0.2
    longest_pause_seconds: float = 10.0
    dead_letters_in_a_row: int = 20

    def pause(self, failures: int) -> float:
        return min(self.first_pause_seconds * 2.0 ** (failures - 1), self.longest_pause_seconds)


@dataclass(frozen=True)
class Taken:
    """A record read as an event that this service handles."""

    event: CloudEvent
    handler: Handler
    view: Any


def take(record: Received, contracts: Contracts, handlers: Mapping[str, Handler]) -> Taken | None:
    """Read a record, or None when nobody handles its type. Raises InvalidEvent or ValidationError."""
    event = event_from_record(record.headers, record.value)
    handler = handlers.get(event.type)
    if handler is None:
        return None
    contracts.check(event)
    return Taken(event, handler, handler.view.model_validate(event.data))


@dataclass(frozen=True)
class ConsumerParts:
    """What a consumer works with."""

    database: Database
    contracts: Contracts
    handlers: Mapping[str, Handler]
    new_subscription: Callable[[], Subscription]
    new_producer: Callable[[], Producer]
    tracer: Tracer
    metrics: Metrics
    after_commit: Callable[[], None] = lambda: None
    retry: RetryPolicy = RetryPolicy()


class Consumer:
    """One member of the consumer group of a service. It fetches while it handles, up to `MOST_WAITING` ahead."""

    def __init__(self, parts: ConsumerParts) -> None:
        self._parts = parts
        self._kept = parts.database.keep_one()
        self._subscription = parts.new_subscription()
        self._waiting: dict[Place, list[Received]] = {}
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._handled: dict[Place, int] = {}
        self._failures: dict[Place, int] = {}
        self._outages = 0
        self._dead_in_a_row = 0
        self.halted: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Take events until `stop` or until halted; outages of the broker are waited out."""
        try:
            while not stop.is_set() and self.halted is None:
                self._subscription = self._parts.new_subscription()
                try:
                    await self._subscription.start()
                    await self._work(stop)
                except BrokerUnavailable as error:
                    self._outages += 1
                    _log.warning("consumer waits for the broker", error=str(error), failures=self._outages)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._parts.retry.pause(self._outages)):
                            await stop.wait()
                finally:
                    with suppress(BrokerUnavailable):
                        await self._subscription.stop()
        finally:
            await self._kept.close()

    async def _work(self, stop: asyncio.Event) -> None:
        """Handle what comes until `stop`, until halted, or until the broker is lost."""
        self._waiting.clear()
        self._handled.clear()
        beside = [asyncio.create_task(work) for work in (self._fetch(), self._commit_now_and_then(), stop.wait())]
        for task in beside:
            task.add_done_callback(lambda _: self._news.set())
        try:
            while self.halted is None and not any(task.done() for task in beside):
                await self._news.wait()
                self._news.clear()
                began = time.monotonic()
                await self._round()
                await asyncio.sleep(began + PACE_SECONDS - time.monotonic())
        finally:
            ended = [task for task in beside if task.done()]
            await end(beside)
            with suppress(BrokerUnavailable):
                await self._commit()
        for task in ended:
            task.result()

    async def _fetch(self) -> None:
        while True:
            room = MOST_WAITING - self._count_waiting()
            if room <= 0:
                self._room.clear()
                await self._room.wait()
                continue
            batches = await self._subscription.poll(timeout_ms=500, limit=room)
            self._outages = 0
            for place, records in batches.items():
                self._waiting.setdefault(place, []).extend(records)
            if batches:
                self._parts.metrics.events_waiting.set(self._count_waiting())
                self._news.set()

    def _count_waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    async def _round(self) -> None:
        batches, self._waiting = self._waiting, {}
        self._parts.metrics.events_waiting.set(0)
        self._room.set()
        if await self._handle_all(batches):
            self._handled.update({place: records[-1].offset + 1 for place, records in batches.items()})
            return
        for place, records in batches.items():
            following = await self._handle_batch(place, records)
            if following > records[0].offset:
                self._handled[place] = following
            if self.halted:
                return

    async def _commit_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            await self._commit()

    async def _commit(self) -> None:
        """Commit the offsets. Not after each round: what a crash makes come again is known by the inbox."""
        handled = dict(self._handled)
        if handled:
            await self._subscription.commit(handled)
        for place, offset in handled.items():
            if self._handled.get(place) == offset:
                del self._handled[place]

    async def _handle_all(self, batches: Mapping[Place, Sequence[Received]]) -> bool:
        """Handle everything that waited in one transaction; tell whether that went well."""
        if len(batches) < 2:
            return not batches
        try:
            await self.take_in([record for batch in batches.values() for record in batch])
        except Exception as error:  # noqa: BLE001  what is wrong with which is found out one by one
            _log.info("round taken place by place", error=type(error).__name__)
            return False
        for place in batches:
            self._failures.pop(place, None)
        self._dead_in_a_row = 0
        return True

    async def _handle_batch(self, place: Place, records: Sequence[Received]) -> int:
        """Handle records of one partition; return the offset to go on from."""
        try:
            await self.take_in(records)
        except DatabaseUnavailable as error:
            return self._retry_later(place, records[0].offset, error, counts=False)
        except Exception as error:  # noqa: BLE001  whatever it is, the event that causes it is found one by one
            _log.info("batch taken one by one", topic=place[0], error=type(error).__name__)
            return await self._handle_one_by_one(place, records)
        self._failures.pop(place, None)
        self._dead_in_a_row = 0
        return records[-1].offset + 1

    async def _handle_one_by_one(self, place: Place, records: Sequence[Received]) -> int:
        for record in records:
            try:
                await self.take_in([record])
                self._dead_in_a_row = 0
            except (InvalidEvent, ValidationError) as error:
                await self._bury(record, error)
            except DatabaseUnavailable as error:
                return self._retry_later(place, record.offset, error, counts=False)
            except Exception as error:  # noqa: BLE001  a handler's fault is retried, then put aside with its reason
                if self._failures.get(place, 0) + 1 < self._parts.retry.attempts:
                    return self._retry_later(place, record.offset, error, counts=True)
                _log.exception("event given up", topic=record.topic, offset=record.offset)
                await self._bury(record, error)
            self._failures.pop(place, None)
            if self.halted:
                return record.offset + 1
        return records[-1].offset + 1

    async def take_in(self, records: Sequence[Received]) -> None:
        """Handle the events among `records` that are new, in one transaction. Raises what `take` and the handlers raise."""
        parts = self._parts
        batch = [taken for record in records if (taken := take(record, parts.contracts, parts.handlers))]
        if not batch:
            return
        event_ids = [taken.event.id for taken in batch]
        async with self._kept.transaction(entry_of(event_ids)) as transaction:
            new = await new_among(event_ids, transaction)
            for taken in batch:
                if taken.event.id in new:
                    new.discard(taken.event.id)
                    await self._handle(transaction.connection, taken)
        parts.after_commit()
        now = datetime.now(UTC)
        for taken in batch:
            parts.metrics.events_handled.labels(taken.event.type, "handled").inc()
            parts.metrics.event_age.labels(taken.event.type).observe((now - taken.event.time).total_seconds())

    async def _handle(self, connection: AsyncConnection, taken: Taken) -> None:
        event = taken.event
        with telemetry.span(self._parts.tracer, event.type, traceparent=event.traceparent, kind=SpanKind.CONSUMER):
            await taken.handler.handle(connection, event, taken.view)

    def _retry_later(self, place: Place, offset: int, error: Exception, *, counts: bool) -> int:
        failures = self._failures.get(place, 0) + 1
        if counts:
            self._failures[place] = failures
        pause = self._parts.retry.pause(failures)
        self._subscription.pause_at(place, offset)
        self._waiting.pop(place, None)
        asyncio.get_running_loop().call_later(pause, self._subscription.resume, place)
        _log.warning("event will be retried", topic=place[0], offset=offset, pause_s=pause, error=repr(error)[:300])
        return offset

    async def _bury(self, record: Received, error: Exception) -> None:
        """Put a record among the dead letters with what is wrong with it; raises BrokerUnavailable if that fails."""
        reason = f"{type(error).__name__}: {error}"[:1000].encode()
        headers = [*record.headers, ("dead-letter-reason", reason)]
        letter = Message(f"{record.topic}.dlq", record.key or "", record.value or b"", headers)
        producer = self._parts.new_producer()
        await producer.start()
        try:
            if await producer.send([letter]) != 1:
                raise BrokerUnavailable("the dead letter was not acknowledged")
        finally:
            await producer.stop()
        _log.error("dead letter", topic=record.topic, offset=record.offset, reason=reason.decode())
        self._parts.metrics.events_handled.labels(record.topic, "dead-letter").inc()
        self._dead_in_a_row += 1
        if self._dead_in_a_row >= self._parts.retry.dead_letters_in_a_row:
            self.halted = f"{self._dead_in_a_row} dead letters in a row"
