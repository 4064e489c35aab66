"""Call a passkey something else, so that its holder knows which is which."""

from uuid import UUID

from sqlalchemy import update

from auth.domain.errors import PasskeyNotFound
from auth.storage.tables import passkeys
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.fresh_session import fresh_session


async def rename_passkey(
    deps: Dependencies, account_id: UUID, session_id: UUID, credential_id: bytes, name: str
) -> None:
    """Keep another name. Raises SessionEnded, FreshSignInNeeded, PasskeyNotFound."""
    is_it = passkeys.c.credential_id == credential_id, passkeys.c.account_id == account_id
    async with deps.database.transaction() as connection:
        await fresh_session(deps, connection, account_id, session_id)
        if not (await connection.execute(update(passkeys).where(*is_it).values(name=name))).rowcount:
            raise PasskeyNotFound
