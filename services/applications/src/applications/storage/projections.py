"""The catalogue as applications know it: every published version of a card, what is withdrawn, and the organisations.

However often and in whatever order events come, the same rows are left. A published version never changes: of two events
for one version the first told holds. Of a withdrawal and of an organisation the last told holds. When it was told is the
time that the event carries: an older event that comes again, or late, changes nothing.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from applications.storage.tables import cards, organisations, withdrawals


class CardNotKnown(Exception):
    """The card of a case is not here: the projection is being built. Later it is."""

    def __str__(self) -> str:
        return "The card of this case is not known here yet."


async def keep_card(connection: AsyncConnection, data: Mapping[str, Any], told_at: datetime) -> None:
    """Keep a published version."""
    valid_to = data.get("valid_to")
    row = {
        "slug": data["slug"],
        "version": data["version"],
        "valid_from": date.fromisoformat(data["valid_from"]),
        "valid_to": valid_to and date.fromisoformat(valid_to),
        "data": dict(data),
        "told_at": told_at,
    }
    entry = insert(cards).values(row)
    is_first = or_(cards.c.told_at.is_(None), cards.c.told_at >= entry.excluded.told_at)
    changed = {name: entry.excluded[name] for name in row if name not in {"slug", "version"}}
    keys = ["slug", "version"]
    await connection.execute(entry.on_conflict_do_update(index_elements=keys, set_=changed, where=is_first))


async def keep_withdrawal(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Keep from which date a public service is withdrawn, also when its card is not known yet."""
    entry = insert(withdrawals).values(dict(row))
    is_last = or_(withdrawals.c.told_at.is_(None), withdrawals.c.told_at <= entry.excluded.told_at)
    changed = {name: entry.excluded[name] for name in row if name != "slug"}
    await connection.execute(entry.on_conflict_do_update(index_elements=["slug"], set_=changed, where=is_last))


async def keep_organisation(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Keep an organisation as it was told last."""
    entry = insert(organisations).values(dict(row))
    is_last = or_(organisations.c.told_at.is_(None), organisations.c.told_at <= entry.excluded.told_at)
    changed = {name: entry.excluded[name] for name in row if name != "id"}
    await connection.execute(entry.on_conflict_do_update(index_elements=["id"], set_=changed, where=is_last))


async def current_card(connection: AsyncConnection, slug: str, on: date) -> Any:
    """Return the newest version that has begun by a date, or None.

    `closes_on` is the day from which it takes no new application: its own end, or the withdrawal of the public service.
    A version that is newer than the withdrawal and begins on its day or later opens the public service again.
    The statement of a submission (`storage/submission.py`) follows the same rules.
    """
    reopens = and_(cards.c.version > withdrawals.c.version, cards.c.valid_from >= withdrawals.c.withdrawn_on)
    closing = cards.outerjoin(withdrawals, and_(withdrawals.c.slug == cards.c.slug, ~reopens))
    closes_on = func.least(cards.c.valid_to, withdrawals.c.withdrawn_on).label("closes_on")
    query = select(cards.c.data, closes_on).select_from(closing).where(cards.c.slug == slug, cards.c.valid_from <= on)
    return (await connection.execute(query.order_by(cards.c.version.desc()).limit(1))).first()


async def active_organisation(connection: AsyncConnection, organisation: str) -> Any:
    """Return the row of an organisation that is at work, or None."""
    query = select(organisations).where(organisations.c.id == organisation, organisations.c.is_active)
    return (await connection.execute(query)).first()
