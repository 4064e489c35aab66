"""Redeem an authorization code: once, by its client, with the proof that belongs to its challenge (RFC 6749 §4.1.3).

Whoever shows a code uses it up. A second use ends the refresh tokens that the first one brought (RFC 6749 §4.1.2).
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.pkce import proves
from auth.storage.audit import Entry
from auth.storage.tables import authorization_codes, sessions
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.issue_tokens import Grant, GrantRefused, Tokens, Wanted, session_tokens, still_holds
from auth.use_cases.refresh_session import end_family
from auth.use_cases.sessions import lock_account


@dataclass(frozen=True)
class Redemption:
    """What a client shows; `resources` are those of the first access token (RFC 8707 §2.2)."""

    code: str
    redirect_uri: str
    code_verifier: str
    resources: tuple[str, ...] = ()


async def redeem_code(deps: Dependencies, client: Any, shown: Redemption) -> Tokens:
    """Return the tokens that a code stands for. Raises GrantRefused."""
    table, now = authorization_codes, deps.clock.now()
    this = table.c.code_hash == deps.cipher.lookup(f"authorization-code:{shown.code}")
    taken = update(table).where(this, table.c.used_at.is_(None)).values(used_at=now).returning(table)
    tokens = None
    await deps.keys.current()  # read before a connection is held: who holds one and waits for another can wait for ever
    async with deps.database.transaction() as connection:
        owner = select(sessions.c.account_id).join(table).where(this).scalar_subquery()
        await lock_account(connection, owner)
        row = (await connection.execute(taken)).first()
        if row is None:
            await _end_what_it_brought(deps, connection, client, this)
        elif fault := await _fault(deps, connection, row, client, shown):
            facts = {"session_id": str(row.session_id), "client_id": row.client_id, "reason": fault}
            entry = Entry("authorization-code-refused", client.id, str(row.session_id), "refused", facts=facts)
            await deps.audit.record(connection, entry)
        else:
            grant = Grant(row.client_id, row.scope, row.resources, row.family_id).within(client)
            wanted = Wanted(resources=shown.resources, nonce=row.nonce)
            tokens = await session_tokens(deps, connection, row.session_id, grant, wanted)
            facts = {"session_id": str(row.session_id), "client_id": client.id, "scope": grant.scope}
            entry = Entry("tokens-given", client.id, str(tokens.session.account_id), facts=facts)
            await deps.audit.record(connection, entry)
    deps.waker.wake()
    if tokens is None:
        raise GrantRefused("invalid_grant", "The code is not valid, or was used before.")
    return tokens


async def _fault(
    deps: Dependencies, connection: AsyncConnection, row: Any, client: Any, shown: Redemption
) -> str | None:
    if row.client_id != client.id:
        return "other-client"
    if row.expires_at <= deps.clock.now():
        return "expired"
    if row.redirect_uri != shown.redirect_uri:
        return "other-redirect"
    if not proves(shown.code_verifier, row.code_challenge):
        return "wrong-verifier"
    return None if await still_holds(deps, connection, row.session_id) else "session-ended"


async def _end_what_it_brought(deps: Dependencies, connection: AsyncConnection, client: Any, this: Any) -> None:
    row = (await connection.execute(select(authorization_codes).where(this))).first()
    if row is None:
        return
    await end_family(connection, row.family_id, deps.clock.now())
    facts = {"session_id": str(row.session_id), "client_id": row.client_id}
    entry = Entry("authorization-code-reused", client.id, str(row.session_id), "refused", facts=facts)
    await deps.audit.record(connection, entry)
