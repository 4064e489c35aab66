"""Dismiss an officer, or give one who lost everything a new activation code. Both end sessions."""

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.errors import OfficerNotFound, OfficerOfOthers
from auth.domain.roles import Appointer, Role
from auth.storage.audit import Entry
from auth.storage.tables import accounts, idempotency_keys, known_places, mandates, passkeys, upstream_identities
from auth.use_cases.activations import ActivationCode, drop_activation, read_activation, write_activation
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.mandates import revoke, unended_mandates
from auth.use_cases.recovery_codes import forget_codes
from auth.use_cases.sessions import end_sessions_of, lock_account
from shared.idempotency import IdempotencyKeys, StoredAnswer, fingerprint


async def dismiss_officer(deps: Dependencies, appointer: Appointer, account_id: UUID) -> None:
    """End every mandate that the caller could give, and the sessions that carry one; all sessions if no other mandate is left.

    Raises OfficerNotFound for who has had none of these mandates.
    """
    now = deps.clock.now()
    async with deps.unit_of_work() as uow:
        account = await lock_account(uow.connection, account_id)
        if account is None or not await _was_ever_theirs(uow.connection, appointer, account_id):
            raise OfficerNotFound
        held = await unended_mandates(uow.connection, account_id, now)
        ending = [mandate for mandate in held if appointer.may_give(Role(mandate["role"]), mandate["organisation"])]
        for mandate in ending:
            await revoke(deps, uow.connection, appointer, mandate)
        if ending and len(ending) == len(held):
            await end_sessions_of(uow.connection, account_id, now)
            await drop_activation(uow.connection, account_id)
        if ending:
            facts = {"ended": [str(mandate["id"]) for mandate in ending]}
            entry = Entry("officer-dismissed", appointer.account_id, str(account_id), facts=facts)
            await deps.audit.record(uow.connection, entry)
        await uow.commit()
    deps.waker.wake()


async def renew_activation(
    deps: Dependencies, appointer: Appointer, account_id: UUID, key: str
) -> ActivationCode | None:
    """Take password, second factor, every other way in and all sessions from an officer, and return a code to set them anew.

    Who gives it has seen who the officer is. Only who could give all mandates of the officer may: whoever has the code acts
    with every one of them. A repeated request returns the same code. Raises OfficerNotFound, OfficerOfOthers.
    """
    request = fingerprint("activation", str(account_id).encode())
    async with deps.unit_of_work() as uow:
        keys = IdempotencyKeys(idempotency_keys, uow.connection)
        if await keys.claim(appointer.account_id, key, request) is None:
            account = await lock_account(uow.connection, account_id)
            held = await unended_mandates(uow.connection, account_id, deps.clock.now())
            _check_renewal(appointer, account, held)
            await _take_everything(deps, uow.connection, account_id)
            await write_activation(deps, uow.connection, account_id)
            await deps.audit.record(uow.connection, Entry("activation-renewed", appointer.account_id, str(account_id)))
            await keys.keep(appointer.account_id, key, StoredAnswer(201, {}))
            await uow.commit()
        activation = await read_activation(deps, uow.connection, account_id)
    deps.waker.wake()
    return activation


def _check_renewal(appointer: Appointer, account: Any, held: list[RowMapping]) -> None:
    theirs = [mandate for mandate in held if appointer.may_give(Role(mandate["role"]), mandate["organisation"])]
    if account is None or account.kind != "officer" or not held:
        raise OfficerNotFound
    if len(theirs) == len(held) or (appointer.is_operator and len({mandate["organisation"] for mandate in held}) > 1):
        return
    if theirs:
        raise OfficerOfOthers
    raise OfficerNotFound


async def _take_everything(deps: Dependencies, connection: AsyncConnection, account_id: UUID) -> None:
    nothing = dict.fromkeys(("password_hash", "totp_sealed", "totp_pending_sealed", "totp_last_step"))
    await connection.execute(update(accounts).where(accounts.c.id == account_id).values(nothing))
    await forget_codes(connection, account_id)
    for table in (passkeys, upstream_identities, known_places):
        await connection.execute(delete(table).where(table.c.account_id == account_id))
    await end_sessions_of(connection, account_id, deps.clock.now())


async def _was_ever_theirs(connection: AsyncConnection, appointer: Appointer, account_id: UUID) -> bool:
    query = select(mandates.c.role, mandates.c.organisation).where(mandates.c.account_id == account_id)
    rows = (await connection.execute(query)).all()
    return any(appointer.may_give(Role(row.role), row.organisation) for row in rows)
