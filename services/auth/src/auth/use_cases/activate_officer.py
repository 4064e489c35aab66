"""Activate an officer's account: the officer sets a password, enrols an authenticator, and gets recovery codes.

Either step can be repeated: the first keeps the same secret for the same password, the second shows the same codes for ten
minutes. Until the second is done nobody can sign in. An unknown login is answered, and costs, as a wrong code does.
"""

from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.contacts import normal_login
from auth.domain.errors import ActivationRefused, SecondFactorWrong
from auth.domain.passwords import check_password
from auth.storage.audit import Entry
from auth.storage.tables import accounts
from auth.use_cases.activations import (
    close_activation,
    count_activation,
    first_recovery_codes,
    is_right,
    uncount_activation,
)
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.prove_identity import find_by_login, find_step
from auth.use_cases.second_factor import enrol, pending_secret, set_pending, totp_uri
from auth.use_cases.sessions import lock_account


async def begin_activation(deps: Dependencies, login: str, code: str, password: str) -> str:
    """Keep the password, and return the address of the secret for the authenticator.

    Raises PasswordTooGuessable, ActivationRefused.
    """
    check_password(password, [login])
    password_hash = await deps.passwords.hash(password)
    account, _ = await _prove(deps, login, code)
    if account is None or account.totp_sealed is not None:
        raise ActivationRefused
    # whoever else has the code and was here before must not know the secret: it stays for the same password alone
    is_repeated = account.password_hash is not None and await deps.passwords.matches(password, account.password_hash)
    async with deps.database.transaction() as connection:
        account = await lock_account(connection, account.id)
        secret = pending_secret(deps, account) if is_repeated else None
        if secret is None:
            kept = update(accounts).where(accounts.c.id == account.id).values(password_hash=password_hash)
            await connection.execute(kept)
            secret = await set_pending(deps, connection, account.id)
            await deps.audit.record(connection, Entry("activation-begun", str(account.id), str(account.id)))
    deps.waker.wake()
    return totp_uri(secret, normal_login(login))


async def confirm_activation(deps: Dependencies, login: str, code: str, totp: str) -> list[str]:
    """Make the account active, and return its recovery codes. Raises ActivationRefused, SecondFactorWrong."""
    account, activation = await _prove(deps, login, code)
    if account is None:
        raise ActivationRefused
    codes = first_recovery_codes(deps, activation)
    async with deps.database.transaction() as connection:
        account = await lock_account(connection, account.id)
        if account.totp_sealed is not None:
            _check_repeated(deps, account, totp)
        else:
            await enrol(deps, connection, account, totp, codes)
            await close_activation(connection, activation, deps.clock.now())
            await deps.audit.record(connection, Entry("officer-activated", str(account.id), str(account.id)))
    deps.waker.wake()
    return codes


async def _prove(deps: Dependencies, login: str, code: str) -> tuple[Any, Any]:
    """Return the account and its activation if the code is right, else nothing; the try is counted before it is judged."""
    login_hash = deps.cipher.lookup(f"login:{normal_login(login)}")
    async with deps.database.transaction() as connection:
        account = await find_by_login(connection, login_hash)
        activation = await count_activation(connection, account.id if account else None, deps.clock.now())
        if activation is not None and is_right(deps, activation, code):
            await uncount_activation(connection, activation)
            return account, activation
        await _record_failure(deps, connection, account)
    deps.waker.wake()
    return None, None


async def _record_failure(deps: Dependencies, connection: AsyncConnection, account: Any) -> None:
    subject = "unknown" if account is None else str(account.id)
    await deps.audit.record(connection, Entry("activation-failed", None, subject, "refused"))


def _check_repeated(deps: Dependencies, account: Any, totp: str) -> None:
    secret = deps.cipher.decrypt(account.totp_sealed, f"totp:{account.id}").decode()
    if find_step(deps, secret, totp) is None:
        raise SecondFactorWrong
