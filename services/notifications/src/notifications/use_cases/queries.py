"""The read side of notifications, filtered in the query by what the caller may see."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from notifications.storage.tables import messages
from shared.pagination import Window
from shared.tokens import Claims


async def own_messages(
    connection: AsyncConnection, account: UUID, *, limit: int, after: tuple[Any, ...] | None
) -> Window[Any]:
    """Return a person's messages, the newest first."""
    query = select(messages).where(messages.c.applicant_id == account)
    if after:
        query = query.where(messages.c.id < after[0])
    rows = (await connection.execute(query.order_by(messages.c.id.desc()).limit(limit + 1))).all()
    page = rows[:limit]
    return Window(page, (page[-1].id,) if len(rows) > limit else None)


async def messages_of_case(connection: AsyncConnection, actor: Claims, application_id: UUID) -> Sequence[Any]:
    """Return the messages of one case, if the caller has a part in it."""
    organisations = [held.organisation for held in actor.mandates]
    conditions: list[ColumnElement[bool]] = []
    if organisations:
        conditions += [messages.c.agency.in_(organisations), messages.c.centre.in_(organisations)]
    if actor.account is not None:
        conditions.append(messages.c.applicant_id == actor.account)
    query = select(messages).where(messages.c.application_id == application_id, or_(false(), *conditions))
    return (await connection.execute(query.order_by(messages.c.position))).all()
