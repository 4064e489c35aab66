"""Mandates: given, ended at another time than planned, or ended now. Ending one ends the sessions that carry it, and no other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, and_, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.errors import (
    MandateNotFound,
    MandateOverlaps,
    MandateTimesWrong,
    OfficerNotFound,
    UnknownOrganisation,
)
from auth.domain.roles import Appointer, Role, check_appointment
from auth.storage.audit import Entry
from auth.storage.tables import accounts, idempotency_keys, mandates, organisations
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.sessions import end_sessions_with, lock_account
from shared.idempotency import IdempotencyKeys, StoredAnswer, fingerprint
from shared.ids import new_id


@dataclass(frozen=True)
class WantedMandate:
    """A role in an organisation, from a moment (None: now) until another (None: without end)."""

    role: Role
    organisation: str
    valid_from: datetime | None
    valid_to: datetime | None


async def grant_mandate(
    deps: Dependencies, appointer: Appointer, account_id: UUID, wanted: WantedMandate, key: str
) -> UUID:
    """Give an officer one more mandate and return its id; a repeated request returns the same.

    Raises OfficerNotFound and what `give` raises.
    """
    request = fingerprint("grant", repr((account_id, wanted)).encode())
    async with deps.unit_of_work() as uow:
        keys = IdempotencyKeys(idempotency_keys, uow.connection)
        if known := await keys.claim(appointer.account_id, key, request):
            return UUID(known.body["mandate_id"])
        query = select(accounts.c.id).where(accounts.c.id == account_id, accounts.c.kind == "officer")
        if (await uow.connection.execute(query)).first() is None:
            raise OfficerNotFound
        mandate_id = await give(deps, uow.connection, appointer, account_id, wanted)
        await keys.keep(appointer.account_id, key, StoredAnswer(201, {"mandate_id": str(mandate_id)}))
        await uow.commit()
    deps.waker.wake()
    return mandate_id


async def give(
    deps: Dependencies, connection: AsyncConnection, appointer: Appointer, account_id: UUID, wanted: WantedMandate
) -> UUID:
    """Write a mandate and tell of it.

    Raises AppointmentNotAllowed, UnknownOrganisation, RoleDoesNotFit, MandateTimesWrong, MandateOverlaps.
    """
    query = select(organisations).where(organisations.c.id == wanted.organisation, organisations.c.is_active)
    organisation = (await connection.execute(query)).first()
    if organisation is None:
        raise UnknownOrganisation(wanted.organisation)
    check_appointment(appointer, wanted.role, wanted.organisation, organisation.kind)
    row: dict[str, Any] = {
        "id": new_id(),
        "account_id": account_id,
        "role": str(wanted.role),
        "organisation": wanted.organisation,
        "valid_from": wanted.valid_from or deps.clock.now(),
        "valid_to": wanted.valid_to,
        "granted_by": appointer.account_id,
    }
    await lock_account(connection, account_id)
    await _check_times(deps, connection, row)
    await connection.execute(insert(mandates).values(row))
    await _tell(deps, connection, "mandate-granted", row, by=appointer)
    return UUID(str(row["id"]))


async def change_mandate_end(
    deps: Dependencies, appointer: Appointer, account_id: UUID, mandate_id: UUID, valid_to: datetime | None
) -> None:
    """Let a mandate that has not ended end at another time, or never.

    Raises MandateNotFound for one that the caller could not give, MandateTimesWrong, MandateOverlaps.
    """
    async with deps.unit_of_work() as uow:
        await lock_account(uow.connection, account_id)
        held = await find_mandate(uow.connection, appointer, account_id, mandate_id)
        now = deps.clock.now()
        if held["revoked_at"] is not None or (held["valid_to"] is not None and held["valid_to"] <= now):
            raise MandateTimesWrong
        row = {**held, "valid_to": valid_to}
        await _check_times(deps, uow.connection, row)
        changed = update(mandates).where(mandates.c.id == mandate_id).values(valid_to=valid_to)
        await uow.connection.execute(changed)
        await _tell(deps, uow.connection, "mandate-changed", row, by=appointer)
        await uow.commit()
    deps.waker.wake()


async def revoke_mandate(deps: Dependencies, appointer: Appointer, account_id: UUID, mandate_id: UUID) -> None:
    """End a mandate now. Raises MandateNotFound for one that the caller could not give."""
    async with deps.unit_of_work() as uow:
        await lock_account(uow.connection, account_id)
        held = await find_mandate(uow.connection, appointer, account_id, mandate_id)
        if held["revoked_at"] is None:
            await revoke(deps, uow.connection, appointer, held)
        await uow.commit()
    deps.waker.wake()


async def find_mandate(
    connection: AsyncConnection, appointer: Appointer, account_id: UUID, mandate_id: UUID
) -> RowMapping:
    """Return one mandate of an account. Raises MandateNotFound for one that the caller could not give."""
    query = select(mandates).where(mandates.c.id == mandate_id, mandates.c.account_id == account_id)
    row = (await connection.execute(query)).mappings().first()
    if row is None or not appointer.may_give(Role(row["role"]), row["organisation"]):
        raise MandateNotFound
    return row


async def unended_mandates(connection: AsyncConnection, account_id: UUID, now: datetime) -> list[RowMapping]:
    """Return the mandates of an account that are in force, or will be."""
    unended = and_(mandates.c.revoked_at.is_(None), or_(mandates.c.valid_to.is_(None), mandates.c.valid_to > now))
    query = select(mandates).where(mandates.c.account_id == account_id, unended).order_by(mandates.c.valid_from)
    return list((await connection.execute(query)).mappings())


async def revoke(deps: Dependencies, connection: AsyncConnection, appointer: Appointer, held: RowMapping) -> None:
    """End a mandate and the sessions that carry it, and tell of it."""
    now = deps.clock.now()
    ended = update(mandates).where(mandates.c.id == held["id"]).values(revoked_at=now)
    await connection.execute(ended)
    await end_sessions_with(connection, held["account_id"], held["id"], now)
    facts = {**_named(held), "revoked_at": now.isoformat()}
    await deps.outbox.add(connection, "mandate-revoked.v1", str(held["account_id"]), facts)
    await deps.audit.record(connection, _entry("mandate-revoked", held, appointer))


async def _check_times(deps: Dependencies, connection: AsyncConnection, wanted: Mapping[Any, Any]) -> None:
    """Refuse an end before the beginning or in the past, and the same role held twice at one time."""
    valid_from, valid_to = wanted["valid_from"], wanted["valid_to"]
    if valid_to is not None and valid_to <= max(valid_from, deps.clock.now()):
        raise MandateTimesWrong
    is_same = and_(
        mandates.c.account_id == wanted["account_id"],
        mandates.c.role == wanted["role"],
        mandates.c.organisation == wanted["organisation"],
        mandates.c.id != wanted["id"],
    )
    meets = and_(
        mandates.c.revoked_at.is_(None),
        or_(mandates.c.valid_to.is_(None), mandates.c.valid_to > valid_from),
        mandates.c.valid_from < valid_to if valid_to is not None else true(),
    )
    if (await connection.execute(select(mandates.c.id).where(is_same, meets))).first() is not None:
        raise MandateOverlaps


async def _tell(
    deps: Dependencies, connection: AsyncConnection, action: str, mandate: Mapping[Any, Any], *, by: Appointer
) -> None:
    """Tell what a mandate is now: of two events of one mandate the last told holds."""
    facts = {
        **_named(mandate),
        "valid_from": mandate["valid_from"].isoformat(),
        "valid_to": mandate["valid_to"] and mandate["valid_to"].isoformat(),
    }
    await deps.outbox.add(connection, "mandate-granted.v1", str(mandate["account_id"]), facts)
    await deps.audit.record(connection, _entry(action, mandate, by))


def _entry(action: str, mandate: Mapping[Any, Any], by: Appointer) -> Entry:
    facts = {"mandate_id": str(mandate["id"]), "role": mandate["role"]}
    return Entry(action, by.account_id, str(mandate["account_id"]), organisation=mandate["organisation"], facts=facts)


def _named(mandate: Mapping[Any, Any]) -> dict[str, str]:
    return {
        "mandate_id": str(mandate["id"]),
        "account_id": str(mandate["account_id"]),
        "role": mandate["role"],
        "organisation": mandate["organisation"],
    }
