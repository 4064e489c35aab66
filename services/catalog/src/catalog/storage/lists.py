"""The catalogue as the lists of a data set: what an export writes, and beside what an import is judged."""

from datetime import date
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.data_set import DataSet, Record
from catalog.storage.place_tables import access_points, service_centres, territories
from catalog.storage.places import POST_OFFICE
from catalog.storage.tables import public_services, records, versions

_HERE = "the catalogue"


async def places_and_bodies(connection: AsyncConnection) -> DataSet:
    """Return territories, districts, centres, post offices, agencies and registers, each list by slug."""
    regions = await _data(connection, select(territories.c.data).order_by(territories.c.slug))
    offices = select(access_points.c.data).where(access_points.c.kind == POST_OFFICE).order_by(access_points.c.slug)
    centres = select(service_centres.c.data).order_by(service_centres.c.slug)
    known = DataSet()
    # both are rows of one table; a district that took territories in has no old code
    known.add("territories", [record for record in regions if "koatuu" in record], file=_HERE)
    known.add("successor_districts", [record for record in regions if "koatuu" not in record], file=_HERE)
    known.add("service_centres", await _data(connection, centres), file=_HERE)
    known.add("post_offices", await _data(connection, offices), file=_HERE)
    for name, kind in (("agencies", "agency"), ("registers", "register")):
        bodies = select(records.c.data).where(records.c.kind == kind).order_by(records.c.slug)
        known.add(name, await _data(connection, bodies), file=_HERE)
    return known


async def codes_of_services(connection: AsyncConnection) -> dict[str, str]:
    """Return the code of each public service by slug, also of those that are withdrawn."""
    query = select(public_services.c.slug, public_services.c.code)
    return {row.slug: row.code for row in await connection.execute(query)}


async def versions_from(connection: AsyncConnection, today: date) -> dict[str, list[tuple[date, Record]]]:
    """Return (first day, definition) of each version that is in force today or will be, by slug, in order of days."""
    found: dict[str, list[tuple[date, Record]]] = {}
    for row in await connection.execute(_not_over(today)):
        found.setdefault(row.slug, []).append((row.valid_from, row.definition))
    return found


async def exported_versions(connection: AsyncConnection, today: date) -> list[Record]:
    """Return definitions in force, and those to come with their `valid_from`; none of what is withdrawn by then."""
    table = public_services
    query = _not_over(today).where(or_(table.c.withdrawn_on.is_(None), table.c.withdrawn_on > versions.c.valid_from))
    query = query.where(or_(table.c.withdrawn_on.is_(None), table.c.withdrawn_on > today))
    rows = await connection.execute(query)
    return [
        {**row.definition, **({"valid_from": row.valid_from.isoformat()} if row.valid_from > today else {})}
        for row in rows
    ]


def _not_over(today: date) -> Select[Any]:
    table = versions
    has_days = or_(table.c.valid_to.is_(None), table.c.valid_to > table.c.valid_from)
    return (
        select(table.c.slug, table.c.valid_from, table.c.definition)
        .join(public_services)
        .where(has_days, or_(table.c.valid_to.is_(None), table.c.valid_to > today))
        .order_by(table.c.slug, table.c.valid_from)
    )


async def _data(connection: AsyncConnection, query: Select[Any]) -> list[Record]:
    return list((await connection.execute(query)).scalars())
