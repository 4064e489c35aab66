"""Make the snapshot of what is published: once after the catalogue changed, by one of the processes that heard of it.

Who has its turn compares the catalogue, entry by entry, with the newest snapshot; without a difference nothing is made. Who
waited meanwhile finds the comparison done and leaves. A new day is a change too: versions begin and end at midnight in Kyiv.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.canonical import canonical
from catalog.domain.days import kyiv_date
from catalog.domain.snapshot import SIGNATURE_TYPE, Entries, Stamp, claims_of, full_document, pack
from catalog.storage import snapshots
from catalog.storage.snapshot_keys import forget_replaced_keys, signing_key
from catalog.use_cases.read_published import read_published
from shared.clock import Clock
from shared.database import Database
from shared.encryption import Cipher
from shared.tokens import Signer, sign


@dataclass(frozen=True)
class SnapshotParts:
    """What making snapshots works with."""

    database: Database
    cipher: Cipher
    clock: Clock

    @property
    def today(self) -> date:
        """The day, in Kyiv, for which snapshots are made."""
        return kyiv_date(self.clock.now())


async def make_snapshot(parts: SnapshotParts) -> int | None:
    """Return the version of the snapshot that was made, or None when the newest one is up to date and signed by today's key."""
    today = parts.today
    async with parts.database.reading() as connection:
        asked_at = await snapshots.server_time(connection)
    async with parts.database.transaction() as connection:
        checked_at = await snapshots.lock_snapshots(connection)
        last = await snapshots.newest(connection)
        if last is not None and last.checked_at >= asked_at and last.checked_for == today:
            return None
        entries = await _published(connection, today)
        difference = await snapshots.difference_to(connection, entries)
        await forget_replaced_keys(connection, today)
        key = await signing_key(connection, parts.cipher, today)
        if last is not None and not difference and last.signed_by == key.kid:
            await snapshots.touch(connection, checked_at, today)
            return None
        version, made_at = (last.version if last is not None else 0) + 1, parts.clock.now()
        digest, bundle = await asyncio.to_thread(_whole, key, stamp_of(version, made_at), entries)
        new = snapshots.NewSnapshot(version, made_at, digest, bundle, checked_at, today, key.kid)
        await snapshots.keep(connection, new, difference)
        return version


async def _published(connection: AsyncConnection, today: date) -> Entries:
    """Return the canonical bytes of every entry."""
    entries: dict[str, dict[str, bytes]] = defaultdict(dict)
    async for name, slug, entry in read_published(connection, today):
        entries[name][slug] = canonical(entry)
    return entries


def _whole(key: Signer, stamp: Stamp, entries: Entries) -> tuple[str, bytes]:
    document = full_document(stamp, entries)
    claims = claims_of(document, stamp)
    return claims["sha256"], pack(signed(claims, key), document)


def signed(claims: Mapping[str, Any], key: Signer) -> str:
    """Return the signature of a bundle."""
    return sign(claims, key, typ=SIGNATURE_TYPE)


def stamp_of(version: int, made_at: datetime) -> Stamp:
    """Return how a document names a snapshot."""
    return Stamp(version, made_at.isoformat(timespec="seconds").replace("+00:00", "Z"))
