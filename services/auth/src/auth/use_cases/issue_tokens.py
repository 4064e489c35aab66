"""Tokens: access tokens as RFC 9068 has them, refresh tokens that are used once (RFC 9700 §4.14)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.tables import accounts, clients, mandates, refresh_tokens
from auth.use_cases.dependencies import Dependencies, new_secret
from shared.ids import new_id
from shared.tokens import sign

FIRST_PARTY = "first-party"
AUDIENCES = ("auth", "catalog", "applications", "registry-gateway", "notifications")
# two tabs may refresh at once: the later one fails, but is no thief
_RACE = timedelta(seconds=10)


class GrantRefused(Exception):
    """An OAuth error (RFC 6749 §5.2); `error` is its code."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


@dataclass(frozen=True)
class Tokens:
    """What a client gets; `expires_in` in seconds."""

    access_token: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    mandates: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class _Session:
    """What was written of a session, before its access token is signed."""

    account: Any
    acr: str
    refresh_token: str
    mandates: tuple[dict[str, str], ...]


async def tokens_for(deps: Dependencies, account: Any, *, acr: str) -> Tokens:
    """Return the tokens of a new session."""
    async with deps.database.transaction() as connection:
        session = await _go_on(deps, connection, account, acr=acr, family_id=new_id())
    return await _tokens(deps, session)


async def _go_on(
    deps: Dependencies, connection: AsyncConnection, account: Any, *, acr: str, family_id: UUID
) -> _Session:
    """Write the next refresh token of a session and read the mandates of this moment."""
    refresh, now = new_secret(), deps.clock.now()
    row = {
        "token_hash": deps.cipher.lookup(f"refresh:{refresh}"),
        "family_id": family_id,
        "account_id": account.id,
        "acr": acr,
        "expires_at": now + timedelta(days=deps.settings.refresh_token_days),
    }
    await connection.execute(insert(refresh_tokens).values(row))
    return _Session(account, acr, refresh, await active_mandates(connection, account.id, now))


async def _tokens(deps: Dependencies, session: _Session) -> Tokens:
    account, held = session.account, session.mandates
    scope = "operator" if account.kind == "operator" else ""
    of_session = {"client_id": FIRST_PARTY, "mandates": list(held), "acr": session.acr, "aud": list(AUDIENCES)}
    token = await _sign(deps, {"sub": str(account.id), "scope": scope, **of_session})
    return Tokens(token, deps.settings.access_token_seconds, scope, session.refresh_token, held)


async def active_mandates(connection: AsyncConnection, account_id: UUID, now: datetime) -> tuple[dict[str, str], ...]:
    """Return the mandates in force, as a token carries them."""
    in_force = and_(
        mandates.c.account_id == account_id,
        mandates.c.revoked_at.is_(None),
        mandates.c.valid_from <= now,
        or_(mandates.c.valid_to.is_(None), mandates.c.valid_to > now),
    )
    query = select(mandates.c.role, mandates.c.organisation).where(in_force).order_by(mandates.c.valid_from)
    rows = (await connection.execute(query)).all()
    return tuple({"role": row.role, "organisation": row.organisation} for row in rows)


async def refresh_session(deps: Dependencies, refresh_token: str) -> Tokens:
    """Give new tokens for a refresh token, once. One that was used before ends its whole family."""
    table, now = refresh_tokens, deps.clock.now()
    token_hash = deps.cipher.lookup(f"refresh:{refresh_token}")
    fresh = and_(table.c.used_at.is_(None), table.c.revoked_at.is_(None), table.c.expires_at > now)
    taken = update(table).where(table.c.token_hash == token_hash, fresh).values(used_at=now).returning(table)
    async with deps.database.transaction() as connection:
        account = await _lock_account(connection, _owner(token_hash))
        row = (await connection.execute(taken)).first()
        if row is None:
            session = None
            known = (await connection.execute(select(table).where(table.c.token_hash == token_hash))).first()
            if known is not None and known.used_at is not None and now - known.used_at > _RACE:
                family = update(table).where(table.c.family_id == known.family_id, table.c.revoked_at.is_(None))
                await connection.execute(family.values(revoked_at=now))
        else:
            session = await _go_on(deps, connection, account, acr=row.acr, family_id=row.family_id)
    if session is None:
        raise GrantRefused("invalid_grant", "The refresh token is not valid, or was used before.")
    return await _tokens(deps, session)


async def revoke_refresh_token(deps: Dependencies, refresh_token: str) -> None:
    """End the session of a refresh token; one that is not known is none (RFC 7009 §2.2)."""
    table = refresh_tokens
    token_hash = deps.cipher.lookup(f"refresh:{refresh_token}")
    family = select(table.c.family_id).where(table.c.token_hash == token_hash).scalar_subquery()
    ended = update(table).where(table.c.family_id == family, table.c.revoked_at.is_(None))
    async with deps.database.transaction() as connection:
        await _lock_account(connection, _owner(token_hash))
        await connection.execute(ended.values(revoked_at=deps.clock.now()))


async def revoke_sessions(connection: AsyncConnection, account_id: UUID, now: datetime) -> None:
    """End every session of an account; its access tokens end by themselves within their life."""
    await _lock_account(connection, account_id)
    ended = update(refresh_tokens).where(
        refresh_tokens.c.account_id == account_id, refresh_tokens.c.revoked_at.is_(None)
    )
    await connection.execute(ended.values(revoked_at=now))


async def _lock_account(connection: AsyncConnection, account_id: Any) -> Any:
    """Return an account, held: its sessions are renewed and ended one after the other, so that none outlives its end."""
    held = select(accounts).where(accounts.c.id == account_id).with_for_update(key_share=True)
    return (await connection.execute(held)).first()


def _owner(token_hash: bytes) -> Any:
    return select(refresh_tokens.c.account_id).where(refresh_tokens.c.token_hash == token_hash).scalar_subquery()


async def client_token(deps: Dependencies, client_id: str, secret: str, resource: str, scope: str) -> Tokens:
    """Give a machine client a token for one audience (RFC 6749 §4.4, RFC 8707). Raises GrantRefused."""
    async with deps.database.reading() as connection:
        row = (await connection.execute(select(clients).where(clients.c.id == client_id))).first()
    # a secret is 256 random bits: a keyed hash is as good as a slow one, and costs the hot path nothing
    if row is None or row.secret_hash != deps.cipher.lookup(f"client:{client_id}:{secret}"):
        raise GrantRefused("invalid_client", "The client is not known, or its secret is wrong.")
    if resource not in AUDIENCES:
        raise GrantRefused("invalid_target", "Name the service that is to be asked as `resource`.")
    wanted = set(scope.split()) or set(row.scopes)
    if not wanted <= set(row.scopes):
        raise GrantRefused("invalid_scope", "The client does not have this scope.")
    granted = " ".join(sorted(wanted))
    claims = {"sub": client_id, "client_id": client_id, "scope": granted, "mandates": [], "aud": [resource]}
    return Tokens(await _sign(deps, claims), deps.settings.access_token_seconds, granted)


async def _sign(deps: Dependencies, claims: dict[str, Any]) -> str:
    now = int(deps.clock.now().timestamp())
    times = {"iat": now, "exp": now + deps.settings.access_token_seconds}
    key = await deps.keys.current()
    issuer = {"iss": deps.settings.auth_issuer, "jti": str(new_id())}
    return sign({**issuer, **claims, **times}, private_key_pem=key.private_pem, kid=key.kid)
