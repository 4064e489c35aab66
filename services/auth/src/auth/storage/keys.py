"""Signing keys: made and kept by their custody, and known to verifiers before they sign.

A new key is published at once and signs after a while, by when every verifier has fetched it; the key before it
stays published until the last token it signed has expired. A withdrawn key is gone at once, with all it signed.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.tables import signing_keys
from shared.clock import Clock
from shared.custody import KeyCustody
from shared.database import Database
from shared.tokens import Signer

STAY_PUBLISHED = timedelta(minutes=15)
_REREAD = timedelta(seconds=1)


class SigningKeys:
    """The keys of the issuer, read from the database at most once a second; also the key source of auth itself."""

    def __init__(self, database: Database, custody: KeyCustody, clock: Clock) -> None:
        self._database = database
        self._custody = custody
        self._clock = clock
        self._published: Mapping[str, Mapping[str, Any]] = {}
        self._signer: Signer | None = None
        self._read_at: datetime | None = None

    async def find(self, kid: str) -> Mapping[str, Any] | None:
        """Return the public JWK of `kid`, or None."""
        await self._read()
        return self._published.get(kid)

    async def published(self) -> list[Mapping[str, Any]]:
        """Return the public JWKs, those of keys that will sign soon included."""
        await self._read()
        return list(self._published.values())

    async def current(self) -> Signer:
        """Return who signs now."""
        await self._read()
        if self._signer is None:
            raise LookupError("there is no signing key")
        return self._signer

    def forget(self) -> None:
        """Read anew when next asked."""
        self._read_at = None

    async def make(self, connection: AsyncConnection, *, signs_from: datetime) -> str:
        """Have a key made that signs from a moment on; return its id."""
        made = await asyncio.to_thread(self._custody.make)
        row = {"kid": made.kid, "private_sealed": made.handle, "jwk": dict(made.jwk), "signs_from": signs_from}
        await connection.execute(insert(signing_keys).values(row))
        return made.kid

    async def _read(self) -> None:
        now = self._clock.now()
        if self._read_at and now - self._read_at < _REREAD:
            return
        async with self._database.reading() as connection:
            rows = await keys_alive(connection, now)
        signing = [row for row in rows if row.signs_from <= now]
        if signing and (self._signer is None or self._signer.kid != signing[-1].kid):
            self._signer = await asyncio.to_thread(self._custody.signer, signing[-1].kid, signing[-1].private_sealed)
        self._published = {row.kid: row.jwk for row in rows}
        self._read_at = now


async def lock_keys(connection: AsyncConnection) -> None:
    """Let one at a time change keys."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('signing-keys'))"))


async def keys_alive(connection: AsyncConnection, now: datetime) -> list[Any]:
    """Return the rows of the keys that are published, in the order in which they sign."""
    alive = or_(signing_keys.c.retires_at.is_(None), signing_keys.c.retires_at > now)
    query = select(signing_keys).where(alive).order_by(signing_keys.c.signs_from, signing_keys.c.kid)
    return list((await connection.execute(query)).all())
