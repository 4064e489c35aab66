"""Refresh tokens: each is used once, by its own client; a second use ends the whole family (RFC 9700 §4.14)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.audit import Entry
from auth.storage.tables import refresh_tokens, sessions
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.issue_tokens import FIRST_PARTY, Grant, GrantRefused, Tokens, Wanted, session_tokens, still_holds
from auth.use_cases.sessions import end_session, lock_account

# two tabs may refresh at once: the later one fails, but is no thief
_RACE = timedelta(seconds=10)


async def refresh_session(
    deps: Dependencies, refresh_token: str, client: Any = None, wanted: Wanted | None = None
) -> Tokens:
    """Give new tokens for a refresh token, once; `client` is None for sessions over the API itself. Raises GrantRefused."""
    table, now = refresh_tokens, deps.clock.now()
    client_id = FIRST_PARTY if client is None else client.id
    token_hash = deps.cipher.lookup(f"refresh:{refresh_token}")
    is_theirs = and_(table.c.token_hash == token_hash, table.c.client_id == client_id)
    fresh = and_(table.c.used_at.is_(None), table.c.revoked_at.is_(None), table.c.expires_at > now)
    taken = update(table).where(is_theirs, fresh).values(used_at=now).returning(table)
    tokens = None
    await deps.keys.current()  # read before a connection is held: who holds one and waits for another can wait for ever
    async with deps.database.transaction() as connection:
        await lock_account(connection, _owner(token_hash))
        row = (await connection.execute(taken)).first()
        if row is None:
            await _note_misuse(deps, connection, token_hash, client_id)
        elif await still_holds(deps, connection, row.session_id):
            grant = Grant(row.client_id, row.scope, row.resources, row.family_id)
            left = grant if client is None else grant.within(client)
            tokens = await session_tokens(deps, connection, row.session_id, left, wanted)
    if tokens is None:
        deps.waker.wake()
        raise GrantRefused("invalid_grant", "The refresh token is not valid, or was used before.")
    return tokens


async def _note_misuse(deps: Dependencies, connection: AsyncConnection, token_hash: bytes, client_id: str) -> None:
    """End the family of a token that is used again; one that another client shows is refused and nothing more."""
    table, now = refresh_tokens, deps.clock.now()
    known = (await connection.execute(select(table).where(table.c.token_hash == token_hash))).first()
    if known is None:
        return
    action = "refresh-token-of-another-client" if known.client_id != client_id else "refresh-token-reused"
    if action == "refresh-token-reused":
        if known.used_at is None or now - known.used_at <= _RACE:
            return
        await end_family(connection, known.family_id, now)
    facts = {"session_id": str(known.session_id), "client_id": known.client_id}
    await deps.audit.record(connection, Entry(action, client_id, str(known.session_id), "refused", facts=facts))


async def revoke_refresh_token(deps: Dependencies, refresh_token: str, client_id: str) -> None:
    """End the family of a client's refresh token, and a session over the API with it.

    A token that is not known is none (RFC 7009 §2.2).
    """
    table, now = refresh_tokens, deps.clock.now()
    token_hash = deps.cipher.lookup(f"refresh:{refresh_token}")
    is_theirs = and_(table.c.token_hash == token_hash, table.c.client_id == client_id)
    async with deps.database.transaction() as connection:
        account = await lock_account(connection, _owner(token_hash))
        known = (await connection.execute(select(table).where(is_theirs))).first()
        if known is None:
            return
        is_ended = await end_family(connection, known.family_id, now)
        if client_id == FIRST_PARTY:
            is_ended = await end_session(connection, known.session_id, now)
        if is_ended:
            action = "session-ended" if client_id == FIRST_PARTY else "refresh-token-revoked"
            facts = {"session_id": str(known.session_id), "client_id": client_id}
            actor = str(account.id) if client_id == FIRST_PARTY else client_id
            await deps.audit.record(connection, Entry(action, actor, str(account.id), facts=facts))
    deps.waker.wake()


async def end_family(connection: AsyncConnection, family_id: UUID, now: datetime) -> bool:
    """End the refresh tokens of one grant; tell whether one was left."""
    left = and_(refresh_tokens.c.family_id == family_id, refresh_tokens.c.revoked_at.is_(None))
    return bool((await connection.execute(update(refresh_tokens).where(left).values(revoked_at=now))).rowcount)


def _owner(token_hash: bytes) -> Any:
    return (
        select(sessions.c.account_id)
        .join(refresh_tokens)
        .where(refresh_tokens.c.token_hash == token_hash)
        .scalar_subquery()
    )
