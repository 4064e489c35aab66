"""The catalogue as applications know it: every published version of a card, and the organisations."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from applications.storage.tables import cards, organisations


async def keep_card(connection: AsyncConnection, data: Mapping[str, Any]) -> None:
    """Keep a published version; one that is known stays as it was, since published versions never change."""
    row = {
        "slug": data["slug"],
        "version": data["version"],
        "valid_from": date.fromisoformat(data["valid_from"]),
        "data": dict(data),
    }
    await connection.execute(insert(cards).values(row).on_conflict_do_nothing())


async def withdraw_card(connection: AsyncConnection, slug: str, version: int, withdrawn_on: date) -> None:
    """Mark a public service as withdrawn from a date; a version that was published after that one stays."""
    row = update(cards).where(cards.c.slug == slug, cards.c.version <= version)
    await connection.execute(row.values(withdrawn_on=withdrawn_on))


async def keep_organisation(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Keep an organisation as it is now."""
    entry = insert(organisations).values(dict(row))
    changed = {name: entry.excluded[name] for name in row if name != "id"}
    await connection.execute(entry.on_conflict_do_update(index_elements=["id"], set_=changed))


async def current_card(connection: AsyncConnection, slug: str, on: date) -> Any:
    """Return the row of the version that is valid on a date, or None."""
    query = (
        select(cards).where(cards.c.slug == slug, cards.c.valid_from <= on).order_by(cards.c.version.desc()).limit(1)
    )
    return (await connection.execute(query)).first()


async def active_organisation(connection: AsyncConnection, organisation: str) -> Any:
    """Return the row of an organisation that is at work, or None."""
    query = select(organisations).where(organisations.c.id == organisation, organisations.c.is_active)
    return (await connection.execute(query)).first()
