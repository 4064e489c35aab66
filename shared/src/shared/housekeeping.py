"""Deletes what has had its time: events that left, ids of events handled, keys of requests that nobody repeats any more.

An inbox entry outlives the retention of topics and dead letters: after that nothing can bring its event again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import MetaData, delete, func

from shared.database import Database, DatabaseUnavailable
from shared.logging import get_logger

_EVERY_SECONDS = 3600.0
KEPT: Mapping[str, tuple[str, timedelta]] = {
    "outbox": ("published_at", timedelta(days=30)),
    "inbox": ("handled_at", timedelta(days=60)),
    "idempotency_keys": ("created_at", timedelta(days=30)),
}
_log = get_logger("housekeeping")


async def delete_old(database: Database, metadata: MetaData) -> Mapping[str, int]:
    """Delete the rows that are older than `KEPT` says, and return how many of each table."""
    deleted = {}
    for name, (column, age) in KEPT.items():
        if (table := metadata.tables.get(name)) is not None:
            async with database.transaction() as connection:
                old = delete(table).where(table.c[column] < func.now() - age)
                deleted[name] = (await connection.execute(old)).rowcount
    return deleted


class Housekeeping:
    """The worker that does it every hour: `delete_rows` deletes, and returns how many rows of each table."""

    def __init__(self, delete_rows: Callable[[], Awaitable[Mapping[str, int]]]) -> None:
        self._delete_rows = delete_rows
        self.halted: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Delete now and every hour until `stop`; an outage is left to the next hour."""
        while not stop.is_set():
            try:
                deleted = await self._delete_rows()
                _log.info("old rows deleted", **deleted)
            except DatabaseUnavailable as error:
                _log.warning("old rows wait", error=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_SECONDS):
                    await stop.wait()
