"""Deletes what has had its time: codes, challenges, assertions, places, and sessions that ended long ago. Never the audit log."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, and_, delete, exists, or_, select

from auth.storage.tables import (
    activations,
    authorization_codes,
    challenges,
    failures,
    known_places,
    refresh_tokens,
    registrations,
    sessions,
    sign_in_codes,
    used_assertions,
)
from auth.use_cases.places import KNOWN_FOR
from shared.clock import Clock
from shared.database import Database

# a code that comes a second time must still be known for what it is
_DAY = timedelta(days=1)
# as long as keys of requests: a repeated appointment shows its code again
_MONTH = timedelta(days=30)
_SESSIONS_KEPT = timedelta(days=90)


async def delete_expired(database: Database, clock: Clock) -> Mapping[str, int]:
    """Delete the rows whose time is over, and return how many of each table."""
    deleted = {}
    for table, is_over in _over(clock.now()):
        async with database.transaction() as connection:
            deleted[str(table.name)] = (await connection.execute(delete(table).where(is_over))).rowcount
    return deleted


def _over(now: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    """Return what is deleted of which table, those that refer to others first."""
    long_ago = now - _SESSIONS_KEPT
    ended = or_(sessions.c.ended_at < long_ago, sessions.c.expires_at < long_ago)
    of_ended = select(sessions.c.id).where(ended)
    is_free = ~or_(
        exists().where(refresh_tokens.c.session_id == sessions.c.id),
        exists().where(authorization_codes.c.session_id == sessions.c.id),
    )
    return [
        (registrations, registrations.c.expires_at < now - _DAY),
        (sign_in_codes, sign_in_codes.c.expires_at < now - _DAY),
        (activations, activations.c.expires_at < now - _MONTH),
        (challenges, challenges.c.expires_at < now),
        (used_assertions, used_assertions.c.expires_at < now - timedelta(minutes=5)),
        (known_places, known_places.c.last_at < now - KNOWN_FOR),
        (failures, failures.c.last_at < now - _DAY),
        (authorization_codes, authorization_codes.c.expires_at < now - _DAY),
        (refresh_tokens, or_(refresh_tokens.c.expires_at < long_ago, refresh_tokens.c.session_id.in_(of_ended))),
        (sessions, and_(ended, is_free)),
    ]
