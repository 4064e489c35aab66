"""Link another provider's identity to one's own account, and take it away again.

Linking raises how surely the account's holder is known; without any such identity a citizen is as little known as at the start.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.clients.upstream import UpstreamIdentity
from auth.domain.assurance import Level
from auth.storage.audit import Entry
from auth.storage.tables import accounts, logins, passkeys, upstream_identities
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.sessions import lock_account
from auth.use_cases.sign_in_upstream import add_identity, find_account_of, linked_providers, raise_level


class IdentityTaken(Exception):
    """The identity is another account's, or the account has another identity of this provider."""


class LastWayIn(Exception):
    """Without this identity nobody could sign in to the account."""


async def link_upstream(deps: Dependencies, account_id: UUID, identity: UpstreamIdentity) -> None:
    """Make the identity the account's; again, it changes nothing. Raises IdentityTaken."""
    async with deps.database.transaction() as connection:
        owner = await find_account_of(deps, connection, identity)
        account = await lock_account(connection, account_id)
        if owner is None and identity.provider in await linked_providers(connection, account_id):
            raise IdentityTaken
        if owner is not None and owner.id != account_id:
            raise IdentityTaken
        if owner is None:
            await add_identity(deps, connection, account_id, identity)
        await raise_level(deps, connection, account, identity)
    deps.waker.wake()


async def unlink_upstream(deps: Dependencies, account_id: UUID, provider: str) -> None:
    """Forget the account's identity at a provider, if it has one. Raises LastWayIn."""
    async with deps.database.transaction() as connection:
        account = await lock_account(connection, account_id)
        mine = upstream_identities.c.account_id == account_id
        gone = delete(upstream_identities).where(mine, upstream_identities.c.provider == provider)
        if not (await connection.execute(gone)).rowcount:
            return
        others = await linked_providers(connection, account_id)
        if not others and not await _has_another_way_in(connection, account):
            raise LastWayIn
        if not others and account.kind == "citizen":
            lowered = update(accounts).where(accounts.c.id == account_id).values(identity_level=Level.LOW)
            await connection.execute(lowered)
        entry = Entry("identity-unlinked", str(account_id), str(account_id), facts={"provider": provider})
        await deps.audit.record(connection, entry)
    deps.waker.wake()


async def _has_another_way_in(connection: AsyncConnection, account: Any) -> bool:
    has_login = exists().where(logins.c.account_id == account.id)
    has_passkey = exists().where(passkeys.c.account_id == account.id)
    return bool(await connection.scalar(select(has_login | has_passkey)))
