"""Sign in with the identity of another provider: its known subject, or a citizen's account made for it.

It is never joined to an account that is there by phone or e-mail: another provider's word on a contact proves nothing here.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.clients.upstream import UpstreamIdentity
from auth.domain.assurance import Level
from auth.storage.audit import Entry
from auth.storage.tables import accounts, upstream_identities
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.sessions import Proved
from shared.ids import new_id

METHOD = "upstream"


async def sign_in_upstream(deps: Dependencies, identity: UpstreamIdentity, language: str) -> tuple[Proved, bool]:
    """Return whose identity it is, and whether a second factor is still due: always to officers."""
    async with deps.database.transaction() as connection:
        account = await find_account_of(deps, connection, identity)
        if account is None:
            account_id = await _make_account(deps, connection, identity, language)
            is_second_due = False
        else:
            account_id = account.id
            await raise_level(deps, connection, account, identity)
            is_weak = account.kind != "citizen" or identity.level == Level.LOW
            is_second_due = is_weak and account.totp_sealed is not None
    deps.waker.wake()
    return Proved(account_id, (METHOD,), identity.level), is_second_due


async def find_account_of(deps: Dependencies, connection: AsyncConnection, identity: UpstreamIdentity) -> Any:
    """Return the account of a provider's subject, or None; until the transaction ends nobody else makes one."""
    subject_hash = hash_subject(deps, identity)
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": subject_hash.hex()})
    is_it = upstream_identities.c.subject_hash == subject_hash, upstream_identities.c.provider == identity.provider
    return (await connection.execute(select(accounts).join(upstream_identities).where(*is_it))).first()


async def add_identity(
    deps: Dependencies, connection: AsyncConnection, account_id: UUID, identity: UpstreamIdentity
) -> None:
    """Write that this subject is the holder of the account."""
    row = {
        "provider": identity.provider,
        "subject_hash": hash_subject(deps, identity),
        "account_id": account_id,
        "linked_at": deps.clock.now(),
    }
    await connection.execute(insert(upstream_identities).values(row))
    facts = {"provider": identity.provider, "level": str(identity.level)}
    await deps.audit.record(connection, Entry("identity-linked", str(account_id), str(account_id), facts=facts))


async def raise_level(
    deps: Dependencies, connection: AsyncConnection, account: Any, identity: UpstreamIdentity
) -> None:
    """Keep the surest that anybody has known who holds the account."""
    if identity.level.rank <= Level(account.identity_level).rank:
        return
    changed = update(accounts).where(accounts.c.id == account.id).values(identity_level=identity.level)
    await connection.execute(changed)
    facts = {"provider": identity.provider, "level": str(identity.level)}
    await deps.audit.record(connection, Entry("identity-level-raised", str(account.id), str(account.id), facts=facts))


def hash_subject(deps: Dependencies, identity: UpstreamIdentity) -> bytes:
    """Return the keyed hash by which a provider's subject is found."""
    return deps.cipher.lookup(f"upstream:{identity.provider}:{identity.subject}")


async def _make_account(
    deps: Dependencies, connection: AsyncConnection, identity: UpstreamIdentity, language: str
) -> UUID:
    account_id = new_id()
    name = identity.name
    values = {
        "id": account_id,
        "kind": "citizen",
        "language": language,
        "identity_level": identity.level,
        "full_name_sealed": deps.cipher.encrypt(name.encode(), f"name:{account_id}") if name else None,
        "created_at": deps.clock.now(),
    }
    await connection.execute(insert(accounts).values(values))
    facts = {"account_id": str(account_id), "kind": "citizen", "language": language}
    await deps.outbox.add(connection, "registered.v1", str(account_id), facts)
    entry = Entry("account-registered", str(account_id), str(account_id), facts={"kind": "citizen"})
    await deps.audit.record(connection, entry)
    await add_identity(deps, connection, account_id, identity)
    return account_id


async def linked_providers(connection: AsyncConnection, account_id: UUID) -> list[str]:
    """Return the providers that know the holder of an account."""
    query = select(upstream_identities.c.provider).where(upstream_identities.c.account_id == account_id)
    return list((await connection.execute(query.order_by(upstream_identities.c.provider))).scalars())
