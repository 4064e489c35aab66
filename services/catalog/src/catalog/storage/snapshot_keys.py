"""The keys that sign snapshots (ES256): the private part is sealed at rest, the public part is there for everybody.

Of the keys whose first day has come the newest signs. The next one is published before its day; one that was replaced stays
published for a month, so that what it signed can still be checked, and is then gone for good.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, delete, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.storage.snapshot_tables import snapshot_keys
from shared.custody import SealedKeys
from shared.encryption import Cipher
from shared.tokens import Signer

PUBLISHED_AHEAD = timedelta(days=2)
_PUBLISHED_AFTER = timedelta(days=30)


async def published_keys(connection: AsyncConnection) -> Sequence[Mapping[str, Any]]:
    """Return the public JWKs, the newest first."""
    keys: Sequence[Mapping[str, Any]] = (await connection.execute(_newest_first(snapshot_keys.c.jwk))).scalars().all()
    return keys


async def signing_key(connection: AsyncConnection, cipher: Cipher, today: date) -> Signer:
    """Return who signs on a day, with a key made now if there is none yet. The caller holds the lock of snapshots."""
    query = _newest_first(snapshot_keys).where(snapshot_keys.c.signs_from <= today).limit(1)
    row = (await connection.execute(query)).first()
    if row is None:
        return await add_key(connection, cipher, signs_from=today)
    return SealedKeys(cipher, snapshot_keys.name).signer(row.kid, row.private_sealed)


async def add_key(connection: AsyncConnection, cipher: Cipher, *, signs_from: date) -> Signer:
    """Make a key that is published at once and signs from a day on."""
    custody = SealedKeys(cipher, snapshot_keys.name)
    made = custody.make()
    row = {"kid": made.kid, "jwk": dict(made.jwk), "private_sealed": made.handle, "signs_from": signs_from}
    await connection.execute(insert(snapshot_keys).values(row))
    return custody.signer(made.kid, made.handle)


async def forget_keys(connection: AsyncConnection) -> None:
    """Forget every key: what they signed is good no longer."""
    await connection.execute(delete(snapshot_keys))


async def forget_replaced_keys(connection: AsyncConnection, today: date) -> None:
    """Forget the keys in whose place another has signed for a month."""
    table, newer = snapshot_keys, snapshot_keys.alias()
    is_newer = tuple_(newer.c.signs_from, newer.c.made_at) > tuple_(table.c.signs_from, table.c.made_at)
    replaced = select(newer.c.kid).where(newer.c.signs_from <= today - _PUBLISHED_AFTER, is_newer).exists()
    await connection.execute(delete(table).where(replaced))


def _newest_first(*columns: Any) -> Select[Any]:
    return select(*columns).order_by(snapshot_keys.c.signs_from.desc(), snapshot_keys.c.made_at.desc())
