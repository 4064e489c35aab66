"""Enrol an authenticator (RFC 6238), replace it by another, or take it away: citizens may, officers and operators must have one.

It is enrolled when a code of it comes back; until then the one before stays good.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pyotp
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.errors import SecondFactorMissing, SecondFactorRequired, SecondFactorWrong
from auth.storage.audit import Entry
from auth.storage.tables import accounts
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.fresh_session import fresh_session
from auth.use_cases.prove_identity import find_step
from auth.use_cases.queries import find_account, name_of
from auth.use_cases.recovery_codes import codes_left, forget_codes, keep_codes, new_codes

_ISSUER_NAME = "Virtual Office"


@dataclass(frozen=True)
class SecondFactor:
    """Whether an account has an authenticator, and how many recovery codes are left."""

    is_enrolled: bool
    recovery_codes_left: int


async def read_second_factor(deps: Dependencies, account_id: UUID) -> SecondFactor:
    """Tell about the second factor of an account."""
    async with deps.database.reading() as connection:
        account = await find_account(connection, account_id)
        is_enrolled = account is not None and account.totp_sealed is not None
        return SecondFactor(is_enrolled, await codes_left(connection, account_id))


async def begin_second_factor(deps: Dependencies, account_id: UUID, session_id: UUID) -> str:
    """Return the address of a new secret, for the authenticator. Raises SessionEnded, FreshSignInNeeded."""
    async with deps.database.transaction() as connection:
        _, account = await fresh_session(deps, connection, account_id, session_id)
        secret = await set_pending(deps, connection, account_id)
    return totp_uri(secret, name_of(deps, account))


async def confirm_second_factor(deps: Dependencies, account_id: UUID, session_id: UUID, code: str) -> list[str]:
    """Enrol the authenticator that shows this code, and return new recovery codes.

    Raises SessionEnded, FreshSignInNeeded, SecondFactorWrong.
    """
    async with deps.database.transaction() as connection:
        _, account = await fresh_session(deps, connection, account_id, session_id)
        codes = new_codes()
        await enrol(deps, connection, account, code, codes)
    deps.waker.wake()
    return codes


async def remove_second_factor(deps: Dependencies, account_id: UUID, session_id: UUID) -> None:
    """Take the authenticator and the recovery codes away.

    Raises SessionEnded, FreshSignInNeeded, SecondFactorRequired, SecondFactorMissing.
    """
    async with deps.database.transaction() as connection:
        session, account = await fresh_session(deps, connection, account_id, session_id)
        if session.account_kind != "citizen":
            raise SecondFactorRequired
        if account.totp_sealed is None:
            raise SecondFactorMissing
        gone = {"totp_sealed": None, "totp_pending_sealed": None, "totp_last_step": None}
        await connection.execute(update(accounts).where(accounts.c.id == account_id).values(gone))
        await forget_codes(connection, account_id)
        entry = Entry("second-factor-removed", str(account_id), str(account_id))
        await deps.audit.record(connection, entry)
    deps.waker.wake()


async def set_pending(deps: Dependencies, connection: AsyncConnection, account_id: UUID) -> str:
    """Keep a new secret that waits for its first code, and return it."""
    secret = pyotp.random_base32()
    sealed = deps.cipher.encrypt(secret.encode(), f"totp:{account_id}")
    await connection.execute(update(accounts).where(accounts.c.id == account_id).values(totp_pending_sealed=sealed))
    return secret


def pending_secret(deps: Dependencies, account: Any) -> str | None:
    """Return the secret that waits for its first code, if there is one."""
    sealed = account.totp_pending_sealed
    return None if sealed is None else deps.cipher.decrypt(sealed, f"totp:{account.id}").decode()


async def enrol(deps: Dependencies, connection: AsyncConnection, account: Any, code: str, codes: list[str]) -> None:
    """Make the waiting secret the account's, and these its recovery codes. Raises SecondFactorWrong."""
    secret = pending_secret(deps, account)
    step = None if secret is None else find_step(deps, secret, code)
    if step is None:
        raise SecondFactorWrong
    values = {
        "totp_sealed": account.totp_pending_sealed,
        "totp_pending_sealed": None,
        "totp_last_step": step,
    }
    await connection.execute(update(accounts).where(accounts.c.id == account.id).values(values))
    await keep_codes(deps, connection, account.id, codes)
    entry = Entry("second-factor-enrolled", str(account.id), str(account.id))
    await deps.audit.record(connection, entry)


def totp_uri(secret: str, name: str) -> str:
    """Return the address that an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=_ISSUER_NAME)
