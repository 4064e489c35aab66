"""How many one-time codes an hour may be asked for: for one contact, and from one network address.

What is counted does not depend on whether anybody has the contact, so that the refusal tells nothing.
"""

from datetime import timedelta

from sqlalchemy import case
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.errors import TooManyAttempts
from auth.storage.tables import failures
from auth.use_cases.dependencies import Dependencies

_WINDOW = timedelta(hours=1)
_FOR_A_CONTACT = 5
# a service centre signs many people in from one address
_FROM_AN_ADDRESS = 60


async def count_code(deps: Dependencies, connection: AsyncConnection, contact: str, address: str | None = None) -> None:
    """Count one more code for a contact, and one from a network address. Raises TooManyAttempts."""
    await _count(deps, connection, f"codes-for:{contact}", _FOR_A_CONTACT)
    if address is not None:
        await _count(deps, connection, f"codes-from:{address}", _FROM_AN_ADDRESS)


async def _count(deps: Dependencies, connection: AsyncConnection, key: str, most: int) -> None:
    now = deps.clock.now()
    entry = insert(failures).values(key_hash=deps.cipher.lookup(key), failed=1, last_at=now)
    is_over = failures.c.last_at <= now - _WINDOW
    values = {
        "failed": case((is_over, 1), else_=failures.c.failed + 1),
        "last_at": case((is_over, now), else_=failures.c.last_at),
    }
    counted = entry.on_conflict_do_update(index_elements=["key_hash"], set_=values)
    row = (await connection.execute(counted.returning(failures.c.failed, failures.c.last_at))).one()
    if row.failed > most:
        raise TooManyAttempts(int((row.last_at + _WINDOW - now).total_seconds()) + 1)
