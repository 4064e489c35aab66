"""The catalogue as applications know it: every published version of a card, what is withdrawn, and the organisations.

However often and in whatever order events come, the same rows are left. A published version never changes: of two events
for one version the first told holds. Of a withdrawal and of an organisation the last told holds. When it was told is the
time that the event carries: an older event that comes again, or late, changes nothing.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Uuid, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from applications.storage.tables import card_changes, cards, organisations, withdrawals
from shared.ids import new_id

_REOPENED = """EXISTS (SELECT 1 FROM cards u WHERE u.slug = c.slug AND u.version > w.version
                      AND u.version <= {version} AND u.valid_from >= w.withdrawn_on)"""
# the version `c` of `cards` takes no new application on the day: it has ended, or its public service is withdrawn, which is
# every version that is not newer than the withdrawal, and newer ones too until one begins on the day of the withdrawal or
# later, which opens the public service again. A withdrawal that names a newer version, with no such opening between, moves
# the one before
_CLOSED = f"""(coalesce(c.valid_to <= :day, false) OR EXISTS (
    SELECT 1 FROM withdrawals w WHERE w.slug = c.slug AND w.withdrawn_on <= :day
      AND NOT {_REOPENED.format(version="c.version")}
      AND NOT EXISTS (SELECT 1 FROM withdrawals moved WHERE moved.slug = c.slug AND moved.version > w.version
                      AND moved.withdrawn_on > :day AND NOT {_REOPENED.format(version="moved.version")})))"""  # noqa: S608


def last_change_of(slug: str) -> str:
    """Return the expression of the last change to anything that is known of a card; NULL when none is known."""
    return f"(SELECT last_change FROM card_changes WHERE slug = {slug})"  # noqa: S608  a parameter or a column


class CardNotKnown(Exception):
    """The card of a case is not here: the projection is being built. Later it is."""

    def __str__(self) -> str:
        return "The card of this case is not known here yet."


_CURRENT = text(
    f"SELECT c.data, {_CLOSED} AS is_closed, {last_change_of('c.slug')} AS last_change FROM cards c "  # noqa: S608
    "WHERE c.slug = :slug AND c.valid_from <= :day ORDER BY c.version DESC LIMIT 1"
).columns(data=JSONB, is_closed=Boolean, last_change=Uuid)


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
    await _note_change(connection, data["slug"])


async def keep_withdrawal(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Keep from which date a public service is withdrawn, also when its card is not known yet."""
    entry = insert(withdrawals).values(dict(row))
    is_last = or_(withdrawals.c.told_at.is_(None), withdrawals.c.told_at <= entry.excluded.told_at)
    changed = {name: entry.excluded[name] for name in ("withdrawn_on", "told_at")}
    keys = ["slug", "version"]
    await connection.execute(entry.on_conflict_do_update(index_elements=keys, set_=changed, where=is_last))
    await _note_change(connection, row["slug"])


async def _note_change(connection: AsyncConnection, slug: str) -> None:
    entry = insert(card_changes).values(slug=slug, last_change=new_id())
    changed = {"last_change": entry.excluded.last_change}
    await connection.execute(entry.on_conflict_do_update(index_elements=["slug"], set_=changed))


async def keep_organisation(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Keep an organisation as it was told last."""
    entry = insert(organisations).values(dict(row))
    is_last = or_(organisations.c.told_at.is_(None), organisations.c.told_at <= entry.excluded.told_at)
    changed = {name: entry.excluded[name] for name in row if name != "id"}
    await connection.execute(entry.on_conflict_do_update(index_elements=["id"], set_=changed, where=is_last))


async def current_card(connection: AsyncConnection, slug: str, on: date) -> Any:
    """Return the newest version that has begun by a date, whether it is closed then, and the last change; or None."""
    return (await connection.execute(_CURRENT, {"slug": slug, "day": on})).first()


async def active_organisation(connection: AsyncConnection, organisation: str) -> Any:
    """Return the row of an organisation that is at work, or None."""
    query = select(organisations).where(organisations.c.id == organisation, organisations.c.is_active)
    return (await connection.execute(query)).first()
