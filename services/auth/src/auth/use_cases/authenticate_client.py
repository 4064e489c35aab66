"""Authenticate a client: by its secret, by an assertion signed with its key (RFC 7523), or, if it is public, by its name.

A client proves itself in the one way it is registered with. A failure of a known client is noted in the audit trail.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert

from auth.domain.clients import KEY, SECRET
from auth.storage.audit import Entry
from auth.storage.tables import client_secrets, clients, used_assertions
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.issue_tokens import GrantRefused
from shared.tokens import LEEWAY_SECONDS, TokenRefused, read_assertion

_LONGEST_ASSERTION_SECONDS = 300


@dataclass(frozen=True)
class Credentials:
    """What a request shows of its client: `proof` is a secret or an assertion."""

    client_id: str
    method: Literal["client_secret", "private_key_jwt", "none"]
    proof: str = ""


async def authenticate_client(deps: Dependencies, shown: Credentials) -> Any:
    """Return the client, which is in use now. Raises GrantRefused."""
    client = await _find(deps, shown)
    try:
        await _prove(deps, client, shown)
    except TokenRefused as refused:
        if client is not None:
            await _note(deps, client.id, refused.reason)
        raise GrantRefused("invalid_client", "The client is not known, or does not prove to be itself.") from None
    return client


async def _prove(deps: Dependencies, client: Any, shown: Credentials) -> None:
    """Raise TokenRefused with the reason, unless the client is the one it says to be."""
    if client is None:
        raise TokenRefused("unknown-client")
    if client.auth_method != shown.method:
        raise TokenRefused("other-method")
    if shown.method == SECRET and client.proved_by is None:
        raise TokenRefused("wrong-secret")
    if shown.method == KEY:
        await _take_assertion(deps, client, shown.proof)


def is_in_use(now: datetime) -> Any:
    """Return the condition that a client is neither disabled nor over."""
    return and_(clients.c.disabled_at.is_(None), or_(clients.c.expires_at.is_(None), clients.c.expires_at > now))


def secret_hash(deps: Dependencies, client_id: str, secret: str) -> bytes:
    """Return what is kept of a secret: it is 256 random bits, so a keyed hash is as good as a slow one, and costs nothing."""
    return deps.cipher.lookup(f"client:{client_id}:{secret}")


async def _find(deps: Dependencies, shown: Credentials) -> Any:
    now = deps.clock.now()
    given = client_secrets.c.secret_hash == secret_hash(deps, shown.client_id, shown.proof)
    is_good = or_(client_secrets.c.expires_at.is_(None), client_secrets.c.expires_at > now)
    of_client = and_(client_secrets.c.client_id == clients.c.id, given, is_good)
    query = select(clients, client_secrets.c.secret_hash.label("proved_by")).outerjoin(client_secrets, of_client)
    async with deps.database.reading() as connection:
        return (await connection.execute(query.where(clients.c.id == shown.client_id, is_in_use(now)))).first()


async def _take_assertion(deps: Dependencies, client: Any, assertion: str) -> None:
    """Accept an assertion once. Raises TokenRefused."""
    claims = read_assertion(assertion, {key["kid"]: key for key in client.jwks["keys"]})
    issuer = deps.settings.auth_issuer
    _judge(claims, client.id, (issuer, f"{issuer}/oauth/token"), int(deps.clock.now().timestamp()))
    row = {
        "jti_hash": deps.cipher.lookup(f"assertion:{client.id}:{claims['jti']}"),
        "expires_at": datetime.fromtimestamp(claims["exp"] + LEEWAY_SECONDS, UTC),
    }
    async with deps.database.transaction() as connection:
        if not (await connection.execute(insert(used_assertions).values(row).on_conflict_do_nothing())).rowcount:
            raise TokenRefused("used-before")


def _judge(claims: dict[str, Any], client_id: str, audiences: tuple[str, ...], now: int) -> None:
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise TokenRefused("other-issuer")
    audience = claims.get("aud")
    if (audience[0] if isinstance(audience, list) and len(audience) == 1 else audience) not in audiences:
        raise TokenRefused("other-audience")
    times = [claims.get("exp"), *(claims[name] for name in ("iat", "nbf") if name in claims)]
    if not all(type(time) is int for time in times):
        raise TokenRefused("malformed-claims")
    if claims["exp"] + LEEWAY_SECONDS <= now:
        raise TokenRefused("expired")
    if claims["exp"] > now + _LONGEST_ASSERTION_SECONDS + LEEWAY_SECONDS:
        raise TokenRefused("lifetime-too-long")
    if max(times[1:], default=0) > now + LEEWAY_SECONDS:
        raise TokenRefused("not-yet-valid")
    token_id = claims.get("jti")
    if not isinstance(token_id, str) or not 0 < len(token_id) <= 200:
        raise TokenRefused("malformed-claims")


async def _note(deps: Dependencies, client_id: str, reason: str) -> None:
    async with deps.database.transaction() as connection:
        entry = Entry("client-sign-in-failed", None, client_id, "refused", facts={"reason": reason})
        await deps.audit.record(connection, entry)
    deps.waker.wake()
