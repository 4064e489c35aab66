"""What leads into an account: a login (with its password or a code sent to it), a passkey, another provider's identity."""

from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.tables import logins, passkeys, upstream_identities

_WAYS = (logins, passkeys, upstream_identities)


async def has_way_in(connection: AsyncConnection, account_id: UUID) -> bool:
    """Tell whether anybody could sign in to an account. Held by the caller: what leads in may not go at the same time."""
    ways = [exists().where(way.c.account_id == account_id) for way in _WAYS]
    return bool(await connection.scalar(select(or_(*ways))))
