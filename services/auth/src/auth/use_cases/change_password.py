"""Change one's password, or set the first: with the old one, or within ten minutes of signing in. Ends the other sessions."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.errors import FreshSignInNeeded, OldPasswordWrong
from auth.domain.passwords import check_password
from auth.storage.audit import Entry
from auth.storage.tables import accounts, logins
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.fresh_session import is_fresh, live_session
from auth.use_cases.lock_out import begin_try, took
from auth.use_cases.own_sessions import end_other_sessions
from auth.use_cases.places import Place


@dataclass(frozen=True)
class PasswordChange:
    """The account and session of who asks, from where, and the passwords."""

    account_id: UUID
    session_id: UUID
    place: Place
    password: str = field(repr=False)
    old_password: str | None = field(repr=False)


async def change_password(deps: Dependencies, change: PasswordChange) -> None:
    """Keep the new password.

    Raises PasswordTooGuessable, SessionEnded, FreshSignInNeeded, TooManyAttempts, OldPasswordWrong.
    """
    async with deps.database.transaction() as connection:
        session, account = await live_session(deps, connection, change.account_id, change.session_id)
        is_login = await _is_login(deps, connection, account, change.password)
    check_password(change.password, [change.password] if is_login else [])
    if change.old_password is not None:
        await _check_old(deps, account, change)
    elif not is_fresh(deps, session, account):
        raise FreshSignInNeeded
    password_hash = await deps.passwords.hash(change.password)
    async with deps.database.transaction() as connection:
        await live_session(deps, connection, change.account_id, change.session_id)
        kept = update(accounts).where(accounts.c.id == change.account_id).values(password_hash=password_hash)
        await connection.execute(kept)
        owner = str(change.account_id)
        await deps.audit.record(connection, Entry("password-changed", owner, owner))
        await end_other_sessions(deps, connection, change.account_id, change.session_id)
    deps.waker.wake()


async def _check_old(deps: Dependencies, account: Any, change: PasswordChange) -> None:
    counted = await begin_try(deps, f"old-password:{account.id}", account.id, change.place)
    if not await deps.passwords.matches(change.old_password or "", account.password_hash):
        raise OldPasswordWrong
    await took(deps, counted)


async def _is_login(deps: Dependencies, connection: AsyncConnection, account: Any, password: str) -> bool:
    """Tell whether the password is a login of the account: only their keyed hashes are kept."""
    login_hash = deps.cipher.lookup(f"login:{password.strip().lower()}")
    query = select(logins.c.login_hash).where(logins.c.account_id == account.id, logins.c.login_hash == login_hash)
    return (await connection.execute(query)).first() is not None
