"""An outbox that gathers the events of a long transaction and writes them many at a time: an import tells of thousands."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.storage.tables import outbox as table
from shared.outbox import Outbox

_AT_ONCE = 100


class GatheredEvents(Outbox):
    """Events in the order in which they came; who gathers them writes the rest before the commit."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._rows: list[dict[str, Any]] = []

    def row(self, event: str, subject: str, data: Mapping[str, Any], *, event_id: UUID | None = None) -> dict[str, Any]:
        return self._outbox.row(event, subject, data, event_id=event_id)

    async def add(self, connection: AsyncConnection, event: str, subject: str, data: Mapping[str, Any]) -> None:
        self._rows.append(self.row(event, subject, data))
        if len(self._rows) >= _AT_ONCE:
            await self.write(connection)

    async def write(self, connection: AsyncConnection) -> None:
        """Write what was gathered."""
        if self._rows:
            await connection.execute(insert(table), self._rows)
            self._rows = []
