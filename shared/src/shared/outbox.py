"""Transactional outbox: an event is a row written in the same transaction as the change it tells of.

The row holds the finished event; the relay only carries it. Waking the relay is a courtesy after the commit (NOTIFY on a
connection of its own, many wake-ups folded into one): inside each transaction it would make all commits queue for one
lock. A wake-up that is lost costs the relay's polling interval, never an event.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, MetaData, Table, Text, Uuid, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import telemetry
from shared.clock import Clock
from shared.cloudevents import CloudEvent
from shared.contracts import Contracts
from shared.database import Database, DatabaseUnavailable
from shared.ids import new_id

# while events come the relay looks by itself: it need not be told of each
WAKE_PACE_SECONDS = 0.02
CHANNEL = "outbox"


def outbox_table(metadata: MetaData) -> Table:
    """Declare the outbox of one service."""
    return Table(
        "outbox",
        metadata,
        Column("position", BigInteger, Identity(always=True), primary_key=True),
        Column("event_id", Uuid, nullable=False),
        Column("topic", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("occurred_at", DateTime(timezone=True), nullable=False),
        Column("traceparent", Text),
        Column("data", Text, nullable=False),
        Column("published_at", DateTime(timezone=True)),
        Index("outbox_waiting", "position", postgresql_where=text("published_at IS NULL")),
    )


class Outbox:
    """Writes the events of one service."""

    def __init__(self, table: Table, contracts: Contracts, *, service: str, clock: Clock) -> None:
        self._table = table
        self._contracts = contracts
        self._service = service
        self._clock = clock

    def row(self, event: str, subject: str, data: Mapping[str, Any], *, event_id: UUID | None = None) -> dict[str, Any]:
        """Return the row of one event (`event` as in `submitted.v1`), or raise InvalidEvent: a contract is broken."""
        envelope = CloudEvent(
            id=event_id or new_id(),
            source=f"/{self._service}",
            type=f"ua.virtual-office.{self._service}.{event}",
            subject=subject,
            time=self._clock.now(),
            dataschema="",
            data=data,
            traceparent=telemetry.current_traceparent(),
        )
        contract = self._contracts.check(envelope)
        return {
            "event_id": envelope.id,
            "topic": contract.topic,
            "type": envelope.type,
            "subject": subject,
            "occurred_at": envelope.time,
            "traceparent": envelope.traceparent,
            "data": orjson.dumps(data).decode(),
        }

    async def add(self, connection: AsyncConnection, event: str, subject: str, data: Mapping[str, Any]) -> None:
        """Write one event in the transaction of `connection`."""
        await connection.execute(insert(self._table), self.row(event, subject, data))


class OutboxWaker:
    """Tells the relay that something waits: at once when it was quiet, else at most once in a while."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked = asyncio.Event()

    def wake(self) -> None:
        """Ask for a wake-up; returns at once."""
        self._asked.set()

    async def run(self) -> None:
        """Send the wake-ups until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            with suppress(DatabaseUnavailable):
                await self._database.notify(CHANNEL)
            await asyncio.sleep(WAKE_PACE_SECONDS)
