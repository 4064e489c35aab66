"""Takes events in: each is handled once, in the order of its aggregate, whatever dies on the way.

A batch of one partition is one transaction (inbox entries and effects together), then the offset is committed. When a batch
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
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import telemetry
from shared.broker import BrokerUnavailable, Message, Producer, Received, Subscription
from shared.cloudevents import CloudEvent, InvalidEvent, event_from_record
from shared.contracts import Contracts
from shared.database import Database, DatabaseUnavailable
from shared.inbox import take_new
from shared.logging import get_logger
from shared.metrics import Metrics

COMMIT_SECONDS = 0.1
# under load a round takes what came in this time: fewer transactions, and less waiting for the processor, than one an event
PACE_SECONDS = 0.002
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
    inbox: Table
    contracts: Contracts
    handlers: Mapping[str, Handler]
    new_subscription: Callable[[], Subscription]
    new_producer: Callable[[], Producer]
    tracer: Tracer
    metrics: Metrics
    after_commit: Callable[[], None] = lambda: None
    retry: RetryPolicy = RetryPolicy()


class Consumer:
    """One member of the consumer group of a service."""

    def __init__(self, parts: ConsumerParts) -> None:
        self._parts = parts
        self._failures: dict[tuple[str, int], int] = {}
        self._resume_at: dict[tuple[str, int], float] = {}
        self._dead_in_a_row = 0
        self._handled: dict[tuple[str, int], int] = {}
        self._commit_at = 0.0
        self._next_round_at = 0.0
        self._subscription = parts.new_subscription()
        self.halted: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Take events until `stop` or until halted; outages of the broker are waited out."""
        failures = 0
        while not stop.is_set() and self.halted is None:
            self._subscription = self._parts.new_subscription()
            self._resume_at.clear()
            try:
                await self._subscription.start()
                while not stop.is_set() and self.halted is None:
                    await self._round()
                    failures = 0
            except BrokerUnavailable as error:
                failures += 1
                _log.warning("consumer waits for the broker", error=str(error), failures=failures)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._parts.retry.pause(failures)):
                        await stop.wait()
            finally:
                with suppress(BrokerUnavailable):
                    await self._commit()
                with suppress(BrokerUnavailable):
                    await self._subscription.stop()

    async def _round(self) -> None:
        now = time.monotonic()
        for place in [place for place, at in self._resume_at.items() if at <= now]:
            del self._resume_at[place]
            self._subscription.resume(place)
        await asyncio.sleep(self._next_round_at - now)
        batches = await self._subscription.poll(timeout_ms=100 if self._resume_at or self._handled else 500, limit=200)
        self._next_round_at = time.monotonic() + PACE_SECONDS
        if await self._handle_all(batches):
            positions = {place: records[-1].offset + 1 for place, records in batches.items()}
        else:
            positions = {}
            for place, records in batches.items():
                following = await self._handle_batch(place, records)
                if following > records[0].offset:
                    positions[place] = following
        self._handled.update(positions)
        if self._handled and time.monotonic() >= self._commit_at:
            await self._commit()

    async def _commit(self) -> None:
        """Commit the offsets. Not after each round: what a crash makes come again is known by the inbox."""
        handled, self._handled = self._handled, {}
        self._commit_at = time.monotonic() + COMMIT_SECONDS
        if handled:
            await self._subscription.commit(handled)

    async def _handle_all(self, batches: Mapping[tuple[str, int], Sequence[Received]]) -> bool:
        """Handle everything that a poll brought in one transaction; tell whether that went well."""
        if len(batches) < 2:
            return not batches
        try:
            records = [record for batch in batches.values() for record in batch]
            await self._in_one_transaction([taken for record in records if (taken := self._read(record))])
        except Exception as error:  # noqa: BLE001  what is wrong with which is found out one by one
            _log.info("round taken place by place", error=type(error).__name__)
            return False
        for place in batches:
            self._failures.pop(place, None)
        self._dead_in_a_row = 0
        return True

    async def _handle_batch(self, place: tuple[str, int], records: Sequence[Received]) -> int:
        """Handle records of one partition; return the offset to go on from."""
        try:
            await self._in_one_transaction([taken for record in records if (taken := self._read(record))])
        except DatabaseUnavailable as error:
            return self._retry_later(place, records[0].offset, error, counts=False)
        except Exception as error:  # noqa: BLE001  whatever it is, the event that causes it is found one by one
            _log.info("batch taken one by one", topic=place[0], error=type(error).__name__)
            return await self._handle_one_by_one(place, records)
        self._failures.pop(place, None)
        self._dead_in_a_row = 0
        return records[-1].offset + 1

    async def _handle_one_by_one(self, place: tuple[str, int], records: Sequence[Received]) -> int:
        for record in records:
            try:
                taken = self._read(record)
                await self._in_one_transaction([taken] if taken else [])
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

    def _read(self, record: Received) -> Taken | None:
        return take(record, self._parts.contracts, self._parts.handlers)

    async def _in_one_transaction(self, batch: Sequence[Taken]) -> None:
        if not batch:
            return
        parts = self._parts
        async with parts.database.transaction() as connection:
            new = await take_new(connection, parts.inbox, [taken.event.id for taken in batch])
            for taken in batch:
                if taken.event.id in new:
                    new.discard(taken.event.id)
                    await self._handle(connection, taken)
        parts.after_commit()
        now = datetime.now(UTC)
        for taken in batch:
            parts.metrics.events_handled.labels(taken.event.type, "handled").inc()
            parts.metrics.event_age.labels(taken.event.type).observe((now - taken.event.time).total_seconds())

    async def _handle(self, connection: AsyncConnection, taken: Taken) -> None:
        event = taken.event
        with telemetry.span(self._parts.tracer, event.type, traceparent=event.traceparent, kind=SpanKind.CONSUMER):
            await taken.handler.handle(connection, event, taken.view)

    def _retry_later(self, place: tuple[str, int], offset: int, error: Exception, *, counts: bool) -> int:
        failures = self._failures.get(place, 0) + 1
        if counts:
            self._failures[place] = failures
        pause = self._parts.retry.pause(failures)
        self._subscription.pause_at(place, offset)
        self._resume_at[place] = time.monotonic() + pause
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
