"""The read side of the catalogue: search, lists, cards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Numeric, Text, cast, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.folding import fold
from catalog.storage.tables import public_services, records, versions
from shared.pagination import Window

_LEAST_LIKENESS = 0.4
_NUMERIC = Numeric()


@dataclass(frozen=True)
class Wanted:
    """Which public services: a text to search and exact filters."""

    q: str | None = None
    life_event: str | None = None
    applicant_kind: str | None = None
    agency: str | None = None
    channel: str | None = None


async def search_services(
    connection: AsyncConnection, wanted: Wanted, *, limit: int, after: tuple[Any, ...] | None
) -> Window[Any]:
    """Return public services: by slug, or by likeness when a text is given."""
    table = public_services
    query = select(table.c.slug, table.c.code, table.c.version, table.c.summary).where(table.c.withdrawn_on.is_(None))
    for name in ("life_event", "applicant_kind", "channel"):
        if value := getattr(wanted, name):
            query = query.where(table.c.summary.contains(cast({f"{name}s": [value]}, JSONB)))
    if wanted.agency:
        query = query.where(table.c.summary["agency"].astext == wanted.agency)
    text = fold(wanted.q or "")[:200]
    if wanted.q and wanted.q.strip() and not text:
        return Window([], None)  # nothing but signs is like no name
    if not text:
        if after:
            query = query.where(table.c.slug > after[1])
        rows = (await connection.execute(query.order_by(table.c.slug).limit(limit + 1))).all()
        return Window(rows[:limit], (0.0, rows[limit - 1].slug) if len(rows) > limit else None)
    likeness = _likeness(text)
    found = query.add_columns(likeness.label("likeness")).where(_matches(text)).subquery()
    ranked = select(found).where(found.c.likeness >= _LEAST_LIKENESS)
    if after:
        ranked = ranked.where(tuple_(-found.c.likeness, found.c.slug) > tuple_(-literal(after[0], Numeric), after[1]))
    rows = (await connection.execute(ranked.order_by(found.c.likeness.desc(), found.c.slug).limit(limit + 1))).all()
    page = rows[:limit]
    return Window(page, (page[-1].likeness, page[-1].slug) if len(rows) > limit else None)


def _likeness(text: str) -> Any:
    """How like the name is to the text: words found whole weigh most, then trigrams, then the description."""
    table = public_services
    name = func.word_similarity(text, table.c.folded_name)
    whole = func.similarity(text, table.c.folded_name)
    described = func.word_similarity(text, table.c.folded_text)
    words = [
        func.greatest(
            func.word_similarity(word, table.c.folded_name), func.word_similarity(word[:-2], table.c.folded_name)
        )
        for word in text.split()[:8]
        if len(word) > 3
    ]
    by_word = sum(words[1:], start=words[0]) / len(words) if words else name
    # to one digit more than people could tell apart: a cursor compares it again
    return func.round(cast(0.35 * name + 0.15 * whole + 0.4 * by_word + 0.1 * described, _NUMERIC), 4)


def _matches(text: str) -> Any:
    """Candidates by index: a word of the text like a word of the name or the description."""
    table = public_services
    conditions = []
    for word in text.split()[:8]:
        conditions.append(literal(word, Text).op("<%")(table.c.folded_name))
        conditions.append(literal(word, Text).op("<%")(table.c.folded_text))
    return or_(*conditions)


async def current_version(connection: AsyncConnection, slug: str, on: date) -> Any:
    """Return the version of a card that is valid on a date, or None."""
    query = (
        select(versions, public_services.c.withdrawn_on)
        .join(public_services)
        .where(versions.c.slug == slug, versions.c.valid_from <= on)
        .order_by(versions.c.version.desc())
        .limit(1)
    )
    return (await connection.execute(query)).first()


async def versions_of(connection: AsyncConnection, slug: str) -> Sequence[Any]:
    """Return the versions of a card, the newest first."""
    query = select(versions.c.version, versions.c.valid_from, versions.c.published_at).where(versions.c.slug == slug)
    return (await connection.execute(query.order_by(versions.c.version.desc()))).all()


async def list_records(connection: AsyncConnection, kind: str, territory: str | None = None) -> Sequence[Any]:
    """Return the records of one kind by slug."""
    query = select(records.c.data).where(records.c.kind == kind)
    if territory:
        query = query.where(records.c.territory == territory)
    return (await connection.execute(query.order_by(records.c.slug))).scalars().all()


async def find_record(connection: AsyncConnection, kind: str, slug: str) -> Any:
    """Return one record's data, or None."""
    query = select(records.c.data).where(records.c.kind == kind, records.c.slug == slug)
    return (await connection.execute(query)).scalar()


async def life_events(connection: AsyncConnection) -> Sequence[Any]:
    """Return (life event, number of services), the most frequent first."""
    event = func.jsonb_array_elements_text(public_services.c.summary["life_events"]).label("event")
    each = select(event).where(public_services.c.withdrawn_on.is_(None)).subquery()
    count = func.count().label("services")
    return (
        await connection.execute(
            select(each.c.event, count).group_by(each.c.event).order_by(count.desc(), each.c.event)
        )
    ).all()
