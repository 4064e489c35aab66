"""Publishing: the one place where a version is written, the one before it ended, and its event told.

Versions of one public service take their turn on its row. From its first day on the newest version is what holds: it ends
the one in force. What would be undone besides is never undone unsaid: a version published for a later day has to be named,
and a withdrawal too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.definition import published_facts, summary
from catalog.domain.errors import CodeTaken, PublicServiceWithdrawn, VersionsOverlap
from catalog.storage.tables import public_services, versions
from shared.outbox import Outbox

CHANGED = "catalog_changed"


@dataclass(frozen=True)
class Undone:
    """What a publisher knows to be undone: a version published for a later day, a withdrawal."""

    version: int | None = None
    withdrawal: bool = False


NOTHING = Undone()


async def publish(
    connection: AsyncConnection,
    outbox: Outbox,
    definition: Mapping[str, Any],
    *,
    valid_from: date,
    by: str,
    undone: Undone = NOTHING,
) -> int:
    """Write a version in the transaction of `connection`; return its number.

    Raises CodeTaken, PublicServiceWithdrawn or VersionsOverlap.
    """
    slug = definition["slug"]
    withdrawn_on = await _enter(connection, definition)
    is_reopened = withdrawn_on is not None and valid_from >= withdrawn_on
    if withdrawn_on is not None and is_reopened:
        if not undone.withdrawal:
            raise PublicServiceWithdrawn(slug, withdrawn_on)
        # what was withdrawn ended then; the days between have no version
        await _end_version_in_force(connection, slug, withdrawn_on)
        await connection.execute(
            update(public_services).where(public_services.c.slug == slug).values(withdrawn_on=None)
        )
    version = await _end_others(connection, slug, valid_from, undone.version) + 1
    row = {"version": version, "valid_from": valid_from, "published_by": by, **_kept_beside(definition)}
    await connection.execute(insert(versions).values(slug=slug, definition=definition, **row))
    facts = published_facts(definition, version, valid_from.isoformat())
    await outbox.add(connection, "published.v1", slug, facts)
    await tell_of_change(connection)
    return version


async def version_from(connection: AsyncConnection, slug: str, day: date) -> int | None:
    """Return the version that begins on a day and has not been replaced before it did."""
    begins = (versions.c.slug == slug) & (versions.c.valid_from == day) & versions.c.validity.contains(day)
    number: int | None = (await connection.execute(select(versions.c.version).where(begins))).scalar()
    return number


async def tell_of_change(connection: AsyncConnection) -> None:
    """Let every process that keeps answers know, once this transaction is committed."""
    await connection.execute(text(f"NOTIFY {CHANGED}"))


async def _enter(connection: AsyncConnection, definition: Mapping[str, Any]) -> date | None:
    """Write what all versions share and lock it; return from when the public service is withdrawn."""
    row = {name: definition[name] for name in ("slug", "code", "owner_agency", "agency")}
    entry = insert(public_services).values(row)
    changed = {name: entry.excluded[name] for name in row if name != "slug"}
    entry = entry.on_conflict_do_update(index_elements=["slug"], set_=changed)
    try:
        known = await connection.execute(entry.returning(public_services.c.withdrawn_on))
    except IntegrityError:
        raise CodeTaken(definition["code"]) from None
    withdrawn_on: date | None = known.scalar_one()
    return withdrawn_on


async def _end_version_in_force(connection: AsyncConnection, slug: str, on: date) -> None:
    this = (versions.c.slug == slug) & versions.c.validity.contains(on)
    await connection.execute(update(versions).where(this).values(valid_to=on))


async def _end_others(connection: AsyncConnection, slug: str, starts: date, undone: int | None) -> int:
    """End what would be in force beside the new version; return the newest number given so far."""
    table = versions
    known = select(table.c.version, table.c.valid_from, table.c.valid_to).where(table.c.slug == slug)
    rows = (await connection.execute(known.order_by(table.c.version))).all()
    for row in rows:
        if row.valid_to is not None and row.valid_to <= max(starts, row.valid_from):
            continue
        if row.valid_from > starts and row.version != undone:
            raise VersionsOverlap(slug, row.version, row.valid_from)
        this = (table.c.slug == slug) & (table.c.version == row.version)
        await connection.execute(update(table).where(this).values(valid_to=max(starts, row.valid_from)))
    return rows[-1].version if rows else 0


def _kept_beside(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is listed without reading the whole definition."""
    return {
        "review_on": date.fromisoformat(definition["review_on"]),
        "summary": summary(definition),
    }
