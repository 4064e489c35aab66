"""Prove who one is: a password, then a second factor where the account has one. Each try is counted before it is judged.

An unknown login costs the same time and gets the same answer as a wrong password.
"""

import re
from dataclasses import replace
from typing import Any, NoReturn

import pyotp
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.contacts import normal_login
from auth.domain.errors import LoginFailed, SecondFactorNeeded, TooManyAttempts
from auth.storage.audit import Entry
from auth.storage.tables import accounts, logins
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.lock_out import Try, begin_try, took
from auth.use_cases.places import Place
from auth.use_cases.recovery_codes import take_recovery_code
from auth.use_cases.sessions import Proved

_STEP_SECONDS = 30


async def prove_password(deps: Dependencies, login: str, password: str, place: Place) -> tuple[Proved, bool]:
    """Return who has this login and password, and whether a second factor is still due.

    Raises TooManyAttempts, LoginFailed.
    """
    login_hash = deps.cipher.lookup(f"login:{normal_login(login)}")
    async with deps.database.reading() as connection:
        account = await find_by_login(connection, login_hash)
    counted = await _begin(deps, f"password:{login_hash.hex()}", account, place)
    is_right = await deps.passwords.matches(password, account.password_hash if account else None)
    if account is None or not is_right or not _is_activated(account):
        await _failed(deps, account, counted, "password")
    await took(deps, counted)
    return Proved(account.id, ("pwd",)), account.totp_sealed is not None


async def prove_second_factor(deps: Dependencies, proved: Proved, code: str, place: Place) -> Proved:
    """Return the proof with the second factor added: six digits of the authenticator, or one of the recovery codes.

    Raises TooManyAttempts, LoginFailed, SecondFactorNeeded.
    """
    if not code:
        raise SecondFactorNeeded
    async with deps.database.reading() as connection:
        account = (await connection.execute(select(accounts).where(accounts.c.id == proved.account_id))).first()
    counted = await _begin(deps, f"second-factor:{proved.account_id}", account, place)
    method = await _take(deps, account, code.strip())
    if method is None:
        await _failed(deps, account, counted, "second-factor")
    await took(deps, counted)
    return replace(proved, methods=(*proved.methods, method))


async def find_by_login(connection: AsyncConnection, login_hash: bytes) -> Any:
    """Return the account with this login, or None."""
    query = select(accounts).join(logins).where(logins.c.login_hash == login_hash)
    return (await connection.execute(query)).first()


def find_step(deps: Dependencies, secret: str, code: str) -> int | None:
    """Return the step of which this is the code, if it is this one, the last or the next (RFC 6238 §5.2)."""
    now, totp = int(deps.clock.now().timestamp()), pyotp.TOTP(secret)
    steps = [now // _STEP_SECONDS + drift for drift in (-1, 0, 1)]
    return next((step for step in steps if totp.verify(code, for_time=step * _STEP_SECONDS)), None)


def _is_activated(account: Any) -> bool:
    """Tell whether somebody can sign in: officers and operators with a second factor alone."""
    return account.kind == "citizen" or account.totp_sealed is not None


async def _begin(deps: Dependencies, what: str, account: Any, place: Place) -> Try:
    try:
        return await begin_try(deps, what, account.id if account is not None else None, place)
    except TooManyAttempts:
        deps.refused_sign_ins.labels("waiting").inc()
        raise


async def _failed(deps: Dependencies, account: Any, counted: Try, what: str) -> NoReturn:
    deps.refused_sign_ins.labels(what).inc()
    facts = {"by": what, "wait_seconds": int(counted.wait.total_seconds())}
    async with deps.database.transaction() as connection:
        subject = str(account.id) if account is not None else "unknown"
        await deps.audit.record(connection, Entry("sign-in-failed", None, subject, "refused", facts=facts))
    deps.waker.wake()
    raise LoginFailed


async def _take(deps: Dependencies, account: Any, code: str) -> str | None:
    """Use the code up; return the method that it is (RFC 8176), or None if it is wrong."""
    if account is None or account.totp_sealed is None:
        return None
    if not re.fullmatch(r"[0-9]{6}", code):
        return "recovery" if await take_recovery_code(deps, account.id, code) else None
    step = find_step(deps, deps.cipher.decrypt(account.totp_sealed, f"totp:{account.id}").decode(), code)
    return "otp" if step is not None and await _take_step(deps, account, step) else None


async def _take_step(deps: Dependencies, account: Any, step: int) -> bool:
    """Accept each step once."""
    unused = or_(accounts.c.totp_last_step.is_(None), accounts.c.totp_last_step < step)
    taken = update(accounts).where(accounts.c.id == account.id, unused).values(totp_last_step=step)
    async with deps.database.transaction() as connection:
        return bool((await connection.execute(taken)).rowcount)
