"""The read side of the gateway, filtered in the query by what the caller may see."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_gateway.storage.tables import register_queries, verifications
from shared.pagination import Window
from shared.tokens import Claims


def visible_to(actor: Claims) -> ColumnElement[bool]:
    """Return the condition for verifications of the caller's own cases, centre or agency."""
    organisations = [held.organisation for held in actor.mandates]
    conditions: list[ColumnElement[bool]] = []
    if organisations:
        conditions += [verifications.c.agency.in_(organisations), verifications.c.centre.in_(organisations)]
    if actor.account is not None:
        conditions.append(verifications.c.applicant_id == actor.account)
    return or_(false(), *conditions)


async def find_verification(connection: AsyncConnection, actor: Claims, verification_id: UUID) -> Any:
    """Return the row if the caller sees it, or None."""
    query = select(verifications).where(verifications.c.id == verification_id, visible_to(actor))
    return (await connection.execute(query)).first()


async def list_verifications(connection: AsyncConnection, actor: Claims, application_id: UUID) -> Sequence[Any]:
    """Return the verifications of one application that the caller sees."""
    query = select(verifications).where(verifications.c.application_id == application_id, visible_to(actor))
    return (await connection.execute(query.order_by(verifications.c.requested_at, verifications.c.id))).all()


async def data_access(
    connection: AsyncConnection, account: UUID, *, limit: int, after: tuple[Any, ...] | None
) -> Window[Any]:
    """Return who asked registers about a person, the newest first."""
    query = select(register_queries).where(register_queries.c.subject_id == account)
    if after:
        query = query.where(register_queries.c.id < after[0])
    rows = (await connection.execute(query.order_by(register_queries.c.id.desc()).limit(limit + 1))).all()
    page = rows[:limit]
    return Window(page, (page[-1].id,) if len(rows) > limit else None)


async def register_states(connection: AsyncConnection) -> Sequence[Any]:
    """Return for each register that was asked when it last answered and when it last did not."""
    table = register_queries
    answered = func.max(table.c.asked_at).filter(table.c.outcome.is_not(None)).label("last_answer_at")
    silent = func.max(table.c.asked_at).filter(table.c.outcome.is_(None)).label("last_silence_at")
    return (await connection.execute(select(table.c.register, answered, silent).group_by(table.c.register))).all()
