"""Hand the newest snapshot out: whole, or as the difference from what a reader has. Nothing is made a second time."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.domain.snapshot import claims_of, delta_document, pack
from catalog.storage import snapshots
from catalog.storage.snapshot_keys import published_keys, signing_key
from catalog.storage.snapshots import Bundle
from catalog.use_cases.make_snapshot import SnapshotParts, make_snapshot, signed, stamp_of

# a reader who is further behind is as well served by the whole
_MOST_VERSIONS_BEHIND = 50


async def newest_snapshot(parts: SnapshotParts) -> Any:
    """Return version and digest of the newest snapshot; the first one ever is made by whoever asks first."""
    async with parts.database.reading() as connection:
        found = await snapshots.newest(connection)
    if found is None:
        await make_snapshot(parts)
        async with parts.database.reading() as connection:
            found = await snapshots.newest(connection)
    return found


async def give_snapshot(parts: SnapshotParts, *, since: int | None = None) -> Bundle:
    """Return the difference from version `since`, or the whole without it, or when only the whole will do."""
    async with parts.database.reading() as connection:
        known = await snapshots.delta_bundle(connection, since) if since is not None else None
    if since is not None and known is None:
        known = await _make_delta(parts, since)
    if known is not None:
        return known
    async with parts.database.reading() as connection:
        return await snapshots.whole_bundle(connection)


async def give_keys(parts: SnapshotParts) -> Sequence[Mapping[str, Any]]:
    """Return the public keys that check signatures, the newest first."""
    await newest_snapshot(parts)
    async with parts.database.reading() as connection:
        return await published_keys(connection)


async def _make_delta(parts: SnapshotParts, since: int) -> Bundle | None:
    async with parts.database.transaction() as connection:
        await snapshots.lock_snapshots(connection)
        last = await snapshots.newest(connection)
        if last is None or not max(1, last.version - _MOST_VERSIONS_BEHIND) <= since <= last.version:
            return None
        known = await snapshots.delta_bundle(connection, since)
        if known is not None:
            return known
        found = await snapshots.difference_since(connection, since)
        key = await signing_key(connection, parts.cipher, parts.today)
        stamp = stamp_of(last.version, last.made_at)
        document = delta_document(stamp, since, found.changed, found.removed)
        claims = claims_of(document, stamp, since=since, full_sha256=last.sha256)
        bundle = await asyncio.to_thread(pack, signed(claims, key), document)
        await snapshots.keep_delta(connection, since, last.version, bundle)
        return Bundle(last.version, last.sha256, bundle)
