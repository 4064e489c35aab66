"""Change or disable a client. What it may no more it loses with its next token; a disabled one gets none."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.clients import SECRET, Terms, kind_of, settle
from auth.domain.errors import ClientNotFound
from auth.storage.audit import Entry
from auth.storage.tables import client_secrets, clients, refresh_tokens
from auth.use_cases.create_client import columns_of, facts_of
from auth.use_cases.dependencies import Dependencies


async def change_client(deps: Dependencies, client_id: str, changes: Mapping[str, Any], *, by: str) -> None:
    """Give a client other terms where `changes` names them. Raises ClientNotFound, ClientInvalid."""
    async with deps.database.transaction() as connection:
        terms = settle(replace(terms_of(await hold_client(connection, client_id)), **changes))
        await connection.execute(update(clients).where(clients.c.id == client_id).values(columns_of(terms)))
        if terms.auth_method != SECRET:
            await connection.execute(delete(client_secrets).where(client_secrets.c.client_id == client_id))
        facts = {**facts_of(terms), "changed": sorted(changes)}
        await deps.audit.record(connection, Entry("client-changed", by, client_id, facts=facts))
    deps.waker.wake()


async def disable_client(deps: Dependencies, client_id: str, *, by: str) -> None:
    """End a client and the refresh tokens it has; one that is disabled stays so. Raises ClientNotFound."""
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        client = await hold_client(connection, client_id)
        if client.disabled_at is None:
            await connection.execute(update(clients).where(clients.c.id == client_id).values(disabled_at=now))
            left = update(refresh_tokens).where(
                refresh_tokens.c.client_id == client_id, refresh_tokens.c.revoked_at.is_(None)
            )
            await connection.execute(left.values(revoked_at=now))
            await deps.audit.record(connection, Entry("client-disabled", by, client_id))
    deps.waker.wake()


async def hold_client(connection: AsyncConnection, client_id: str) -> Any:
    """Return a client, held against other changes. Raises ClientNotFound."""
    client = (await connection.execute(select(clients).where(clients.c.id == client_id).with_for_update())).first()
    if client is None:
        raise ClientNotFound
    return client


def terms_of(client: Any) -> Terms:
    """Return the terms of a client of the database."""
    return Terms(
        client.name,
        kind_of(client.grant_types, client.auth_method),
        tuple(client.scopes),
        client.auth_method,
        tuple(client.resources),
        tuple(client.redirect_uris),
        tuple(client.post_logout_redirect_uris),
        client.jwks,
        client.needs_consent,
        client.expires_at,
    )
