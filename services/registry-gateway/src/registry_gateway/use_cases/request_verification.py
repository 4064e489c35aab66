"""Ask a register on an officer's request: about an open case of the officer's agency, a check of its card only."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from registry_gateway.domain.errors import CaseClosed, NotOfTheCard, VerificationNotFound
from registry_gateway.storage.tables import idempotency_keys, verifications
from registry_gateway.use_cases.dependencies import Dependencies
from registry_gateway.use_cases.take_in import keep_question
from shared.idempotency import IdempotencyKeys, StoredAnswer, fingerprint
from shared.ids import new_id


@dataclass(frozen=True)
class Wanted:
    """Which register is to be asked about which application, by whom, for one of which agencies."""

    application_id: UUID
    requirement: str
    officer: str
    agencies: Collection[str]
    key: str


async def request_verification(deps: Dependencies, wanted: Wanted) -> Any:
    """Return the row of the verification. Raises VerificationNotFound, CaseClosed, NotOfTheCard, PeerUnavailable."""
    case = await deps.applications.case(wanted.application_id, wanted.requirement)
    if case is None or case.facts["agency"] not in wanted.agencies:
        if case is None and await _is_of(deps, wanted.application_id, wanted.agencies):
            raise NotOfTheCard(wanted.requirement)
        raise VerificationNotFound
    if not case.subject.is_open:
        raise CaseClosed
    now, facts = deps.clock.now(), case.facts
    question = {
        "id": new_id(),
        "application_id": wanted.application_id,
        "applicant_id": UUID(facts["applicant_id"]),
        "trigger": "officer",
        "requested_by": wanted.officer,
        "requirement": wanted.requirement,
        "requested_at": now,
        **{
            name: facts[name]
            for name in (
                "reference", "public_service", "service_name", "card_version", "centre", "agency", "language",
            )
        },
    }  # fmt: skip
    request = fingerprint("verify", f"{wanted.application_id}:{wanted.requirement}".encode())
    async with deps.database.transaction() as connection:
        keys = IdempotencyKeys(idempotency_keys, connection)
        known = await keys.claim(wanted.officer, wanted.key, request)
        verification_id = UUID(known.body["id"]) if known else UUID(str(question["id"]))
        if known is None:
            await keep_question(connection, question)
            await keys.keep(wanted.officer, wanted.key, StoredAnswer(202, {"id": str(verification_id)}))
        query = select(verifications).where(verifications.c.id == verification_id)
        return (await connection.execute(query)).one()


async def _is_of(deps: Dependencies, application_id: UUID, agencies: Collection[str]) -> bool:
    """Tell whether this case was seen before and is of one of the agencies."""
    query = select(verifications.c.id).where(
        verifications.c.application_id == application_id, verifications.c.agency.in_(agencies)
    )
    async with deps.database.reading() as connection:
        return (await connection.execute(query.limit(1))).first() is not None
