"""Reading what search is made of: versions that are not over, and where centres offer what."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.search_entries import Entry, Searched, searched
from catalog.domain.search_index import Offers
from catalog.domain.territories import path_to
from catalog.storage.place_tables import centre_offers, service_centres, territories
from catalog.storage.tables import public_services, versions

Known = Mapping[tuple[str, int], Searched]
_AT_ONCE = 100


async def read_entries(connection: AsyncConnection, today: date, known: Known) -> dict[tuple[str, int], Entry]:
    """Return by slug and number the versions that are offered today or will be; of `known` ones only the days are read."""
    rows = {(row.slug, row.version): row for row in await connection.execute(_not_over(today))}
    texts = dict(known)
    unknown = sorted(rows.keys() - known.keys())
    for start in range(0, len(unknown), _AT_ONCE):
        texts |= await _read(connection, unknown[start : start + _AT_ONCE])
    return {key: Entry(texts[key], row.valid_from, row.shown_to) for key, row in rows.items()}


async def read_offers(connection: AsyncConnection) -> Offers:
    """Return where the centres are, and what each of them says of what it offers."""
    tree = select(territories.c.slug, territories.c.parent)
    parents = {row.slug: row.parent for row in await connection.execute(tree)}
    centres: dict[str, list[str]] = defaultdict(list)
    here = set[str]()
    for row in await connection.execute(select(service_centres.c.slug, service_centres.c.territory)):
        here.add(row.territory)
        for territory in (*path_to(parents, row.territory), row.territory):
            centres[territory].append(row.slug)
    added: dict[str, set[str]] = defaultdict(set)
    refused: dict[str, set[str]] = defaultdict(set)
    for row in await connection.execute(select(centre_offers)):
        (added if row.is_offered else refused)[row.centre].add(row.public_service)
    return Offers(centres, added, refused, here)


def _not_over(today: date) -> Select[Any]:
    ends = func.least(versions.c.valid_to, public_services.c.withdrawn_on).label("shown_to")
    return (
        select(versions.c.slug, versions.c.version, versions.c.valid_from, ends)
        .join(public_services)
        .where(or_(ends.is_(None), (ends > today) & (ends > versions.c.valid_from)))
    )


async def _read(connection: AsyncConnection, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Searched]:
    """Return what versions are found by; a few at a time, so that other work goes on in between."""
    definition = versions.c.definition
    query = select(
        versions.c.slug, versions.c.version, versions.c.summary,
        definition["code"].as_string().label("code"), definition["description"].label("description"),
    ).where(tuple_(versions.c.slug, versions.c.version).in_(keys))  # fmt: skip
    return {
        (row.slug, row.version): searched(row.slug, row.version, row.code, row.summary, list(row.description.values()))
        for row in await connection.execute(query)
    }
