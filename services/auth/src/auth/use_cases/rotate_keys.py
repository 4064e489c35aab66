"""Make the next signing key, and the first one of a new database. Nobody is signed out, and nobody refuses a good token."""

from datetime import timedelta

from sqlalchemy import update

from auth.storage.audit import BY_COMMAND, BY_ITSELF, Entry
from auth.storage.keys import STAY_PUBLISHED, keys_alive, lock_keys
from auth.storage.tables import signing_keys
from auth.use_cases.dependencies import Dependencies


async def ensure_first_key(deps: Dependencies) -> None:
    """Make the first key, unless there is one that signs."""
    async with deps.database.transaction() as connection:
        await lock_keys(connection)
        if await keys_alive(connection, deps.clock.now()):
            return
        kid = await deps.keys.make(connection, signs_from=deps.clock.now())
        await deps.audit.record(connection, Entry("key-made", BY_ITSELF, kid, facts={"reason": "first"}))
    deps.keys.forget()
    deps.waker.wake()


async def rotate_keys(deps: Dependencies) -> str:
    """Make the next key, published now and signing later, and set the end of the ones before it; return its id."""
    now, ahead = deps.clock.now(), timedelta(seconds=deps.settings.key_publish_ahead_seconds)
    async with deps.database.transaction() as connection:
        await lock_keys(connection)
        ending = update(signing_keys).where(signing_keys.c.retires_at.is_(None))
        await connection.execute(ending.values(retires_at=now + ahead + STAY_PUBLISHED))
        kid = await deps.keys.make(connection, signs_from=now + ahead)
        facts = {"reason": "rotation", "signs_from": (now + ahead).isoformat()}
        await deps.audit.record(connection, Entry("key-made", BY_COMMAND, kid, facts=facts))
    deps.keys.forget()
    deps.waker.wake()
    return kid
