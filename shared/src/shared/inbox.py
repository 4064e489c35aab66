"""Inbox: the ids of events already handled, written in the transaction of their effects, so that none is handled twice."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Column, DateTime, MetaData, Table, Uuid, func

from shared.database import Transaction

_ENTERED_HERE = """
SELECT event_id FROM inbox WHERE event_id = ANY($1::uuid[]) AND xmin = pg_current_xact_id()::xid
"""


def inbox_table(metadata: MetaData) -> Table:
    """Declare the inbox of one service."""
    return Table(
        "inbox",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("handled_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )


def entry_of(event_ids: Sequence[UUID]) -> str:
    """Return the statement that enters the ids; a transaction is opened with it.

    It waits for another consumer that holds the same id in an open transaction: the id is new only if that one fails.
    """
    values = ",".join(f"('{event_id}')" for event_id in event_ids)
    return f"INSERT INTO inbox (event_id) VALUES {values} ON CONFLICT DO NOTHING"  # noqa: S608  UUIDs are hexadecimal


async def new_among(event_ids: Sequence[UUID], transaction: Transaction) -> set[UUID]:
    """Return the ids that were not there before `transaction`, which their entry opened."""
    if transaction.opened == f"INSERT 0 {len(event_ids)}":
        return set(event_ids)
    return {row["event_id"] for row in await transaction.driver.fetch(_ENTERED_HERE, event_ids)}
