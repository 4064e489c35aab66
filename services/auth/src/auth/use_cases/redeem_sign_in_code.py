"""Sign in with a code that was sent: good for ten minutes, five tries and one use."""

import hmac
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.contacts import CHANNELS
from auth.domain.errors import LoginFailed, SecondFactorNeeded
from auth.storage.audit import Entry
from auth.storage.tables import accounts, sign_in_codes
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.request_sign_in_code import hash_sign_in_code
from auth.use_cases.sessions import Proved

_MOST_ATTEMPTS = 5


async def redeem_sign_in_code(
    deps: Dependencies, code_id: UUID, code: str, *, has_second: bool = True
) -> tuple[Proved, bool]:
    """Return who got this code, and whether a second factor is still due. Raises LoginFailed, SecondFactorNeeded.

    Without a second factor (`has_second`) the code of an account that has one stays good.
    """
    async with deps.database.transaction() as connection:
        query = select(sign_in_codes).where(sign_in_codes.c.id == code_id).with_for_update()
        row = (await connection.execute(query)).first()
        channel = _channel(deps, row, code)
        account = await _account(connection, row.account_id) if row is not None and channel else None
        if account is not None and account.totp_sealed is not None and not has_second:
            raise SecondFactorNeeded
        if row is not None:
            values = {"used_at": deps.clock.now()} if account else {"attempts": min(row.attempts + 1, _MOST_ATTEMPTS)}
            await connection.execute(update(sign_in_codes).where(sign_in_codes.c.id == code_id).values(values))
        if account is None:
            subject = str(row.account_id) if row is not None and row.account_id else "unknown"
            await deps.audit.record(connection, Entry("sign-in-failed", None, subject, "refused", facts={"by": "code"}))
    if account is None or channel is None:
        deps.refused_sign_ins.labels("code").inc()
        deps.waker.wake()
        raise LoginFailed
    return Proved(account.id, (channel,)), account.totp_sealed is not None


def _channel(deps: Dependencies, row: Any, code: str) -> str | None:
    """Return the channel by which this code went, if it is the right one and may still be used."""
    if row is None or row.used_at or row.attempts >= _MOST_ATTEMPTS or row.expires_at < deps.clock.now():
        return None
    kept = bytes(row.code_hash)
    hashes = {name: hash_sign_in_code(deps, row.id, name, code) for name in CHANNELS}
    return next((name for name, made in hashes.items() if hmac.compare_digest(kept, made)), None)


async def _account(connection: AsyncConnection, account_id: UUID | None) -> Any:
    return (await connection.execute(select(accounts).where(accounts.c.id == account_id))).first()
