"""The read side of auth."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.tables import accounts, mandates
from shared.pagination import Window


async def find_account(connection: AsyncConnection, account_id: UUID) -> Any:
    """Return an account's row, or None."""
    return (await connection.execute(select(accounts).where(accounts.c.id == account_id))).first()


async def list_mandates(
    connection: AsyncConnection, organisations: Sequence[str], *, limit: int, after: tuple[Any, ...] | None
) -> Window[Any]:
    """Return the mandates in some organisations, with their holders, by id."""
    query = (
        select(mandates, accounts.c.full_name_sealed).join(accounts).where(mandates.c.organisation.in_(organisations))
    )
    if after:
        query = query.where(mandates.c.id > after[0])
    rows = (await connection.execute(query.order_by(mandates.c.id).limit(limit + 1))).all()
    page = rows[:limit]
    return Window(page, (page[-1].id,) if len(rows) > limit else None)
