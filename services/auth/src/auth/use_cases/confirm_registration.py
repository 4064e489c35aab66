"""Confirm a registration: the codes come back, and the account is made with its contacts as logins."""

import hmac
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_if
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.assurance import Level
from auth.domain.errors import CodeWrong, LoginTaken, RegistrationNotFound
from auth.storage.audit import Entry
from auth.storage.tables import accounts, logins, registrations
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.register_account import hash_code
from shared.ids import new_id

_MOST_ATTEMPTS = 5


async def confirm_registration(
    deps: Dependencies, registration_id: UUID, *, sms_code: str | None, email_code: str | None
) -> UUID:
    """Return the new account's id; confirming again returns the same.

    Raises RegistrationNotFound, CodeWrong, LoginTaken (told only to whoever holds the contact).
    """
    async with deps.unit_of_work() as uow:
        wanted = select(registrations).where(registrations.c.id == registration_id).with_for_update()
        row = (await uow.connection.execute(wanted)).first()
        if row is None or row.expires_at < deps.clock.now() or row.attempts >= _MOST_ATTEMPTS:
            raise RegistrationNotFound
        is_right = _matches(deps, row, sms_code, email_code)
        if not is_right:
            counted = update(registrations).where(registrations.c.id == registration_id)
            await uow.connection.execute(counted.values(attempts=row.attempts + 1))
        elif row.account_id is None:
            account_id = await _make_account(deps, uow.connection, row)
            done = update(registrations).where(registrations.c.id == registration_id)
            await uow.connection.execute(done.values(account_id=account_id))
        else:
            account_id = row.account_id
        await uow.commit()
    if not is_right:
        raise CodeWrong
    deps.waker.wake()
    return UUID(str(account_id))


def _matches(deps: Dependencies, row: Any, sms_code: str | None, email_code: str | None) -> bool:
    for wanted, given in ((row.sms_code_hash, sms_code), (row.email_code_hash, email_code)):
        if wanted is not None and not hmac.compare_digest(wanted, hash_code(deps, row.id, given or "") or b""):
            return False
    return True


async def _make_account(deps: Dependencies, connection: AsyncConnection, row: Any) -> UUID:
    account_id = new_id()
    contacts = {}
    for name in ("phone", "email"):
        sealed = getattr(row, f"{name}_sealed")
        if sealed is not None:
            contacts[name] = deps.cipher.decrypt(sealed, f"contact:{row.id}").decode()
    values = {
        "id": account_id,
        "kind": "citizen",
        "language": row.language,
        "password_hash": row.password_hash,
        "identity_level": Level.LOW,
        "created_at": deps.clock.now(),
    }
    for name, address in contacts.items():
        values[f"{name}_sealed"] = deps.cipher.encrypt(address.encode(), f"contact:{account_id}")
    await connection.execute(insert(accounts).values(values))
    for address in contacts.values():
        entry = insert_if(logins).values(login_hash=deps.cipher.lookup(f"login:{address}"), account_id=account_id)
        if not (await connection.execute(entry.on_conflict_do_nothing())).rowcount:
            raise LoginTaken
    facts = {"account_id": str(account_id), "kind": "citizen", "language": row.language}
    await deps.outbox.add(connection, "registered.v1", str(account_id), facts)
    registered = Entry("account-registered", str(account_id), str(account_id), facts={"kind": "citizen"})
    await deps.audit.record(connection, registered)
    return account_id
