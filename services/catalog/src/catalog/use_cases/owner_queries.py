"""What owners of public services see of them: the life of each, its draft, and whether somebody has to look again."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.storage.tables import drafts, public_services, versions
from catalog.use_cases.queries import in_force, next_review
from shared.pagination import Window


async def reviewed_version(connection: AsyncConnection, slug: str, on: date) -> Any:
    """Return the version that a review is about: the one in force, or the one that will be; None if there is none."""
    return (await connection.execute(_reviewed(on).where(versions.c.slug == slug))).first()


def _reviewed(on: date) -> Any:
    """Select one version of each public service: the one in force on a day, else the newest."""
    table = versions
    columns = (
        table.c.slug, table.c.version, table.c.valid_from, table.c.valid_to, table.c.summary,
        public_services.c.code, public_services.c.owner_agency, public_services.c.withdrawn_on,
        next_review().label("review_on"),
    )  # fmt: skip
    return (
        select(*columns)
        .select_from(table.join(public_services))
        .ext(distinct_on(table.c.slug))
        .order_by(table.c.slug, table.c.validity.contains(on).desc(), table.c.version.desc())
    )


async def own_public_services(
    connection: AsyncConnection, agencies: Sequence[str], on: date, *, stale: bool, limit: int, after: str | None
) -> Window[Any]:
    """Return the public services of some agencies by slug, those included that are drafts only."""
    known = _reviewed(on).where(public_services.c.owner_agency.in_(agencies)).subquery()
    drafted = select(drafts).where(drafts.c.owner_agency.in_(agencies)).subquery()
    slug = func.coalesce(known.c.slug, drafted.c.slug).label("slug")
    query = select(
        slug,
        func.coalesce(known.c.code, drafted.c.code).label("code"),
        func.coalesce(known.c.owner_agency, drafted.c.owner_agency).label("owner_agency"),
        func.coalesce(known.c.summary["name"], cast(drafted.c.definition["name"], JSONB)).label("name"),
        known.c.version, known.c.valid_from, known.c.valid_to, known.c.withdrawn_on, known.c.review_on,
        drafted.c.based_on, drafted.c.edited_at,
    ).select_from(known.outerjoin(drafted, known.c.slug == drafted.c.slug, full=True))  # fmt: skip
    if after is not None:
        query = query.where(slug > after)
    if stale:
        is_offered = or_(known.c.withdrawn_on.is_(None), known.c.withdrawn_on > on)
        query = query.where(and_(known.c.review_on < on, is_offered))
    rows = (await connection.execute(query.order_by(slug).limit(limit + 1))).all()
    return Window(rows[:limit], (rows[limit - 1].slug,) if len(rows) > limit else None)


async def count_overdue(connection: AsyncConnection, on: date) -> int:
    """Return how many public services in force have passed the day of their review."""
    return int((await connection.execute(in_force(on, func.count()).where(next_review() < on))).scalar_one())
