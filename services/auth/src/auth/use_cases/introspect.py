"""Introspection (RFC 7662): what a token says and whether it is good at this moment, its session and its client included.

Told is only who has to know: the client that a token is of, and the services that it is for, which have clients of their name.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.tables import clients, refresh_tokens
from auth.use_cases.authenticate_client import is_in_use
from auth.use_cases.client_tokens import is_operator
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.issue_tokens import FIRST_PARTY, still_holds
from auth.use_cases.read_own_token import read_own_token
from auth.use_cases.sessions import find_session
from shared.tokens import ACCESS_TOKEN, TokenRefused, judge_claims

_INACTIVE: dict[str, Any] = {"active": False}
_TOLD = ("iss", "sub", "aud", "client_id", "scope", "mandates", "act", "acr", "auth_time", "sid", "jti", "iat", "exp")


async def introspect(deps: Dependencies, client: Any, token: str) -> dict[str, Any]:
    """Return what `client` is told of a token; of any but its own and those for it, that they are not active."""
    claims = await read_own_token(deps, token, typ=ACCESS_TOKEN)
    if claims is not None and not _is_in_order(deps, claims):
        return _INACTIVE
    async with deps.database.reading() as connection:
        if claims is None:
            return await _of_refresh_token(deps, connection, client, token)
        is_told = claims["client_id"] == client.id or client.id in claims["aud"]
        if not is_told or not await _is_good(deps, connection, claims):
            return _INACTIVE
    told = {name: claims[name] for name in _TOLD if name in claims}
    return {"active": True, "token_type": "Bearer", **told}


def _is_in_order(deps: Dependencies, claims: dict[str, Any]) -> bool:
    """Tell whether signed claims are as this issuer writes them."""
    try:
        judge_claims(claims, issuer=deps.settings.auth_issuer, now=int(deps.clock.now().timestamp()))
    except TokenRefused:
        return False
    return True


async def _is_good(deps: Dependencies, connection: AsyncConnection, claims: dict[str, Any]) -> bool:
    now, client_id = deps.clock.now(), claims["client_id"]
    if claims["exp"] <= now.timestamp():
        return False
    if client_id != FIRST_PARTY:
        client = await connection.execute(select(clients.c.id).where(clients.c.id == client_id, is_in_use(now)))
        if client.first() is None:
            return False
    if "act" in claims and not await is_operator(connection, client_id, claims["act"]["sub"]):
        return False
    if "sid" not in claims:
        return True
    session_id = UUID(claims["sid"])
    is_live = await find_session(connection, session_id, now) is not None
    return is_live and await still_holds(deps, connection, session_id)


async def _of_refresh_token(deps: Dependencies, connection: AsyncConnection, client: Any, token: str) -> dict[str, Any]:
    """Tell a client of its own refresh token."""
    table = refresh_tokens
    query = select(table).where(
        table.c.token_hash == deps.cipher.lookup(f"refresh:{token}"),
        table.c.client_id == client.id,
        table.c.used_at.is_(None),
        table.c.revoked_at.is_(None),
        table.c.expires_at > deps.clock.now(),
    )
    row = (await connection.execute(query)).first()
    session = await find_session(connection, row.session_id, deps.clock.now()) if row is not None else None
    if row is None or session is None or not await still_holds(deps, connection, row.session_id):
        return _INACTIVE
    return {
        "active": True,
        "sub": str(session.account_id),
        "client_id": client.id,
        "scope": row.scope,
        "exp": int(row.expires_at.timestamp()),
    }
