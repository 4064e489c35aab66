"""Counts tries to sign in before they are made, so that many at once cannot be more than were allowed (OWASP ASVS 2.2.1).

A try that succeeds is taken off again. What is counted apart, and how long one waits, is in `domain/lock_out.py`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.errors import TooManyAttempts
from auth.domain.lock_out import ADDRESS, KNOWN_PLACE, OTHER_PLACES, Count, Patience
from auth.storage.tables import failures
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.places import Place, known_place
from shared.ids import new_id


@dataclass(frozen=True)
class Try:
    """A try that was counted: under which keys, from a known place or not, and the wait that follows if it fails."""

    keys: Collection[bytes]
    is_from_known_place: bool
    wait: timedelta


async def begin_try(deps: Dependencies, what: str, account_id: UUID | None, place: Place) -> Try:
    """Count one more try at `what`: a login's password, an account's second factor. Raises TooManyAttempts.

    A login is counted whether or not it is anybody's: the wait tells nothing. It is not the account that is counted: with
    one count for a phone and an e-mail, anybody could find out that they belong together.
    """
    async with deps.database.transaction() as connection:
        # asked for nobody too: the answer must not come sooner
        known = await known_place(deps, connection, account_id or new_id(), place)
        if known is not None:
            keys = {deps.cipher.lookup(f"tries:{what}:{known.hex()}"): KNOWN_PLACE}
        else:
            address = deps.cipher.lookup(f"tries-from:{place.network}")
            keys = {deps.cipher.lookup(f"tries:{what}"): OTHER_PLACES, address: ADDRESS}
        return Try(keys.keys(), known is not None, await _count(deps, connection, keys))


async def _count(deps: Dependencies, connection: AsyncConnection, keys: Mapping[bytes, Patience]) -> timedelta:
    """Count a try under each key, or none; the rows are held, in one order, so that tries at once wait for each other."""
    now, waits = deps.clock.now(), [timedelta(0)]
    rows = [{"key_hash": key, "failed": 0, "last_at": now} for key in sorted(keys)]
    held = insert(failures).values(rows)
    held = held.on_conflict_do_update(index_elements=["key_hash"], set_={"failed": failures.c.failed})
    counts = {
        bytes(row.key_hash): Count(row.failed, row.last_at)
        for row in await connection.execute(held.returning(failures))
    }
    left = max(patience.left(counts[key], now) for key, patience in keys.items())
    if left > timedelta(0):
        raise TooManyAttempts(int(left.total_seconds()) + 1)
    for key, patience in keys.items():
        failed = patience.remembered(counts[key], now) + 1
        counted = update(failures).where(failures.c.key_hash == key).values(failed=failed, last_at=now)
        await connection.execute(counted)
        waits.append(patience.wait_after(failed))
    return max(waits)


async def took(deps: Dependencies, done: Try) -> None:
    """Take a try that succeeded off again; of a known place all failures are forgotten."""
    async with deps.database.transaction() as connection:
        for key in sorted(done.keys):
            is_it = failures.c.key_hash == key
            if done.is_from_known_place:
                await connection.execute(delete(failures).where(is_it))
            else:
                fewer = update(failures).where(is_it, failures.c.failed > 0).values(failed=failures.c.failed - 1)
                await connection.execute(fewer)
