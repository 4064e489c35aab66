"""Sign in: a password, for officers and operators a second factor, and a growing wait after failures."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyotp
from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from auth.domain.contacts import normal_login
from auth.domain.errors import LoginFailed, SecondFactorNeeded, TooManyAttempts
from auth.storage.tables import accounts, failures, logins
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.issue_tokens import Tokens, tokens_for

_FREE_TRIES = 5
_LONGEST_WAIT_SECONDS = 900
_FORGET = timedelta(hours=24)
_STEP_SECONDS = 30


@dataclass(frozen=True)
class SignIn:
    """What somebody signs in with, and from which address."""

    login: str
    password: str
    totp: str | None
    address: str


async def open_session(deps: Dependencies, sign_in: SignIn) -> Tokens:
    """Return the session's tokens.

    An unknown login costs the same time and gets the same answer as a wrong password. The wait is per login and address:
    somebody who fails from elsewhere locks nobody out. Raises TooManyAttempts, LoginFailed, SecondFactorNeeded.
    """
    login = normal_login(sign_in.login)
    place = deps.cipher.lookup(f"failures:{login}:{sign_in.address}")
    await _refuse_while_waiting(deps, place)
    query = select(accounts).join(logins).where(logins.c.login_hash == deps.cipher.lookup(f"login:{login}"))
    async with deps.database.reading() as connection:
        account = (await connection.execute(query)).first()
    if (
        not await deps.passwords.matches(sign_in.password, account.password_hash if account else None)
        or account is None
    ):
        await _count_failure(deps, place)
        raise LoginFailed
    acr = "1"
    if account.totp_sealed is not None:
        if not sign_in.totp:
            raise SecondFactorNeeded
        if not await _take_totp(deps, account, sign_in.totp):
            await _count_failure(deps, place)
            raise LoginFailed
        acr = "2"
    async with deps.database.transaction() as connection:
        await connection.execute(delete(failures).where(failures.c.key_hash == place))
    return await tokens_for(deps, account, acr=acr)


async def _refuse_while_waiting(deps: Dependencies, place: bytes) -> None:
    async with deps.database.reading() as connection:
        row = (await connection.execute(select(failures).where(failures.c.key_hash == place))).first()
    if row is None or row.failed < _FREE_TRIES:
        return
    wait = timedelta(seconds=min(2 ** (row.failed - _FREE_TRIES + 1), _LONGEST_WAIT_SECONDS))
    left = (row.last_at + wait - deps.clock.now()).total_seconds()
    if left > 0:
        raise TooManyAttempts(int(left) + 1)


async def _count_failure(deps: Dependencies, place: bytes) -> None:
    now = deps.clock.now()
    entry = insert(failures).values(key_hash=place, failed=1, last_at=now)
    again = entry.on_conflict_do_update(
        index_elements=["key_hash"], set_={"failed": failures.c.failed + 1, "last_at": now}
    )
    async with deps.database.transaction() as connection:
        await connection.execute(delete(failures).where(failures.c.last_at < now - _FORGET))
        await connection.execute(again)


async def _take_totp(deps: Dependencies, account: Any, code: str) -> bool:
    """Accept a code of this, the last or the next step (RFC 6238 §5.2), each step once."""
    secret = deps.cipher.decrypt(account.totp_sealed, f"totp:{account.id}").decode()
    now = int(deps.clock.now().timestamp())
    totp = pyotp.TOTP(secret)
    steps = [now // _STEP_SECONDS + drift for drift in (-1, 0, 1)]
    step = next((step for step in steps if totp.verify(code, for_time=step * _STEP_SECONDS)), None)
    if step is None:
        return False
    unused = or_(accounts.c.totp_last_step.is_(None), accounts.c.totp_last_step < step)
    taken = update(accounts).where(accounts.c.id == account.id, unused).values(totp_last_step=step)
    async with deps.database.transaction() as connection:
        return bool((await connection.execute(taken)).rowcount)
