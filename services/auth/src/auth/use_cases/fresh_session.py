"""The session of somebody who changes how they sign in: live, and where it matters, proved within ten minutes by all factors."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.assurance import Level, satisfies
from auth.domain.errors import FreshSignInNeeded, SessionEnded
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.sessions import find_session, lock_account

FRESH_FOR = timedelta(minutes=10)
_SECOND_FACTORS = frozenset({"otp", "recovery", "hwk"})


async def live_session(deps: Dependencies, connection: AsyncConnection, account_id: UUID, session_id: UUID) -> Any:
    """Return a live session of an account, and the account, held. Raises SessionEnded."""
    account = await lock_account(connection, account_id)
    session = await find_session(connection, session_id, deps.clock.now())
    if session is None or session.account_id != account_id:
        raise SessionEnded
    return session, account


async def fresh_session(deps: Dependencies, connection: AsyncConnection, account_id: UUID, session_id: UUID) -> Any:
    """Return the same, signed in to within ten minutes. Raises SessionEnded, FreshSignInNeeded."""
    session, account = await live_session(deps, connection, account_id, session_id)
    if not is_fresh(deps, session, account):
        raise FreshSignInNeeded
    return session, account


def is_fresh(deps: Dependencies, session: Any, account: Any) -> bool:
    """Tell whether somebody proved within ten minutes, by the second factor too if there is one, who they are."""
    is_whole = account.totp_sealed is None or bool(_SECOND_FACTORS & set(session.amr))
    is_sure = is_whole or satisfies(session.acr, Level.SUBSTANTIAL)
    return is_sure and session.signed_in_at > deps.clock.now() - FRESH_FOR
