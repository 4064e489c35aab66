"""Tokens of a session: access tokens as RFC 9068 has them, refresh tokens that are used once, ID tokens for its clients.

An access token is for the services of its grant and carries only those scopes that they know.
"""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.scopes import AUDIENCES, OFFICER, OFFLINE_ACCESS, OPENID, OPERATOR, known_to
from auth.storage.tables import accounts, mandates, refresh_tokens, sessions
from auth.use_cases.dependencies import Dependencies, new_secret
from shared.ids import new_id
from shared.tokens import ACCESS_TOKEN, sign

FIRST_PARTY = "first-party"
ID_TOKEN = "JWT"  # noqa: S105  the `typ` of RFC 7519


class GrantRefused(Exception):
    """An OAuth error (RFC 6749 §5.2); `error` is its code."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


@dataclass(frozen=True)
class Grant:
    """What a session gives a client: its scope, the services its tokens are for, and the family its refresh tokens form."""

    client_id: str
    scope: str
    resources: Sequence[str]
    family_id: UUID

    @property
    def is_renewed(self) -> bool:
        """Tell whether it brings refresh tokens (OpenID Connect Core §11)."""
        return self.client_id == FIRST_PARTY or OFFLINE_ACCESS in self.scope.split()

    def within(self, client: Any) -> "Grant":
        """Return the grant less what its client may no more."""
        scopes = [scope for scope in self.scope.split() if scope in client.scopes]
        resources = [resource for resource in self.resources if resource in client.resources]
        return replace(self, scope=" ".join(scopes), resources=resources)


@dataclass(frozen=True)
class Wanted:
    """What a client wants of its grant now (RFC 6749 §6, RFC 8707 §2.2): nothing named is all of it."""

    scope: str = ""
    resources: Sequence[str] = ()
    nonce: str | None = None


@dataclass(frozen=True)
class Tokens:
    """What a client gets; `expires_in` in seconds."""

    access_token: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    mandates: tuple[dict[str, str], ...] = ()
    session: Any = None
    id_token: str | None = None


def first_party(account_kind: str) -> Grant:
    """Return the grant of somebody who signed in over the API itself."""
    return Grant(FIRST_PARTY, OPERATOR if account_kind == OPERATOR else "", AUDIENCES, new_id())


async def session_tokens(
    deps: Dependencies, connection: AsyncConnection, session_id: UUID, grant: Grant, wanted: Wanted | None = None
) -> Tokens:
    """Write the next refresh token of a session's grant, and return it with an access token of this moment.

    Raises GrantRefused for more than the grant gives.
    """
    wanted = wanted or Wanted()
    resources, scopes = _narrowed(grant, wanted)
    now, session = deps.clock.now(), await session_with_mandate(connection, session_id)
    refresh = await _next_refresh_token(deps, connection, session, grant) if grant.is_renewed else None
    await connection.execute(update(sessions).where(sessions.c.id == session_id).values(seen_at=now))
    of_sign_in = {
        "sub": str(session.account_id),
        "acr": session.acr,
        "amr": list(session.amr),
        "auth_time": int(session.signed_in_at.timestamp()),
        "sid": str(session_id),
    }
    held = ({"role": session.role, "organisation": session.organisation},) if session.role else ()
    claims = {
        **of_sign_in,
        "client_id": grant.client_id,
        "scope": " ".join(
            (*known_to(resources, scopes), *((OFFICER,) if session.kind == OFFICER and not held else ()))
        ),
        "aud": list(resources),
        "mandates": list(held),
    }
    life = deps.settings.access_token_seconds
    if session.valid_to is not None:
        life = min(life, int((session.valid_to - now).total_seconds()))
    access = await sign_token(deps, claims, life)
    id_token = None
    if OPENID in grant.scope.split():
        told = {**of_sign_in, "aud": grant.client_id, "at_hash": _at_hash(access)}
        id_token = await sign_token(deps, told | ({"nonce": wanted.nonce} if wanted.nonce else {}), life, typ=ID_TOKEN)
    return Tokens(access, life, claims["scope"], refresh, held, session, id_token)


def _narrowed(grant: Grant, wanted: Wanted) -> tuple[Sequence[str], set[str]]:
    granted, scopes = set(grant.scope.split()), set(wanted.scope.split())
    if not scopes <= granted:
        raise GrantRefused("invalid_scope", "This was not granted.")
    resources = tuple(dict.fromkeys(wanted.resources)) or grant.resources
    if not resources or not set(resources) <= set(grant.resources):
        raise GrantRefused("invalid_target", "The grant is not for this service.")
    return resources, scopes or granted


async def _next_refresh_token(deps: Dependencies, connection: AsyncConnection, session: Any, grant: Grant) -> str:
    refresh, life = new_secret(), timedelta(days=deps.settings.refresh_token_days)
    row = {
        "token_hash": deps.cipher.lookup(f"refresh:{refresh}"),
        "family_id": grant.family_id,
        "session_id": session.id,
        "client_id": grant.client_id,
        "scope": grant.scope,
        "resources": list(grant.resources),
        "expires_at": min(session.expires_at, deps.clock.now() + life),
    }
    await connection.execute(insert(refresh_tokens).values(row))
    return refresh


async def session_with_mandate(connection: AsyncConnection, session_id: UUID) -> Any:
    """Return a session with the kind of its account, and the role, organisation and end of its mandate."""
    of_mandate = (mandates.c.role, mandates.c.organisation, mandates.c.valid_to, mandates.c.revoked_at)
    chosen = select(sessions, accounts.c.kind, *of_mandate).select_from(sessions.join(accounts))
    query = chosen.outerjoin(mandates, sessions.c.mandate_id == mandates.c.id).where(sessions.c.id == session_id)
    return (await connection.execute(query)).one()


async def still_holds(deps: Dependencies, connection: AsyncConnection, session_id: UUID) -> bool:
    """Tell whether the session is live, and its mandate, if it has one, in force."""
    now, session = deps.clock.now(), await session_with_mandate(connection, session_id)
    has_ended = session.revoked_at is not None or (session.valid_to is not None and session.valid_to <= now)
    return session.ended_at is None and session.expires_at > now and not (session.mandate_id and has_ended)


async def sign_token(
    deps: Dependencies, claims: Mapping[str, Any], life_seconds: int, *, typ: str = ACCESS_TOKEN
) -> str:
    """Return a token of this issuer that lives from now for `life_seconds`."""
    now = int(deps.clock.now().timestamp())
    signer = await deps.keys.current()
    of_issuer = {"iss": deps.settings.auth_issuer, "jti": str(new_id()), "iat": now, "exp": now + life_seconds}
    return await asyncio.to_thread(sign, {**of_issuer, **claims}, signer, typ=typ)


def _at_hash(access_token: str) -> str:
    """Return what ties an ID token to its access token (OpenID Connect Core §3.1.3.6)."""
    return urlsafe_b64encode(sha256(access_token.encode()).digest()[:16]).decode().rstrip("=")
