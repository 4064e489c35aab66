"""Activation codes: how an officer who was appointed, or lost everything, comes to a password and a second factor.

A code is derived from a random number that is kept, so that a repeated request shows the same one and no row holds it.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.paper_codes import ACTIVATION_GROUPS, RECOVERY_GROUPS, normal_code, paper_code
from auth.storage.tables import accounts, activations
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.recovery_codes import SET_SIZE
from shared.ids import new_id

ACTIVATION_PATH = "/activate"
_LIFE = timedelta(days=7)
# an answer that was lost can be asked for again
_REPEATABLE = timedelta(minutes=10)
_MOST_TRIES = 5


@dataclass(frozen=True)
class ActivationCode:
    """A code, until when it is good, and the page where it is typed in."""

    code: str
    expires_at: datetime
    address: str


async def write_activation(deps: Dependencies, connection: AsyncConnection, account_id: UUID) -> None:
    """Make a new code for an account; the one before is good no more."""
    row = {"nonce": new_id(), "attempts": 0, "expires_at": deps.clock.now() + _LIFE}
    entry = insert(activations).values(account_id=account_id, **row)
    await connection.execute(entry.on_conflict_do_update(index_elements=["account_id"], set_=row))


async def read_activation(deps: Dependencies, connection: AsyncConnection, account_id: UUID) -> ActivationCode | None:
    """Return the code of an account that is not activated yet."""
    query = (
        select(activations)
        .join(accounts)
        .where(activations.c.account_id == account_id, accounts.c.totp_sealed.is_(None))
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    address = deps.settings.public_url.rstrip("/") + ACTIVATION_PATH
    return ActivationCode(_code(deps, row), row.expires_at, address)


async def count_activation(connection: AsyncConnection, account_id: UUID | None, now: datetime) -> Any:
    """Count a try before it is judged, and return the activation; None if its time or its tries are over."""
    may_try = activations.c.attempts < _MOST_TRIES, activations.c.expires_at > now
    counted = update(activations).where(activations.c.account_id == account_id, *may_try)
    return (
        await connection.execute(counted.values(attempts=activations.c.attempts + 1).returning(activations))
    ).first()


async def uncount_activation(connection: AsyncConnection, activation: Any) -> None:
    """Take a right try off again."""
    fewer = update(activations).where(activations.c.nonce == activation.nonce)
    await connection.execute(fewer.values(attempts=activations.c.attempts - 1))


def is_right(deps: Dependencies, activation: Any, given: str) -> bool:
    """Tell whether this is the code."""
    return hmac.compare_digest(_code(deps, activation).encode(), normal_code(given).encode())


async def close_activation(connection: AsyncConnection, activation: Any, now: datetime) -> None:
    """Let the code of an account that is active now end in ten minutes; until then it only shows the same answer again."""
    closed = update(activations).where(activations.c.account_id == activation.account_id)
    await connection.execute(closed.values(expires_at=min(activation.expires_at, now + _REPEATABLE)))


async def drop_activation(connection: AsyncConnection, account_id: UUID) -> None:
    """Leave an account without a code."""
    await connection.execute(delete(activations).where(activations.c.account_id == account_id))


def first_recovery_codes(deps: Dependencies, activation: Any) -> list[str]:
    """Return the recovery codes that come with the activation, the same ones each time."""
    seeds = (f"first-recovery:{activation.account_id}:{activation.nonce}:{number}" for number in range(SET_SIZE))
    return [paper_code(deps.cipher.lookup(seed), RECOVERY_GROUPS) for seed in seeds]


def _code(deps: Dependencies, activation: Any) -> str:
    return paper_code(deps.cipher.lookup(f"activation:{activation.account_id}:{activation.nonce}"), ACTIVATION_GROUPS)
