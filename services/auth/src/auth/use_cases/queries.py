"""The read side of auth."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.tables import accounts, client_operators, client_secrets, clients, mandates
from auth.use_cases.dependencies import Dependencies
from shared.pagination import Window


async def find_account(connection: AsyncConnection, account_id: UUID) -> Any:
    """Return an account's row, or None."""
    return (await connection.execute(select(accounts).where(accounts.c.id == account_id))).first()


def name_of(deps: Dependencies, account: Any) -> str:
    """Return what an authenticator or a browser shows an account as: its e-mail, its phone, or its holder's name."""
    for sealed, place in (
        (account.email_sealed, "contact"),
        (account.phone_sealed, "contact"),
        (account.full_name_sealed, "name"),
    ):
        if sealed is not None:
            return deps.cipher.decrypt(sealed, f"{place}:{account.id}").decode()
    return f"{account.kind} {str(account.id)[:8]}"


async def list_mandates(
    connection: AsyncConnection, organisations: Sequence[str], *, limit: int, after: tuple[Any, ...] | None
) -> Window[Any]:
    """Return the mandates in some organisations, with their holders, by id."""
    is_activated = accounts.c.totp_sealed.is_not(None).label("is_activated")
    held = select(mandates, accounts.c.full_name_sealed, is_activated).join(accounts)
    query = held.where(mandates.c.organisation.in_(organisations))
    if after:
        query = query.where(mandates.c.id > after[0])
    rows = (await connection.execute(query.order_by(mandates.c.id).limit(limit + 1))).all()
    page = rows[:limit]
    return Window(page, (page[-1].id,) if len(rows) > limit else None)


async def find_client(connection: AsyncConnection, client_id: str) -> Any:
    """Return a client's row, disabled or not, or None."""
    return (await connection.execute(select(clients).where(clients.c.id == client_id))).first()


async def list_clients(connection: AsyncConnection, *, limit: int, after: tuple[Any, ...] | None) -> Window[Any]:
    """Return the clients by id, disabled ones included."""
    query = select(clients)
    if after:
        query = query.where(clients.c.id > after[0])
    return _window((await connection.execute(query.order_by(clients.c.id).limit(limit + 1))).all(), limit, "id")


async def list_client_secrets(connection: AsyncConnection, client_ids: Sequence[str]) -> list[Any]:
    """Return the hashes and times of the secrets of some clients, the newest first."""
    query = select(client_secrets).where(client_secrets.c.client_id.in_(client_ids))
    return list((await connection.execute(query.order_by(client_secrets.c.created_at.desc()))).all())


async def list_client_operators(
    connection: AsyncConnection, client_id: str, *, limit: int, after: tuple[Any, ...] | None
) -> Window[Any]:
    """Return the operators of a client by id, those who left included."""
    query = select(client_operators).where(client_operators.c.client_id == client_id)
    if after:
        query = query.where(client_operators.c.operator_id > after[0])
    rows = (await connection.execute(query.order_by(client_operators.c.operator_id).limit(limit + 1))).all()
    return _window(rows, limit, "operator_id")


def _window(rows: Sequence[Any], limit: int, key: str) -> Window[Any]:
    page = rows[:limit]
    return Window(page, (getattr(page[-1], key),) if len(rows) > limit else None)
