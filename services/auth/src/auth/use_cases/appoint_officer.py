"""Appoint an officer: an account with a second factor and a first mandate, or one more mandate, or the end of one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pyotp
from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_if
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.errors import LoginTaken, MandateNotFound, MandateTimesWrong, OfficerNotFound, UnknownOrganisation
from auth.domain.roles import Appointer, Role, check_appointment
from auth.storage.tables import accounts, idempotency_keys, logins, mandates, organisations
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.issue_tokens import revoke_sessions
from shared.idempotency import IdempotencyKeys, StoredAnswer, fingerprint
from shared.ids import new_id

_ISSUER_NAME = "Virtual Office"


@dataclass(frozen=True)
class WantedMandate:
    """A role in an organisation, from a moment (None: now) until another (None: without end)."""

    role: Role
    organisation: str
    valid_from: datetime | None
    valid_to: datetime | None


@dataclass(frozen=True)
class NewOfficer:
    """Who is appointed, and to what."""

    login: str
    full_name: str
    password: str
    language: str
    mandate: WantedMandate


@dataclass(frozen=True)
class Appointed:
    """The officer's account; `totp_uri` goes into the authenticator."""

    account_id: UUID
    mandate_id: UUID
    totp_uri: str


async def appoint_officer(deps: Dependencies, appointer: Appointer, officer: NewOfficer, key: str) -> Appointed:
    """Make the account and its first mandate; a repeated request returns the same officer.

    Raises AppointmentNotAllowed, UnknownOrganisation, RoleDoesNotFit, MandateTimesWrong, LoginTaken.
    """
    login = officer.login.strip().lower()
    password_hash = await deps.passwords.hash(officer.password)
    # keyed: a plain hash of a name would let it be guessed
    request = deps.cipher.lookup(f"appoint:{(login, officer.full_name, officer.language, officer.mandate)!r}")
    async with deps.unit_of_work() as uow:
        keys = IdempotencyKeys(idempotency_keys, uow.connection)
        if known := await keys.claim(appointer.account_id, key, request):
            account_id, mandate_id = UUID(known.body["account_id"]), UUID(known.body["mandate_id"])
        else:
            account_id = new_id()
            secret = pyotp.random_base32()
            row = {
                "id": account_id,
                "kind": "officer",
                "language": officer.language,
                "password_hash": password_hash,
                "full_name_sealed": deps.cipher.encrypt(officer.full_name.encode(), f"name:{account_id}"),
                "totp_sealed": deps.cipher.encrypt(secret.encode(), f"totp:{account_id}"),
                "created_at": deps.clock.now(),
            }
            await uow.connection.execute(insert(accounts).values(row))
            entry = insert_if(logins).values(login_hash=deps.cipher.lookup(f"login:{login}"), account_id=account_id)
            if not (await uow.connection.execute(entry.on_conflict_do_nothing())).rowcount:
                raise LoginTaken
            facts = {"account_id": str(account_id), "kind": "officer", "language": officer.language}
            await deps.outbox.add(uow.connection, "registered.v1", str(account_id), facts)
            mandate_id = await _give(deps, uow.connection, appointer, account_id, officer.mandate)
            body = {"account_id": str(account_id), "mandate_id": str(mandate_id)}
            await keys.keep(appointer.account_id, key, StoredAnswer(201, body))
            await uow.commit()
        sealed = await _totp_sealed(uow.connection, account_id)
    deps.waker.wake()
    secret = deps.cipher.decrypt(sealed, f"totp:{account_id}").decode()
    uri = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=_ISSUER_NAME)
    return Appointed(account_id, mandate_id, uri)


async def grant_mandate(
    deps: Dependencies, appointer: Appointer, account_id: UUID, wanted: WantedMandate, key: str
) -> UUID:
    """Give an officer one more mandate and return its id; a repeated request returns the same.

    Raises OfficerNotFound and what `appoint_officer` raises.
    """
    request = fingerprint("grant", repr((account_id, wanted)).encode())
    async with deps.unit_of_work() as uow:
        keys = IdempotencyKeys(idempotency_keys, uow.connection)
        if known := await keys.claim(appointer.account_id, key, request):
            return UUID(known.body["mandate_id"])
        query = select(accounts.c.id).where(accounts.c.id == account_id, accounts.c.kind == "officer")
        if (await uow.connection.execute(query)).first() is None:
            raise OfficerNotFound
        mandate_id = await _give(deps, uow.connection, appointer, account_id, wanted)
        await keys.keep(appointer.account_id, key, StoredAnswer(201, {"mandate_id": str(mandate_id)}))
        await uow.commit()
    deps.waker.wake()
    return mandate_id


async def revoke_mandate(deps: Dependencies, appointer: Appointer, account_id: UUID, mandate_id: UUID) -> None:
    """End a mandate and its holder's sessions. Raises MandateNotFound for one that the caller could not give."""
    now = deps.clock.now()
    async with deps.unit_of_work() as uow:
        query = select(mandates).where(mandates.c.id == mandate_id, mandates.c.account_id == account_id)
        row = (await uow.connection.execute(query.with_for_update())).first()
        if row is None or not appointer.may_give(Role(row.role), row.organisation):
            raise MandateNotFound
        if row.revoked_at is None:
            ended = update(mandates).where(mandates.c.id == mandate_id).values(revoked_at=now)
            await uow.connection.execute(ended)
            await revoke_sessions(uow.connection, account_id, now)
            facts = {
                "mandate_id": str(mandate_id),
                "account_id": str(account_id),
                "role": row.role,
                "organisation": row.organisation,
                "revoked_at": now.isoformat(),
            }
            await deps.outbox.add(uow.connection, "mandate-revoked.v1", str(account_id), facts)
        await uow.commit()
    deps.waker.wake()


async def _give(
    deps: Dependencies, connection: AsyncConnection, appointer: Appointer, account_id: UUID, wanted: WantedMandate
) -> UUID:
    query = select(organisations).where(organisations.c.id == wanted.organisation, organisations.c.is_active)
    organisation = (await connection.execute(query)).first()
    if organisation is None:
        raise UnknownOrganisation(wanted.organisation)
    check_appointment(appointer, wanted.role, wanted.organisation, organisation.kind)
    valid_from = wanted.valid_from or deps.clock.now()
    if wanted.valid_to is not None and wanted.valid_to <= valid_from:
        raise MandateTimesWrong
    row: dict[str, Any] = {
        "id": new_id(),
        "account_id": account_id,
        "role": str(wanted.role),
        "organisation": wanted.organisation,
        "valid_from": valid_from,
        "valid_to": wanted.valid_to,
        "granted_by": appointer.account_id,
    }
    await connection.execute(insert(mandates).values(row))
    facts = {
        "mandate_id": str(row["id"]),
        "account_id": str(account_id),
        "role": str(wanted.role),
        "organisation": wanted.organisation,
        "valid_from": valid_from.isoformat(),
        "valid_to": wanted.valid_to and wanted.valid_to.isoformat(),
    }
    await deps.outbox.add(connection, "mandate-granted.v1", str(account_id), facts)
    return UUID(str(row["id"]))


async def _totp_sealed(connection: AsyncConnection, account_id: UUID) -> bytes:
    return bytes(
        (await connection.execute(select(accounts.c.totp_sealed).where(accounts.c.id == account_id))).scalar_one()
    )
