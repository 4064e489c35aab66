"""Seal anew what was sealed with an older key of the ring, so that the older key can leave it. Can run beside everything."""

from collections.abc import Mapping

from sqlalchemy import Column, Table, select, update

from auth.storage.audit import BY_COMMAND, Entry
from auth.storage.tables import accounts, registrations, sessions, signing_keys
from auth.use_cases.dependencies import Dependencies

# each sealed column and what its context begins with; the row's id follows
SEALED: Mapping[Column, str] = {  # type: ignore[type-arg]  # of bytes
    accounts.c.full_name_sealed: "name",
    accounts.c.phone_sealed: "contact",
    accounts.c.email_sealed: "contact",
    accounts.c.totp_sealed: "totp",
    accounts.c.totp_pending_sealed: "totp",
    registrations.c.phone_sealed: "contact",
    registrations.c.email_sealed: "contact",
    sessions.c.device_sealed: "device",
    signing_keys.c.private_sealed: "signing_keys",
}
_BATCH = 200


async def reseal_values(deps: Dependencies) -> Mapping[str, int]:
    """Return how many values of each column were sealed anew. Raises CannotDecrypt where the ring lacks a key."""
    return {str(column): await _reseal_column(deps, column.table, column, SEALED[column]) for column in SEALED}


async def _reseal_column(deps: Dependencies, table: Table, column: Column[bytes], place: str) -> int:
    (key,) = table.primary_key.columns
    query = select(key, column).where(column.is_not(None)).order_by(key).limit(_BATCH)
    number, after = 0, None
    while True:
        async with deps.database.transaction() as connection:
            page = query if after is None else query.where(key > after)
            rows = (await connection.execute(page.with_for_update())).all()
            old = [(row_id, sealed) for row_id, sealed in rows if not deps.cipher.is_current(sealed)]
            for row_id, sealed in old:
                anew = deps.cipher.encrypt(deps.cipher.decrypt(sealed, f"{place}:{row_id}"), f"{place}:{row_id}")
                await connection.execute(update(table).where(key == row_id).values({column.name: anew}))
            if old:
                entry = Entry("values-resealed", BY_COMMAND, str(column), facts={"number": len(old)})
                await deps.audit.record(connection, entry)
        number += len(old)
        if len(rows) < _BATCH:
            deps.waker.wake()
            return number
        after = rows[-1][0]
