"""Take in what other services tell: cards' checks, questions to ask, cases that ended."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_gateway.storage.tables import cards, verifications


async def keep_card(connection: AsyncConnection, card: Mapping[str, Any]) -> None:
    """Keep the checks of a published version, also when it has none.

    Published versions never change: of two events for one version the first told holds, in whatever order they come.
    """
    entry = insert(cards).values(dict(card))
    is_first = or_(cards.c.told_at.is_(None), cards.c.told_at >= entry.excluded.told_at)
    changed = {name: entry.excluded[name] for name in ("register_checks", "told_at")}
    keys = ["slug", "version"]
    await connection.execute(entry.on_conflict_do_update(index_elements=keys, set_=changed, where=is_first))


async def keep_question(connection: AsyncConnection, question: Mapping[str, Any]) -> None:
    """Keep a verification to be asked; one that is known stays as it is."""
    row = {"state": "pending", "next_attempt_at": question["requested_at"], **question}
    await connection.execute(insert(verifications).values(row).on_conflict_do_nothing())


async def cancel_questions(connection: AsyncConnection, application_id: UUID) -> None:
    """Drop what is not asked yet of a case that ended."""
    pending = update(verifications).where(
        verifications.c.application_id == application_id, verifications.c.state == "pending"
    )
    await connection.execute(pending.values(state="cancelled", leased_until=None))
