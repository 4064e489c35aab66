"""Give a client a new secret while the old ones stay good for a time, or end one."""

from datetime import timedelta

from sqlalchemy import delete, or_, select, update

from auth.domain.clients import SECRET
from auth.domain.errors import ClientInvalid, ClientNotFound
from auth.storage.audit import Entry
from auth.storage.tables import client_secrets, idempotency_keys
from auth.use_cases.change_client import hold_client
from auth.use_cases.create_client import Creation, NewSecret, derived_secret, keep_secret, secret_id
from auth.use_cases.dependencies import Dependencies
from shared.idempotency import IdempotencyKeys, StoredAnswer, fingerprint
from shared.ids import new_id

LONGEST_OVERLAP = timedelta(days=30)


async def rotate_client_secret(deps: Dependencies, client_id: str, overlap: timedelta, creation: Creation) -> NewSecret:
    """Return a new secret; those of before end after `overlap`, if not sooner. A repeated request returns the same.

    Raises ClientNotFound, ClientInvalid.
    """
    request = fingerprint("rotate-client-secret", f"{client_id}:{overlap}".encode())
    table, now = client_secrets, deps.clock.now()
    async with deps.unit_of_work() as uow:
        keys = IdempotencyKeys(idempotency_keys, uow.connection)
        if known := await keys.claim(creation.by, creation.key, request):
            return derived_secret(deps, client_id, known.body["nonce"])
        client = await hold_client(uow.connection, client_id)
        if client.auth_method != SECRET:
            raise ClientInvalid([("", f"The client proves itself by {client.auth_method}, not by a secret")])
        theirs = table.c.client_id == client_id
        await uow.connection.execute(delete(table).where(theirs, table.c.expires_at <= now))
        ending = update(table).where(theirs, or_(table.c.expires_at.is_(None), table.c.expires_at > now + overlap))
        await uow.connection.execute(ending.values(expires_at=now + overlap))
        nonce = str(new_id())
        made = derived_secret(deps, client_id, nonce)
        await keep_secret(uow.connection, deps, client_id, made.secret)
        facts = {"secret_id": made.secret_id, "overlap_hours": overlap / timedelta(hours=1)}
        await deps.audit.record(uow.connection, Entry("client-secret-made", creation.by, client_id, facts=facts))
        await keys.keep(creation.by, creation.key, StoredAnswer(201, {"nonce": nonce}))
        await uow.commit()
    deps.waker.wake()
    return made


async def end_client_secret(deps: Dependencies, client_id: str, wanted: str, *, by: str) -> None:
    """End one secret of a client at once. Raises ClientNotFound."""
    async with deps.database.transaction() as connection:
        await hold_client(connection, client_id)
        kept = await connection.execute(select(client_secrets).where(client_secrets.c.client_id == client_id))
        row = next((row for row in kept if secret_id(row.secret_hash) == wanted), None)
        if row is None:
            raise ClientNotFound
        await connection.execute(delete(client_secrets).where(client_secrets.c.secret_hash == row.secret_hash))
        await deps.audit.record(connection, Entry("client-secret-ended", by, client_id, facts={"secret_id": wanted}))
    deps.waker.wake()
