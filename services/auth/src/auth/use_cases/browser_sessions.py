"""Sessions of browsers: begun anew at every sign-in, and the mandate that is chosen in them."""

from typing import Any
from uuid import UUID

from auth.storage.audit import Entry
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.places import Place
from auth.use_cases.sessions import (
    OpenedSession,
    Proved,
    choose_mandate,
    end_session,
    lock_account,
    open_session,
)


async def open_browser_session(deps: Dependencies, proved: Proved, *, old: Any, place: Place) -> OpenedSession:
    """Open a session with a cookie of its own; the one that the browser had ends, whoever's it was."""
    async with deps.database.transaction() as connection:
        if old is not None:
            await _end(deps, connection, old)
        opened = await open_session(deps, connection, proved, in_browser=True, place=place)
    deps.waker.wake()
    return opened


async def choose_browser_mandate(deps: Dependencies, session: Any, mandate_id: UUID) -> None:
    """Let the session's tokens carry this mandate. Raises MandateNotFound."""
    async with deps.database.transaction() as connection:
        await lock_account(connection, session.account_id)
        await choose_mandate(deps, connection, session, mandate_id, actor=str(session.account_id))
    deps.waker.wake()


async def _end(deps: Dependencies, connection: Any, session: Any) -> None:
    await lock_account(connection, session.account_id)
    if await end_session(connection, session.id, deps.clock.now()):
        owner = str(session.account_id)
        entry = Entry("session-ended", owner, owner, facts={"session_id": str(session.id)})
        await deps.audit.record(connection, entry)
