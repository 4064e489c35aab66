"""Sessions as their owner sees them: which there are, and the end of one, of all others, or of this one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.errors import SessionNotFound
from auth.storage.audit import Entry
from auth.storage.tables import mandates, sessions
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.sessions import end_session, end_sessions_of, find_session, lock_account


@dataclass(frozen=True)
class OwnSession:
    """A live session; `mandate` is the role and organisation of the one that it carries."""

    id: UUID
    device: str
    signed_in_at: datetime
    seen_at: datetime
    acr: str
    methods: list[str]
    mandate: dict[str, str] | None


async def list_sessions(deps: Dependencies, account_id: UUID) -> list[OwnSession]:
    """Return the live sessions of an account, the last seen first."""
    is_live = sessions.c.ended_at.is_(None), sessions.c.expires_at > deps.clock.now()
    query = (
        select(sessions, mandates.c.role, mandates.c.organisation)
        .outerjoin(mandates, sessions.c.mandate_id == mandates.c.id)
        .where(sessions.c.account_id == account_id, *is_live)
        .order_by(sessions.c.seen_at.desc(), sessions.c.id)
    )
    async with deps.database.reading() as connection:
        return [_shown(deps, row) for row in await connection.execute(query)]


def _shown(deps: Dependencies, row: Any) -> OwnSession:
    sealed = row.device_sealed
    device = "" if sealed is None else deps.cipher.decrypt(sealed, f"device:{row.id}").decode()
    mandate = {"role": row.role, "organisation": row.organisation} if row.role else None
    return OwnSession(row.id, device, row.signed_in_at, row.seen_at, row.acr, list(row.amr), mandate)


async def end_own_session(deps: Dependencies, account_id: UUID, session_id: UUID) -> None:
    """End one session. Raises SessionNotFound for one that is not the account's, or has ended."""
    async with deps.database.transaction() as connection:
        await lock_account(connection, account_id)
        session = await find_session(connection, session_id, deps.clock.now())
        if session is None or session.account_id != account_id:
            raise SessionNotFound
        await end_session(connection, session_id, deps.clock.now())
        await _record(deps, connection, account_id, session_id)
    deps.waker.wake()


async def sign_out(deps: Dependencies, account_id: UUID, session_id: UUID) -> None:
    """End the session of a token, if it is live."""
    async with deps.database.transaction() as connection:
        await lock_account(connection, account_id)
        if await end_session(connection, session_id, deps.clock.now()):
            await _record(deps, connection, account_id, session_id)
    deps.waker.wake()


async def end_other_sessions(
    deps: Dependencies, connection: AsyncConnection, account_id: UUID, session_id: UUID
) -> None:
    """End every session of an account but this one."""
    if await end_sessions_of(connection, account_id, deps.clock.now(), but=session_id):
        facts = {"all_but": str(session_id)}
        await deps.audit.record(connection, Entry("sessions-ended", str(account_id), str(account_id), facts=facts))


async def end_all_others(deps: Dependencies, account_id: UUID, session_id: UUID) -> None:
    """End every session of an account but this one, in a transaction of its own."""
    async with deps.database.transaction() as connection:
        await end_other_sessions(deps, connection, account_id, session_id)
    deps.waker.wake()


async def _record(deps: Dependencies, connection: AsyncConnection, account_id: UUID, session_id: UUID) -> None:
    facts = {"session_id": str(session_id)}
    await deps.audit.record(connection, Entry("session-ended", str(account_id), str(account_id), facts=facts))
