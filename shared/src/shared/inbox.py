"""Inbox: the ids of events already handled, written in the transaction of their effects, so that none is handled twice."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Column, DateTime, MetaData, Table, Uuid, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection


def inbox_table(metadata: MetaData) -> Table:
    """Declare the inbox of one service."""
    return Table(
        "inbox",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("handled_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )


async def take_new(connection: AsyncConnection, table: Table, event_ids: Sequence[UUID]) -> set[UUID]:
    """Enter the ids and return those that were not there.

    Waits for another consumer that holds the same id in an open transaction: the id is new only if that one fails.
    """
    entry = insert(table).values([{"event_id": event_id} for event_id in event_ids])
    result = await connection.execute(entry.on_conflict_do_nothing().returning(table.c.event_id))
    return set(result.scalars())
