"""Choose the mandate of a session, at its start or later; its tokens carry that one."""

from typing import Any
from uuid import UUID

from auth.domain.errors import SessionEnded
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.issue_tokens import Tokens, first_party, session_tokens
from auth.use_cases.sessions import choose_mandate, find_session, lock_account, mandates_in_force


async def switch_mandate(deps: Dependencies, session_id: UUID, mandate_id: UUID) -> tuple[Tokens, list[Any]]:
    """Return new tokens of the session with the mandate, and those to choose from. Raises SessionEnded, MandateNotFound."""
    await deps.keys.current()  # read before a connection is held: who holds one and waits for another can wait for ever
    async with deps.database.transaction() as connection:
        session = await find_session(connection, session_id, deps.clock.now())
        if session is None:
            raise SessionEnded
        await lock_account(connection, session.account_id)
        await choose_mandate(deps, connection, session, mandate_id, actor=str(session.account_id))
        held = await mandates_in_force(connection, session.account_id, deps.clock.now())
        tokens = await session_tokens(deps, connection, session_id, first_party(session.account_kind))
    deps.waker.wake()
    return tokens, held
