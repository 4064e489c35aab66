"""What routes of places are asked by: a point, an instant, a position in a list."""

import re
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Path, Query, Request

from catalog.domain.days import KYIV
from catalog.domain.territories import Position
from shared.clock import Clock
from shared.database import Database
from shared.problems import INVALID, Problem

MOST_DAYS_AWAY = 400
_POINT = re.compile(r"(-?\d{1,2}(?:\.\d{1,10})?),(-?\d{1,3}(?:\.\d{1,10})?)")

Slug = Annotated[str, Path(max_length=120)]
Filter = Annotated[str | None, Query(max_length=120)]


async def database_of(request: Request) -> Database:
    """Return the database of this process."""
    database: Database = request.app.state.database
    return database


async def now_of(request: Request) -> datetime:
    """Return now, by the clock of this process."""
    clock: Clock = request.app.state.clock
    return clock.now()


async def point(
    near: Annotated[str | None, Query(max_length=40, description="`lat,lon` in degrees, WGS 84: 48.465,35.046")] = None,
) -> Position | None:
    """Return the point near which places are sought; anything else is a 422."""
    if near is None:
        return None
    match = _POINT.fullmatch(near.replace(" ", ""))
    position = Position(float(match[1]), float(match[2])) if match else None
    if position is None or abs(position.lat) > 90 or abs(position.lon) > 180:
        raise Problem(INVALID, errors=[("?near", "is not lat,lon in degrees")])
    return position


async def instant(
    now: Annotated[datetime, Depends(now_of)],
    open_at: Annotated[
        str | None,
        Query(max_length=40, description="Only what is open then: RFC 3339, in Kyiv time without an offset, or `now`"),
    ] = None,
) -> datetime | None:
    """Return the instant at which places have to be open, or None; one more than a year away is a 422."""
    if open_at is None:
        return None
    if open_at == "now":
        return now
    try:
        given = datetime.fromisoformat(open_at)
        given = given.replace(tzinfo=KYIV) if given.tzinfo is None else given
        is_far = abs(given - now) > timedelta(days=MOST_DAYS_AWAY)
    except (ValueError, OverflowError):
        raise Problem(INVALID, errors=[("?open_at", "is no date and time, nor `now`")]) from None
    if is_far:
        raise Problem(INVALID, errors=[("?open_at", f"is more than {MOST_DAYS_AWAY} days away")])
    return given


Store = Annotated[Database, Depends(database_of)]
Now = Annotated[datetime, Depends(now_of)]
Near = Annotated[Position | None, Depends(point)]
OpenAt = Annotated[datetime | None, Depends(instant)]
