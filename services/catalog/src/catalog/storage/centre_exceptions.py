"""The dated exceptions of service centres: those of one centre are changed one at a time, by who read the newest state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.centre_errors import (
    CalendarChanged,
    CentreNotFound,
    ExceptionIsOver,
    ExceptionNotFound,
    ExceptionsCollide,
    TooManyExceptions,
)
from catalog.domain.days import kyiv_date
from catalog.domain.hours import HORIZON_DAYS, DatedException, Span, clock_time, span_of
from catalog.storage.place_tables import centre_exceptions, service_centres
from catalog.storage.publication import tell_of_change

MOST_AHEAD = 400


@dataclass(frozen=True)
class CentreChange:
    """Whose exceptions are changed, the revision that the caller read, and who changes them when."""

    centre: str
    revision: int
    by: str
    now: datetime


@dataclass(frozen=True)
class KnownException:
    """An exception with the id by which it is changed."""

    id: UUID
    terms: DatedException


class CentreCalendar:
    """The exceptions of one centre, locked until the transaction ends; every write makes a new revision."""

    def __init__(self, connection: AsyncConnection, change: CentreChange) -> None:
        self._connection = connection
        self._change = change

    async def lock(self) -> None:
        """Raises CentreNotFound, or CalendarChanged when the caller read an older revision."""
        table = service_centres
        row = select(table.c.revision).where(table.c.slug == self._change.centre).with_for_update()
        revision = (await self._connection.execute(row)).scalar()
        if revision is None:
            raise CentreNotFound(self._change.centre)
        if revision != self._change.revision:
            raise CalendarChanged

    async def write(self, entry: KnownException) -> int:
        """Enter an exception, or put it in the place of the one with its id; return the new revision."""
        today = kyiv_date(self._change.now)
        if entry.terms.to_on < today:
            raise ExceptionIsOver(entry.terms.to_on)
        ahead = await exceptions_of(self._connection, [self._change.centre], today)
        others = [known for _, known in ahead if known.id != entry.id]
        if len(others) >= MOST_AHEAD:
            raise TooManyExceptions(MOST_AHEAD)
        for other in others:
            if entry.terms.collides(other.terms):
                raise ExceptionsCollide(other.terms.from_on, other.terms.to_on)
        row = insert(centre_exceptions).values(self._row(entry))
        changed = {name: row.excluded[name] for name in self._row(entry) if name not in {"id", "centre"}}
        await self._connection.execute(row.on_conflict_do_update(index_elements=["id"], set_=changed))
        return await self._turn()

    async def remove(self, exception_id: UUID) -> int:
        """Take an exception out; return the new revision. Raises ExceptionNotFound."""
        await self._connection.execute(delete(centre_exceptions).where(await self._this(exception_id)))
        return await self._turn()

    async def require(self, exception_id: UUID) -> None:
        """Raises ExceptionNotFound unless the centre has it."""
        await self._this(exception_id)

    async def _this(self, exception_id: UUID) -> Any:
        table = centre_exceptions
        this = (table.c.id == exception_id) & (table.c.centre == self._change.centre)
        if not (await self._connection.execute(select(func.count()).select_from(table).where(this))).scalar():
            raise ExceptionNotFound
        return this

    async def _turn(self) -> int:
        table = service_centres
        turned = update(table).where(table.c.slug == self._change.centre).values(revision=table.c.revision + 1)
        revision: int = (await self._connection.execute(turned.returning(table.c.revision))).scalar_one()
        await tell_of_change(self._connection)
        return revision

    def _row(self, entry: KnownException) -> dict[str, Any]:
        terms = entry.terms
        return {
            "id": entry.id,
            "centre": self._change.centre,
            "kind": terms.kind,
            "from_on": terms.from_on,
            "to_on": terms.to_on,
            "hours": None if terms.hours is None else spans_as_text(terms.hours),
            "closed": spans_as_text(terms.closed),
            "reason": dict(terms.reason),
            "written_by": self._change.by,
            "written_at": self._change.now,
        }


async def exceptions_of(
    connection: AsyncConnection, centres: Sequence[str], since: date, *, until: date | None = None
) -> list[tuple[str, KnownException]]:
    """Return (centre, exception) of those that are not over on a date, by their first day."""
    table = centre_exceptions
    query = select(table).where(table.c.centre.in_(centres), table.c.to_on >= since)
    if until is not None:
        query = query.where(table.c.from_on <= until)
    rows = await connection.execute(query.order_by(table.c.centre, table.c.from_on, table.c.id))
    return [(row.centre, KnownException(row.id, _terms(row))) for row in rows]


async def exceptions_around(
    connection: AsyncConnection, centres: Sequence[str], day: date
) -> Mapping[str, list[DatedException]]:
    """Return what is different in each centre on a day and as far ahead as its state is told."""
    by_centre: dict[str, list[DatedException]] = {slug: [] for slug in centres}
    last = day + timedelta(days=HORIZON_DAYS)
    for centre, known in await exceptions_of(connection, centres, day, until=last):
        by_centre[centre].append(known.terms)
    return by_centre


def spans_as_text(spans: Sequence[Span]) -> list[dict[str, str]]:
    """Return spans as they are stored and travel: HH:MM on the wall clock."""
    return [{"opens": clock_time(span.opens), "closes": clock_time(span.closes)} for span in spans]


def spans_from_text(spans: Sequence[Mapping[str, str]]) -> tuple[Span, ...]:
    """Return spans from how they are stored and travel; raises ValueError."""
    return tuple(span_of(span["opens"], span["closes"]) for span in spans)


def _terms(row: Any) -> DatedException:
    return DatedException(
        kind=row.kind,
        from_on=row.from_on,
        to_on=row.to_on,
        reason=row.reason,
        hours=None if row.hours is None else spans_from_text(row.hours),
        closed=spans_from_text(row.closed),
    )
