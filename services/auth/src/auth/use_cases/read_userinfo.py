"""What somebody lets a client know of them (OpenID Connect Core §5.3): by the scopes of the token, while its session lasts."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth.storage.tables import accounts
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.sessions import find_session

CLAIMS = ("sub", "locale", "name", "phone_number", "phone_number_verified", "email", "email_verified")


async def read_userinfo(
    deps: Dependencies, account_id: UUID, session_id: UUID, scopes: Collection[str]
) -> dict[str, Any] | None:
    """Return the claims of somebody, those that they have; None if the session has ended."""
    async with deps.database.reading() as connection:
        session = await find_session(connection, session_id, deps.clock.now())
        if session is None or session.account_id != account_id:
            return None
        account = (await connection.execute(select(accounts).where(accounts.c.id == account_id))).one()
    told: dict[str, Any] = {"sub": str(account_id)}

    def opened(sealed: bytes, context: str) -> str:
        return deps.cipher.decrypt(sealed, f"{context}:{account_id}").decode()

    if "profile" in scopes:
        told["locale"] = account.language
        if account.full_name_sealed:
            told["name"] = opened(account.full_name_sealed, "name")
    # an account has no contact that was not proved by a code
    if "phone" in scopes and account.phone_sealed:
        told |= {"phone_number": opened(account.phone_sealed, "contact"), "phone_number_verified": True}
    if "email" in scopes and account.email_sealed:
        told |= {"email": opened(account.email_sealed, "contact"), "email_verified": True}
    return told
