"""Outbox: an event is kept if and only if the change that it tells of is kept, and only when its contract allows it."""

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg
import pytest
from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy import select

from shared import telemetry
from shared.cloudevents import InvalidEvent
from shared.database import Database, UnitOfWork
from shared.outbox import CHANNEL, Outbox, OutboxWaker
from tests.support.clock import SettableClock
from tests.support.eventually import eventually


async def rows(database: Database, tables: Any) -> list[Any]:
    async with database.reading() as connection:
        return list((await connection.execute(select(tables.outbox).order_by(tables.outbox.c.position))).all())


async def test_an_event_is_written_whole_with_the_change(
    database: Database, tables: Any, outbox: Outbox, clock: SettableClock, service: str
) -> None:
    tracer = TracerProvider().get_tracer("test")
    with telemetry.span(tracer, "work", traceparent=f"00-{'a' * 32}-{'b' * 16}-01"):
        async with database.transaction() as connection:
            await outbox.add(connection, "happened.v1", "one", {"number": 7})

    [row] = await rows(database, tables)
    assert (row.topic, row.type) == (f"{service}.thing", f"ua.virtual-office.{service}.happened.v1")
    assert (row.subject, row.data, row.occurred_at) == ("one", '{"number":7}', clock.now())
    assert row.event_id.version == 7
    assert row.traceparent.split("-")[1] == "a" * 32
    assert row.published_at is None


async def test_an_event_of_a_change_that_was_rolled_back_never_was(
    database: Database, tables: Any, outbox: Outbox
) -> None:
    async with UnitOfWork(database) as work:
        await outbox.add(work.connection, "happened.v1", "one", {"number": 7})
    assert await rows(database, tables) == []


@pytest.mark.parametrize(
    ("event", "data"),
    [("happened.v1", {}), ("happened.v1", {"number": "7"}), ("happened.v2", {"number": 7}), ("other.v1", {})],
)
async def test_an_event_against_its_contract_is_not_written(
    event: str, data: dict[str, Any], database: Database, tables: Any, outbox: Outbox
) -> None:
    with pytest.raises(InvalidEvent):
        async with database.transaction() as connection:
            await outbox.add(connection, event, "one", data)
    assert await rows(database, tables) == []


async def test_a_hundred_wakes_at_once_become_few_notifications(database: Database, database_url: str) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(database_url)
    await listener.add_listener(CHANNEL, lambda *_: heard.append("woken"))
    waker = OutboxWaker(database)
    running = asyncio.create_task(waker.run())
    try:
        for _ in range(100):
            waker.wake()

        async def woken() -> bool:
            return bool(heard)

        await eventually(woken)
        await listener.execute("SELECT 1")
        assert len(heard) <= 3
        heard.clear()
        waker.wake()
        await eventually(woken)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await listener.close()


async def test_the_waker_outlives_a_lost_database(
    database_url: str, link_to_postgres: Any, database_behind_link: Database
) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(database_url)
    await listener.add_listener(CHANNEL, lambda *_: heard.append("woken"))
    waker = OutboxWaker(database_behind_link)
    running = asyncio.create_task(waker.run())
    try:
        link_to_postgres.cut()
        waker.wake()
        await asyncio.sleep(0)
        link_to_postgres.mend()

        async def woken() -> bool:
            waker.wake()
            return bool(heard)

        await eventually(woken)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await listener.close()
