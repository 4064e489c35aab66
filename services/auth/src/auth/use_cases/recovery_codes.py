"""Recovery codes: ten, each good once in the place of the authenticator; a set replaces the one before."""

from secrets import token_bytes
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.errors import SecondFactorMissing
from auth.domain.paper_codes import RECOVERY_GROUPS, normal_code, paper_code
from auth.storage.audit import Entry
from auth.storage.tables import recovery_codes
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.fresh_session import fresh_session

SET_SIZE = 10


async def replace_recovery_codes(deps: Dependencies, account_id: UUID, session_id: UUID) -> list[str]:
    """Return a new set, shown here and nowhere else. Raises SessionEnded, FreshSignInNeeded, SecondFactorMissing."""
    async with deps.database.transaction() as connection:
        _, account = await fresh_session(deps, connection, account_id, session_id)
        if account.totp_sealed is None:
            raise SecondFactorMissing
        codes = new_codes()
        await keep_codes(deps, connection, account_id, codes)
        entry = Entry("recovery-codes-replaced", str(account_id), str(account_id))
        await deps.audit.record(connection, entry)
    deps.waker.wake()
    return codes


def new_codes() -> list[str]:
    """Return a set of codes."""
    return [paper_code(token_bytes(32), RECOVERY_GROUPS) for _ in range(SET_SIZE)]


async def keep_codes(deps: Dependencies, connection: AsyncConnection, account_id: UUID, codes: list[str]) -> None:
    """Make these the codes of an account."""
    await forget_codes(connection, account_id)
    rows = [{"code_hash": _hash(deps, account_id, code), "account_id": account_id} for code in codes]
    await connection.execute(insert(recovery_codes), rows)


async def forget_codes(connection: AsyncConnection, account_id: UUID) -> None:
    """Leave an account without recovery codes."""
    await connection.execute(delete(recovery_codes).where(recovery_codes.c.account_id == account_id))


async def codes_left(connection: AsyncConnection, account_id: UUID) -> int:
    """Return how many codes of the set can still be used."""
    unused = recovery_codes.c.account_id == account_id, recovery_codes.c.used_at.is_(None)
    return (await connection.execute(select(func.count()).select_from(recovery_codes).where(*unused))).scalar_one()


async def take_recovery_code(deps: Dependencies, account_id: UUID, code: str) -> bool:
    """Use one code up; tell whether it was good."""
    is_it = recovery_codes.c.code_hash == _hash(deps, account_id, normal_code(code)), recovery_codes.c.used_at.is_(None)
    async with deps.database.transaction() as connection:
        taken = update(recovery_codes).where(*is_it).values(used_at=deps.clock.now())
        if not (await connection.execute(taken)).rowcount:
            return False
        facts = {"left": await codes_left(connection, account_id)}
        entry = Entry("recovery-code-used", str(account_id), str(account_id), facts=facts)
        await deps.audit.record(connection, entry)
    return True


def _hash(deps: Dependencies, account_id: UUID, code: str) -> bytes:
    return deps.cipher.lookup(f"recovery:{account_id}:{code}")
