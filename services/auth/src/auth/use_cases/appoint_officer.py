"""Appoint an officer: an account with a first mandate, and the code with which its holder activates it.

Whoever appoints learns neither password nor second factor: the officer sets both (`activate_officer.py`).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as insert_if
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.assurance import Level
from auth.domain.errors import LoginTaken
from auth.domain.roles import Appointer
from auth.storage.audit import Entry
from auth.storage.tables import accounts, idempotency_keys, logins
from auth.use_cases.activations import ActivationCode, read_activation, write_activation
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.mandates import WantedMandate, give
from shared.idempotency import IdempotencyKeys, StoredAnswer
from shared.ids import new_id


@dataclass(frozen=True)
class NewOfficer:
    """Who is appointed, and to what."""

    login: str
    full_name: str
    language: str
    mandate: WantedMandate


@dataclass(frozen=True)
class Appointed:
    """The officer's account; the activation is None when a repeated request comes after it ended."""

    account_id: UUID
    mandate_id: UUID
    activation: ActivationCode | None


async def appoint_officer(deps: Dependencies, appointer: Appointer, officer: NewOfficer, key: str) -> Appointed:
    """Make the account and its first mandate; a repeated request returns the same officer, with the same code.

    Raises AppointmentNotAllowed, UnknownOrganisation, RoleDoesNotFit, MandateTimesWrong, LoginTaken.
    """
    login = officer.login.strip().lower()
    # keyed: a plain hash of a name would let it be guessed
    request = deps.cipher.lookup(f"appoint:{(login, officer.full_name, officer.language, officer.mandate)!r}")
    async with deps.unit_of_work() as uow:
        keys = IdempotencyKeys(idempotency_keys, uow.connection)
        if known := await keys.claim(appointer.account_id, key, request):
            account_id, mandate_id = UUID(known.body["account_id"]), UUID(known.body["mandate_id"])
        else:
            account_id = await _make_account(deps, uow.connection, officer, login)
            entry = Entry(
                "officer-appointed", appointer.account_id, str(account_id), organisation=officer.mandate.organisation
            )
            await deps.audit.record(uow.connection, entry)
            mandate_id = await give(deps, uow.connection, appointer, account_id, officer.mandate)
            await write_activation(deps, uow.connection, account_id)
            body = {"account_id": str(account_id), "mandate_id": str(mandate_id)}
            await keys.keep(appointer.account_id, key, StoredAnswer(201, body))
            await uow.commit()
        activation = await read_activation(deps, uow.connection, account_id)
    deps.waker.wake()
    return Appointed(account_id, mandate_id, activation)


async def _make_account(deps: Dependencies, connection: AsyncConnection, officer: NewOfficer, login: str) -> UUID:
    account_id = new_id()
    row: dict[str, str | UUID | bytes | datetime] = {
        "id": account_id,
        "kind": "officer",
        "language": officer.language,
        "identity_level": Level.SUBSTANTIAL,
        "full_name_sealed": deps.cipher.encrypt(officer.full_name.encode(), f"name:{account_id}"),
        "created_at": deps.clock.now(),
    }
    await connection.execute(insert(accounts).values(row))
    entry = insert_if(logins).values(login_hash=deps.cipher.lookup(f"login:{login}"), account_id=account_id)
    if not (await connection.execute(entry.on_conflict_do_nothing())).rowcount:
        raise LoginTaken
    facts = {"account_id": str(account_id), "kind": "officer", "language": officer.language}
    await deps.outbox.add(connection, "registered.v1", str(account_id), facts)
    return account_id
