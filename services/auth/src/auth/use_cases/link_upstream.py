"""Link another provider's identity to one's own account, and take it away again.

Linking raises how surely the account's holder is known; without any such identity a citizen is as little known as at the start.
"""

from uuid import UUID

from sqlalchemy import delete, update

from auth.clients.upstream import UpstreamIdentity
from auth.domain.assurance import Level
from auth.domain.errors import LastWayIn
from auth.storage.audit import Entry
from auth.storage.tables import accounts, upstream_identities
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.sessions import lock_account
from auth.use_cases.sign_in_upstream import add_identity, find_account_of, linked_providers, raise_level
from auth.use_cases.ways_in import has_way_in


class IdentityTaken(Exception):
    """The identity is another account's, or the account has another identity of this provider."""


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
        if not await has_way_in(connection, account_id):
            raise LastWayIn
        if account.kind == "citizen" and not await linked_providers(connection, account_id):
            lowered = update(accounts).where(accounts.c.id == account_id).values(identity_level=Level.LOW)
            await connection.execute(lowered)
        entry = Entry("identity-unlinked", str(account_id), str(account_id), facts={"provider": provider})
        await deps.audit.record(connection, entry)
    deps.waker.wake()
