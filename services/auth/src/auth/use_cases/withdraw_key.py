"""Withdraw a signing key that others may have: it is published no longer, and every verifier soon refuses what it signed."""

from datetime import timedelta

from sqlalchemy import update

from auth.storage.audit import BY_COMMAND, Entry
from auth.storage.keys import keys_alive, lock_keys
from auth.storage.tables import signing_keys
from auth.use_cases.dependencies import Dependencies


async def withdraw_key(deps: Dependencies, kid: str) -> str:
    """Return the id of the key that signs next: one that was to sign later, or one made for it. Raises LookupError."""
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        await lock_keys(connection)
        alive = await keys_alive(connection, now)
        if kid not in {row.kid for row in alive}:
            raise LookupError(f"No published key has the id {kid}.")
        signing = [row.kid for row in alive if row.signs_from <= now][-1:]
        signs_from = now if kid in signing else now + timedelta(seconds=deps.settings.key_publish_ahead_seconds)
        await connection.execute(update(signing_keys).where(signing_keys.c.kid == kid).values(retires_at=now))
        await deps.audit.record(connection, Entry("key-withdrawn", BY_COMMAND, kid))
        following = [row for row in alive if row.kid != kid and row.retires_at is None]
        if not following:
            made = await deps.keys.make(connection, signs_from=signs_from)
            await deps.audit.record(connection, Entry("key-made", BY_COMMAND, made, facts={"reason": "withdrawal"}))
        elif following[-1].signs_from > signs_from:
            sooner = update(signing_keys).where(signing_keys.c.kid == following[-1].kid)
            await connection.execute(sooner.values(signs_from=signs_from))
    deps.keys.forget()
    deps.waker.wake()
    return following[-1].kid if following else made
