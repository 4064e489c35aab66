"""Consent: what somebody lets a client do that is not of the platform itself, asked for once and kept."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.errors import ClientUnknown
from auth.domain.scopes import find_scope
from auth.storage.audit import Entry
from auth.storage.tables import clients, consents
from auth.use_cases.authenticate_client import is_in_use
from auth.use_cases.dependencies import Dependencies


async def missing_consent(
    connection: AsyncConnection,
    account_id: UUID,
    client_id: str,
    scopes: Collection[str],
    *,
    since: datetime | None = None,
) -> list[str]:
    """Return the scopes that somebody has not let the client have; `since`: only what was given from then on counts."""
    query = select(consents).where(consents.c.account_id == account_id, consents.c.client_id == client_id)
    given = (await connection.execute(query)).first()
    held = set(given.scopes) if given is not None and (since is None or given.given_at >= since) else set()
    return sorted(set(scopes) - held)


async def give_consent(deps: Dependencies, account_id: UUID, client_id: str, scopes: Collection[str]) -> None:
    """Keep that somebody lets the client have these scopes, beside those of before. Raises ClientUnknown."""
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        query = select(clients).where(clients.c.id == client_id, is_in_use(now)).with_for_update(key_share=True)
        client = (await connection.execute(query)).first()
        if client is None:
            raise ClientUnknown
        wanted = sorted(scope for scope in set(scopes) & set(client.scopes) if find_scope(scope))
        before = await connection.scalar(
            select(consents.c.scopes).where(consents.c.account_id == account_id, consents.c.client_id == client_id)
        )
        row = {"account_id": account_id, "client_id": client_id, "given_at": now}
        row["scopes"] = sorted({*wanted, *(before or ())})
        entry = insert(consents).values(row)
        changed = {"scopes": entry.excluded.scopes, "given_at": entry.excluded.given_at}
        await connection.execute(entry.on_conflict_do_update(index_elements=["account_id", "client_id"], set_=changed))
        facts = {"client_id": client_id, "scopes": wanted}
        await deps.audit.record(connection, Entry("consent-given", str(account_id), client_id, facts=facts))
    deps.waker.wake()
