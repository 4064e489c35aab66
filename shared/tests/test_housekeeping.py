"""Housekeeping: what had its time is deleted, what may still be asked for stays."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, insert, select

from shared.database import Database
from shared.housekeeping import Housekeeping, delete_old
from shared.ids import new_id
from shared.outbox import Outbox
from tests.support.eventually import eventually


async def _fill(database: Database, tables: Any, outbox: Outbox) -> None:
    """Write an event that left long ago, one that left lately and one that waits; two inbox entries; two keys."""
    async with database.transaction() as connection:
        for number in (1, 2, 3):
            await outbox.add(connection, "happened.v1", "one", {"number": number})
        for number, days in ((1, 31), (2, 29)):
            row = tables.outbox.update().where(tables.outbox.c.data == f'{{"number":{number}}}')
            await connection.execute(row.values(published_at=func.now() - timedelta(days=days)))
        for days in (61, 59):
            entry = {"event_id": new_id(), "handled_at": func.now() - timedelta(days=days)}
            await connection.execute(insert(tables.inbox).values(entry))
        for key, days in (("old", 31), ("young", 29)):
            at = func.now() - timedelta(days=days)
            row = {"subject": "one", "key": key, "fingerprint": b"", "created_at": at}
            await connection.execute(insert(tables.idempotency_keys).values(row))


async def _left(database: Database, tables: Any) -> tuple[list[str], int, list[str]]:
    async with database.reading() as connection:
        events = (await connection.execute(select(tables.outbox.c.data).order_by(tables.outbox.c.position))).scalars()
        entries = await connection.scalar(select(func.count()).select_from(tables.inbox))
        keys = (await connection.execute(select(tables.idempotency_keys.c.key))).scalars()
        return list(events), entries or 0, list(keys)


async def test_only_what_had_its_time_is_deleted(database: Database, tables: Any, outbox: Outbox) -> None:
    await _fill(database, tables, outbox)
    deleted = await delete_old(database, tables.metadata)
    assert deleted == {"outbox": 1, "inbox": 1, "idempotency_keys": 1}
    assert await _left(database, tables) == (['{"number":2}', '{"number":3}'], 1, ["young"])


async def test_it_is_done_by_a_worker_that_ends_when_told(database: Database, tables: Any, outbox: Outbox) -> None:
    await _fill(database, tables, outbox)
    stop = asyncio.Event()
    running = asyncio.create_task(Housekeeping(partial(delete_old, database, tables.metadata)).run(stop))

    async def is_done() -> bool:
        return (await _left(database, tables))[1:] == (1, ["young"])

    await eventually(is_done)
    stop.set()
    await asyncio.wait_for(running, 5)
