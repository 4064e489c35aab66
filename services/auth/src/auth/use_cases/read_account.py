"""What somebody sees of their own account: contacts, ways to sign in, linked identities, and which clients they let in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.tables import accounts, clients, consents
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.sign_in_upstream import linked_providers


@dataclass(frozen=True)
class ConsentGiven:
    """What a client was let do."""

    client_id: str
    client_name: str
    scopes: Sequence[str]
    given_at: datetime


@dataclass(frozen=True)
class OwnAccount:
    """One's own account."""

    kind: str
    name: str | None
    phone: str | None
    email: str | None
    has_password: bool
    identity_level: str
    providers: Sequence[str]
    consents: Sequence[ConsentGiven]


async def read_account(deps: Dependencies, account_id: UUID) -> OwnAccount:
    """Return an account as its holder sees it."""
    async with deps.database.reading() as connection:
        row = (await connection.execute(select(accounts).where(accounts.c.id == account_id))).one()
        providers = await linked_providers(connection, account_id)
        given = await _consents(connection, account_id)
    return OwnAccount(
        kind=row.kind,
        name=_opened(deps, row.full_name_sealed, f"name:{account_id}"),
        phone=_opened(deps, row.phone_sealed, f"contact:{account_id}"),
        email=_opened(deps, row.email_sealed, f"contact:{account_id}"),
        has_password=row.password_hash is not None,
        identity_level=row.identity_level,
        providers=providers,
        consents=given,
    )


async def _consents(connection: AsyncConnection, account_id: UUID) -> list[ConsentGiven]:
    query = select(consents, clients.c.name).join(clients).where(consents.c.account_id == account_id)
    rows = (await connection.execute(query.order_by(consents.c.given_at.desc()))).all()
    return [ConsentGiven(row.client_id, row.name, list(row.scopes), row.given_at) for row in rows]


def _opened(deps: Dependencies, sealed: Any, context: str) -> str | None:
    return None if sealed is None else deps.cipher.decrypt(sealed, context).decode()
