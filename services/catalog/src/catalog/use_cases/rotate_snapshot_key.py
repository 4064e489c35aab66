"""Make the next key that signs snapshots: published at once, so that who looks once a day has it before it signs."""

from dataclasses import dataclass
from datetime import date

from catalog.storage.publication import tell_of_change
from catalog.storage.snapshot_keys import PUBLISHED_AHEAD, add_key, forget_keys, published_keys
from catalog.storage.snapshots import lock_snapshots
from catalog.use_cases.make_snapshot import SnapshotParts


@dataclass(frozen=True)
class NextKey:
    """The key that was made, and the first day, in Kyiv, for which it signs."""

    kid: str
    signs_from: date


async def rotate_snapshot_key(parts: SnapshotParts, *, at_once: bool) -> NextKey:
    """Add a key that signs from the day after tomorrow; `at_once`, when a key has leaked, today and in the place of all."""
    async with parts.database.transaction() as connection:
        await lock_snapshots(connection)
        is_first = not await published_keys(connection)
        if at_once:
            await forget_keys(connection)
        signs_from = parts.today if at_once or is_first else parts.today + PUBLISHED_AHEAD
        key = await add_key(connection, parts.cipher, signs_from=signs_from)
        await tell_of_change(connection)
    return NextKey(key.kid, signs_from)
