"""Challenges of WebAuthn (Level 3 §13.4.3): random, each good once and for five minutes, kept as a keyed hash; and who asks."""

from dataclasses import dataclass
from datetime import timedelta
from secrets import token_bytes
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from webauthn.helpers import base64url_to_bytes, parse_client_data_json

from auth.settings import AuthSettings
from auth.storage.tables import challenges
from auth.use_cases.dependencies import Dependencies

_LIFE = timedelta(minutes=5)


@dataclass(frozen=True)
class RelyingParty:
    """Whom authenticators know this service as: `id` is its host, `origin` what the browser says it is at."""

    id: str
    origin: str


def relying_party(settings: AuthSettings) -> RelyingParty:
    """Return the party that `PUBLIC_URL` is of."""
    address = urlsplit(settings.public_url)
    return RelyingParty(address.hostname or "", f"{address.scheme}://{address.netloc}")


async def new_challenge(deps: Dependencies, connection: AsyncConnection, account_id: UUID | None) -> bytes:
    """Keep a new challenge, for an account or for whoever comes, and return it."""
    challenge = token_bytes(32)
    row = {"challenge_hash": _hash(deps, challenge), "account_id": account_id, "expires_at": deps.clock.now() + _LIFE}
    await connection.execute(insert(challenges).values(row))
    return challenge


async def take_challenge(
    deps: Dependencies, connection: AsyncConnection, credential: Any, account_id: UUID | None
) -> bytes | None:
    """Use up the challenge that a credential answers, and return it; None if there was none, for this account."""
    challenge = _challenge_of(credential)
    if challenge is None:
        return None
    is_it = (
        challenges.c.challenge_hash == _hash(deps, challenge),
        challenges.c.account_id.is_not_distinct_from(account_id),
    )
    taken = delete(challenges).where(*is_it).returning(challenges.c.expires_at)
    row = (await connection.execute(taken)).first()
    return challenge if row is not None and row.expires_at > deps.clock.now() else None


def _challenge_of(credential: Any) -> bytes | None:
    try:
        return parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"])).challenge
    except Exception:  # noqa: BLE001  whatever the library stumbles over, it is no answer to a challenge
        return None


def _hash(deps: Dependencies, challenge: bytes) -> bytes:
    return deps.cipher.lookup(f"challenge:{challenge.hex()}")
