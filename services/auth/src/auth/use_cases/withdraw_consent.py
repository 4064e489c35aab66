"""Take back what one let a client do: its refresh tokens end at once, its access tokens within their life."""

from uuid import UUID

from sqlalchemy import delete, select, update

from auth.storage.audit import Entry
from auth.storage.tables import consents, refresh_tokens, sessions
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.sessions import lock_account


async def withdraw_consent(deps: Dependencies, account_id: UUID, client_id: str) -> None:
    """Forget the consent, if there is one, and end the client's tokens."""
    now, owner = deps.clock.now(), str(account_id)
    is_it = consents.c.account_id == account_id, consents.c.client_id == client_id
    own_sessions = select(sessions.c.id).where(sessions.c.account_id == account_id)
    is_live = refresh_tokens.c.client_id == client_id, refresh_tokens.c.revoked_at.is_(None)
    async with deps.database.transaction() as connection:
        await lock_account(connection, account_id)
        if not (await connection.execute(delete(consents).where(*is_it))).rowcount:
            return
        tokens = update(refresh_tokens).where(*is_live, refresh_tokens.c.session_id.in_(own_sessions))
        await connection.execute(tokens.values(revoked_at=now))
        await deps.audit.record(connection, Entry("consent-withdrawn", owner, client_id))
    deps.waker.wake()
