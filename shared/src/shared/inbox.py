"""Inbox: the ids of events already handled, written in the transaction of their effects, so that none is handled twice."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, MetaData, Table, Uuid, bindparam, func, select
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
    result = await connection.execute(_entry(table), {"ids": list(event_ids)})
    return set(result.scalars())


@cache
def _entry(table: Table) -> Any:
    """One statement whatever the number of ids: compiled once here, planned once by the server."""
    ids = select(func.unnest(bindparam("ids", type_=ARRAY(Uuid))))
    return insert(table).from_select(["event_id"], ids).on_conflict_do_nothing().returning(table.c.event_id)
