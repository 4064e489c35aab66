"""Signing keys: made, kept sealed, and known to verifiers before they sign.

A new key is published at once and signs after `PUBLISH_AHEAD`, by when every verifier has fetched it; the key before it
stays published until the last token it signed has expired.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.tables import signing_keys
from shared.clock import Clock
from shared.database import Database
from shared.encryption import Cipher
from shared.ids import new_id

PUBLISH_AHEAD = timedelta(minutes=6)
STAY_PUBLISHED = timedelta(minutes=15)
_REFRESH = timedelta(seconds=30)


@dataclass(frozen=True)
class SigningKey:
    """A key that signs now."""

    kid: str
    private_pem: str


class SigningKeys:
    """The keys of the issuer, read from the database at most every 30 seconds; also the key source of auth itself."""

    def __init__(self, database: Database, cipher: Cipher, clock: Clock) -> None:
        self._database = database
        self._cipher = cipher
        self._clock = clock
        self._published: Mapping[str, Mapping[str, Any]] = {}
        self._current: SigningKey | None = None
        self._read_at: datetime | None = None

    async def find(self, kid: str) -> Mapping[str, Any] | None:
        """Return the public JWK of `kid`, or None."""
        await self._read()
        return self._published.get(kid)

    async def published(self) -> list[Mapping[str, Any]]:
        """Return the public JWKs, those of keys that will sign soon included."""
        await self._read()
        return list(self._published.values())

    async def current(self) -> SigningKey:
        """Return the key that signs now."""
        await self._read()
        if self._current is None:
            raise LookupError("there is no signing key")
        return self._current

    async def ensure(self) -> None:
        """Make the first key, unless there is one."""
        async with self._database.transaction() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('signing-keys'))"))
            if not (await connection.execute(select(signing_keys.c.kid).limit(1))).first():
                await self._add(connection, signs_from=self._clock.now())

    async def rotate(self) -> str:
        """Make the next key and set the end of the ones before it; return its id."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('signing-keys'))"))
            ending = update(signing_keys).where(signing_keys.c.retires_at.is_(None))
            await connection.execute(ending.values(retires_at=now + PUBLISH_AHEAD + STAY_PUBLISHED))
            kid = await self._add(connection, signs_from=now + PUBLISH_AHEAD)
        self._read_at = None
        return kid

    async def _add(self, connection: AsyncConnection, *, signs_from: datetime) -> str:
        private = ec.generate_private_key(ec.SECP256R1())
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        numbers = private.public_key().public_numbers()
        kid = str(new_id())
        jwk = {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid}
        jwk |= {"x": _coordinate(numbers.x), "y": _coordinate(numbers.y)}
        sealed = self._cipher.encrypt(pem, f"signing_keys:{kid}")
        row = {"kid": kid, "private_sealed": sealed, "jwk": jwk, "signs_from": signs_from}
        await connection.execute(insert(signing_keys).values(row))
        return kid

    async def _read(self) -> None:
        now = self._clock.now()
        if self._read_at and now - self._read_at < _REFRESH:
            return
        alive = or_(signing_keys.c.retires_at.is_(None), signing_keys.c.retires_at > now)
        async with self._database.reading() as connection:
            rows = (
                await connection.execute(select(signing_keys).where(alive).order_by(signing_keys.c.signs_from))
            ).all()
        self._published = {row.kid: row.jwk for row in rows}
        signing = [row for row in rows if row.signs_from <= now]
        if signing:
            pem = self._cipher.decrypt(signing[-1].private_sealed, f"signing_keys:{signing[-1].kid}")
            self._current = SigningKey(signing[-1].kid, pem.decode())
        self._read_at = now


def _coordinate(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")
