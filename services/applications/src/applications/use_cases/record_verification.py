"""Take in what the register gateway tells of a verification: the case shows it and its timeline says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from applications.storage.tables import applications, timeline, verifications


@dataclass(frozen=True)
class VerificationNews:
    """What became of a verification: completed with a result a field, or delayed."""

    verification_id: UUID
    application_id: UUID
    requirement: str
    state: str
    at: datetime
    outcome: str | None = None
    fields: Sequence[Mapping[str, Any]] | None = None


async def record_verification(connection: AsyncConnection, news: VerificationNews) -> None:
    """Write the state of the verification and an entry of the timeline, in the transaction of `connection`.

    News of a verification that is completed already, or of an application not known here, changes nothing.
    """
    row = update(verifications).where(
        verifications.c.id == news.verification_id,
        verifications.c.application_id == news.application_id,
        verifications.c.state != "completed",
    )
    fields = None if news.fields is None else [dict(field) for field in news.fields]
    completed_at = news.at if news.state == "completed" else None
    values = {"state": news.state, "outcome": news.outcome, "fields": fields, "completed_at": completed_at}
    if not (await connection.execute(row.values(**values))).rowcount:
        return
    # the row's lock orders this entry among those of officers; `version` stays, so that nobody's If-Match breaks
    numbered = update(applications).where(applications.c.id == news.application_id)
    numbered = numbered.values(sequence=applications.c.sequence + 1).returning(applications.c.sequence)
    sequence = (await connection.execute(numbered)).scalar_one()
    entry = {
        "application_id": news.application_id,
        "sequence": sequence,
        "at": news.at,
        "event": f"verification-{news.state}",
        "actor_id": "registry-gateway",
        "actor_role": "system",
        "facts": {"requirement": news.requirement, "outcome": news.outcome, "fields": fields},
    }
    await connection.execute(insert(timeline).values(entry))
