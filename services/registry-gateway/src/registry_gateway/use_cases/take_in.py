"""Take in what other services tell: cards' checks, questions to ask, cases that ended."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_gateway.storage.tables import card_checks, verifications


async def keep_checks(connection: AsyncConnection, card: Mapping[str, Any]) -> None:
    """Keep the checks of a published version; published versions never change."""
    rows = [
        {
            "public_service": card["slug"],
            "card_version": card["version"],
            "register": check["register"],
            "data": check,
        }
        for check in card["register_checks"]
    ]
    if rows:
        await connection.execute(insert(card_checks).values(rows).on_conflict_do_nothing())


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
