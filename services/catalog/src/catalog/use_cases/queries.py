"""The read side of the catalogue: lists and cards."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.storage.tables import public_services, records, reviews, versions


def in_force(on: date, *columns: Any) -> Select[Any]:
    """Select from the versions in force on a date, of public services that are not withdrawn by then."""
    is_offered = or_(public_services.c.withdrawn_on.is_(None), public_services.c.withdrawn_on > on)
    return (
        select(*columns).select_from(versions.join(public_services)).where(versions.c.validity.contains(on), is_offered)
    )


def next_review() -> ColumnElement[date]:
    """The day by which the owner of a version looks again: as last confirmed, or as published."""
    confirmed = (
        select(reviews.c.review_on)
        .where(reviews.c.slug == versions.c.slug, reviews.c.version == versions.c.version)
        .order_by(reviews.c.confirmed_at.desc())
        .limit(1)
        .correlate(versions)
        .scalar_subquery()
    )
    return func.coalesce(confirmed, versions.c.review_on)


async def current_version(connection: AsyncConnection, slug: str, on: date) -> Any:
    """Return the version of a card that is in force on a date, or None; a withdrawn one stays readable."""
    columns = (versions, public_services.c.withdrawn_on, next_review().label("next_review_on"))
    query = select(*columns).join(public_services).where(versions.c.slug == slug, versions.c.validity.contains(on))
    return (await connection.execute(query)).first()


async def versions_of(connection: AsyncConnection, slug: str) -> Sequence[Any]:
    """Return the versions of a card, the newest first."""
    table = versions
    query = (
        select(
            table.c.version, table.c.valid_from, table.c.valid_to, table.c.published_at, public_services.c.withdrawn_on
        )
        .join(public_services)
        .where(table.c.slug == slug)
    )
    return (await connection.execute(query.order_by(table.c.version.desc()))).all()


async def find_record(connection: AsyncConnection, kind: str, slug: str) -> dict[str, Any] | None:
    """Return one record, or None."""
    query = select(records.c.data).where(records.c.kind == kind, records.c.slug == slug)
    found: dict[str, Any] | None = (await connection.execute(query)).scalar()
    return found


async def list_records(connection: AsyncConnection, kind: str) -> Sequence[Any]:
    """Return the records of one kind by slug."""
    query = select(records.c.data).where(records.c.kind == kind)
    return (await connection.execute(query.order_by(records.c.slug))).scalars().all()


async def life_events(connection: AsyncConnection, on: date) -> Sequence[Any]:
    """Return (life event, number of services), the most frequent first."""
    event = func.jsonb_array_elements_text(versions.c.summary["life_events"]).label("event")
    each = in_force(on, event).subquery()
    count = func.count().label("services")
    return (
        await connection.execute(
            select(each.c.event, count).group_by(each.c.event).order_by(count.desc(), each.c.event)
        )
    ).all()
