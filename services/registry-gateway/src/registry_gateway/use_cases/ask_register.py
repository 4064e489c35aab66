"""Ask what is due: lease a verification, learn its subject, ask the register, write what came out.

No transaction is open while somebody is asked. The lease makes one worker ask at a time; a worker that dies leaves a lease
that runs out, and the question is asked again. Only who still holds the lease writes, so one result is told.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_gateway.clients.registers import RegisterUnavailable
from registry_gateway.domain.comparison import FieldResult, compare, overall
from registry_gateway.domain.errors import NotOfTheCard, VerificationRefused
from registry_gateway.domain.lawfulness import Check, Question, check_from, lawful_question
from registry_gateway.storage.tables import cards, register_queries, verifications
from registry_gateway.use_cases.dependencies import Dependencies
from shared.http import PeerUnavailable
from shared.ids import new_id
from shared.logging import get_logger

_SHARE_OF_LEASE = 0.8
_log = get_logger("verifications")


async def lease_due(deps: Dependencies, limit: int) -> Sequence[Any]:
    """Take up to `limit` verifications that are due, so that nobody else takes them while the lease lasts."""
    table, now = verifications, deps.clock.now()
    is_free = or_(table.c.leased_until.is_(None), table.c.leased_until < now)
    # a CTE, chosen once: PostgreSQL may run a subquery with LIMIT and SKIP LOCKED again for each row, and lease too many
    due = (
        select(table.c.id)
        .where(table.c.state == "pending", table.c.next_attempt_at <= now, is_free)
        .order_by(table.c.next_attempt_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    leased = update(table).where(table.c.id == due.c.id)
    until = now + timedelta(seconds=deps.settings.lease_seconds)
    async with deps.database.transaction() as connection:
        return list(await connection.execute(leased.values(leased_until=until).returning(table)))


async def ask_register(deps: Dependencies, row: Any) -> None:
    """Ask one leased verification to its end: completed, cancelled, or to be asked again later."""
    try:
        # whoever drips its answer byte by byte is given up before somebody else takes the lease
        async with asyncio.timeout(deps.settings.lease_seconds * _SHARE_OF_LEASE):
            case = await deps.applications.case(row.application_id, row.requirement)
            if case is None:
                raise NotOfTheCard(row.requirement)
            check = await _check(deps, row)
            question = lawful_question(row.requirement, check, case.subject)
            query_id = await _note(deps, row, question)
            found = await deps.registers.ask(question, request_id=query_id, case=row.reference)
    except VerificationRefused as error:
        _log.info("verification cancelled", verification=str(row.id), reason=type(error).__name__)
        await _cancel(deps, row)
    except (PeerUnavailable, RegisterUnavailable, TimeoutError) as error:
        reason = str(error) or "too slow"
        _log.warning("register cannot be asked now", register=row.requirement, reason=reason)
        await _postpone(deps, row)
    else:
        results = compare(check.assertions if check else (), case.subject.stated, found)
        await _complete(deps, row, query_id, results)


async def _check(deps: Dependencies, row: Any) -> Check | None:
    """Return the check of the version under which the case was submitted, or None when that one has no such check."""
    query = select(cards.c.register_checks).where(
        cards.c.slug == row.public_service, cards.c.version == row.card_version
    )
    async with deps.database.reading() as connection:
        checks: Sequence[Mapping[str, Any]] | None = (await connection.execute(query)).scalar()
    if checks is None:
        # the card may still be on its way: events of two topics keep no common order
        raise PeerUnavailable("catalog")
    return next((check_from(check) for check in checks if check["register"] == row.requirement), None)


async def _note(deps: Dependencies, row: Any, question: Question) -> UUID:
    """Write who asks what and why, before it is asked: no question leaves without its trace."""
    query_id = new_id()
    entry = {
        "id": query_id,
        "verification_id": row.id,
        "application_id": row.application_id,
        "subject_id": row.applicant_id,
        "register": question.register,
        "asked_by": row.requested_by,
        "organisation": row.agency if row.trigger == "officer" else row.centre,
        "purpose": question.purpose,
        "legal_basis": question.legal_basis,
        "fields": list(question.fields),
        "asked_at": deps.clock.now(),
    }
    async with deps.database.transaction() as connection:
        await connection.execute(insert(register_queries).values(entry))
    return query_id


async def _close(connection: AsyncConnection, row: Any, values: Mapping[str, Any]) -> bool:
    """Write the end of a verification, if the lease is still this worker's."""
    table = verifications
    mine = update(table).where(
        table.c.id == row.id, table.c.state == "pending", table.c.leased_until == row.leased_until
    )
    return bool((await connection.execute(mine.values(leased_until=None, **values))).rowcount)


async def _complete(deps: Dependencies, row: Any, query_id: UUID, results: Sequence[FieldResult]) -> None:
    now, outcome = deps.clock.now(), overall(results)
    fields = [{"field": result.field, "result": result.result} for result in results]
    async with deps.database.transaction() as connection:
        answered = update(register_queries).where(register_queries.c.id == query_id)
        await connection.execute(answered.values(outcome=outcome))
        values = {"state": "completed", "outcome": outcome, "fields": fields, "completed_at": now}
        if await _close(connection, row, values):
            facts = _ids(row) | {"outcome": outcome, "fields": fields, "checked_at": now.isoformat()}
            await deps.outbox.add(connection, "completed.v1", str(row.application_id), facts)
    deps.waker.wake()


async def _cancel(deps: Dependencies, row: Any) -> None:
    async with deps.database.transaction() as connection:
        await _close(connection, row, {"state": "cancelled", "completed_at": deps.clock.now()})


async def _postpone(deps: Dependencies, row: Any) -> None:
    """Ask again later; the first time, tell that the check is delayed."""
    attempts = row.attempts + 1
    settings, now = deps.settings, deps.clock.now()
    longest = min(settings.first_pause_seconds * 2 ** min(attempts - 1, 20), settings.longest_pause_seconds)
    next_attempt_at: datetime = now + timedelta(seconds=longest * random.uniform(0.7, 1.3))  # noqa: S311  jitter
    async with deps.database.transaction() as connection:
        is_mine = await _close(connection, row, {"attempts": attempts, "next_attempt_at": next_attempt_at})
        if is_mine and attempts == 1:
            facts = _ids(row) | {
                "attempts": attempts,
                "next_attempt_at": next_attempt_at.isoformat(),
                "applicant_id": str(row.applicant_id),
                "language": row.language,
                "reference": row.reference,
                "service_name": row.service_name,
                "centre": row.centre,
                "agency": row.agency,
            }
            await deps.outbox.add(connection, "delayed.v1", str(row.application_id), facts)
    deps.waker.wake()


def _ids(row: Any) -> dict[str, Any]:
    return {
        "verification_id": str(row.id),
        "application_id": str(row.application_id),
        "requirement": row.requirement,
        "register": row.requirement,
    }
