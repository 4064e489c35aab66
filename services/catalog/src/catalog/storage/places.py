"""Writing places: what a data set says of territories, centres, offers and access points; a centre's exceptions.

Only what differs is written. A place that left the data set stays; a kiosk or an offer that a centre no longer has goes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.data_set import DataSet, Record
from catalog.domain.territories import parents_of, path_to, position_of
from catalog.storage.place_tables import access_points, centre_offers, service_centres, territories

KIOSK, POST_OFFICE = "kiosk", "post-office"


@dataclass(frozen=True)
class PlacesKept:
    """How many places were written, because they are new or differ."""

    territories: int
    service_centres: int
    access_points: int
    offers: int

    @property
    def total(self) -> int:
        return self.territories + self.service_centres + self.access_points + self.offers


async def keep_places(connection: AsyncConnection, data: DataSet) -> PlacesKept:
    """Write the places of a data set that, with what is known already, has no faults, in the transaction of `connection`."""
    in_tree = _territories(data)
    centres = [
        {"slug": centre["slug"], "territory": centre["territory"], "data": centre} for centre in data["service_centres"]
    ]
    return PlacesKept(
        territories=await _keep_tree(connection, in_tree),
        service_centres=await _upsert(connection, service_centres, centres),
        access_points=await _keep_access_points(connection, data, in_tree),
        offers=await _keep_offers(connection, data["service_centres"]),
    )


def _territories(data: DataSet) -> dict[str, Record]:
    """Return the territories and the districts above them by slug."""
    districts = {
        district["slug"]: {"kind": "district", "status": "current", **district}
        for district in data["successor_districts"]
    }
    return districts | {record["slug"]: record for record in data["territories"]}


async def _keep_tree(connection: AsyncConnection, in_tree: Mapping[str, Record]) -> int:
    parents = parents_of(in_tree)
    from_above = sorted(in_tree, key=lambda slug: (len(path_to(parents, slug)), slug))
    rows = [{"slug": slug, "parent": parents[slug], "data": in_tree[slug]} for slug in from_above]
    return await _upsert(connection, territories, rows)


async def _keep_offers(connection: AsyncConnection, centres: Sequence[Record]) -> int:
    table = centre_offers
    known = {(row.centre, row.public_service): row.is_offered for row in await connection.execute(select(table))}
    wanted = {
        (centre["slug"], slug): is_offered
        for centre in centres
        for name, is_offered in (("also_offers", True), ("does_not_offer", False))
        for slug in centre.get(name) or ()
    }
    in_data = {centre["slug"] for centre in centres}
    gone = [key for key in known if key[0] in in_data and key not in wanted]
    for centre, slug in gone:
        await connection.execute(delete(table).where(table.c.centre == centre, table.c.public_service == slug))
    rows = [
        {"centre": centre, "public_service": slug, "is_offered": is_offered}
        for (centre, slug), is_offered in wanted.items()
        if known.get((centre, slug)) is not is_offered
    ]
    if rows:
        entry = insert(table)
        changed = {"is_offered": entry.excluded.is_offered}
        await connection.execute(
            entry.on_conflict_do_update(index_elements=["centre", "public_service"], set_=changed), rows
        )
    return len(rows) + len(gone)


async def _keep_access_points(connection: AsyncConnection, data: DataSet, in_tree: Mapping[str, Record]) -> int:
    rows = [_access_point(record, in_tree) for record in (*_kiosks(data), *_post_offices(data))]
    table, here = access_points, [row["slug"] for row in rows]
    in_data = [centre["slug"] for centre in data["service_centres"]]
    gone = delete(table).where(table.c.kind == KIOSK, table.c.centre.in_(in_data), table.c.slug.not_in(here))
    return (await connection.execute(gone)).rowcount + await _upsert(connection, table, rows)


def _kiosks(data: DataSet) -> Iterator[Record]:
    """Each kiosk stands in its centre: it has the centre's address, hours and coordinates."""
    for centre in data["service_centres"]:
        if centre.get("has_kiosk"):
            copied = ("territory", "postcode", "address_uk", "address_en", "lat", "lon")
            yield {
                "slug": f"kiosk-{centre['slug']}",
                "kind": KIOSK,
                "name_uk": f"Інформаційний кіоск: {centre['name_uk']}",
                "name_en": f"Kiosk: {centre['name_en']}",
                "centre": centre["slug"],
                "accepts_applications": False,
                **{name: centre.get(name) for name in copied},
            }


def _post_offices(data: DataSet) -> Iterator[Record]:
    for office in data["post_offices"]:
        code = office.get("postcode") or office["slug"]
        names = {
            "name_uk": f"Поштове відділення {code}, {office['settlement_uk']}",
            "name_en": f"Post office {code}, {office['settlement_en']}",
        }
        yield {**names, **office, "kind": POST_OFFICE, "centre": None}


def _access_point(record: Record, in_tree: Mapping[str, Record]) -> dict[str, Any]:
    own = position_of(record)
    stands = own or position_of(in_tree[record["territory"]])
    return {
        **{name: record[name] for name in ("slug", "kind", "territory", "centre")},
        "lat": stands.lat if stands else None,
        "lon": stands.lon if stands else None,
        "is_approximate": own is None,
        "data": record,
    }


async def _upsert(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write the rows that are new or differ; return how many."""
    if not rows:
        return 0
    columns = [table.c[name] for name in rows[0]]
    known = {row.slug: dict(row._mapping) for row in await connection.execute(select(*columns))}  # noqa: SLF001  public
    changed = [dict(row) for row in rows if known.get(row["slug"]) != row]
    if changed:
        entry = insert(table)
        updates = {column.name: entry.excluded[column.name] for column in columns if column.name != "slug"}
        await connection.execute(entry.on_conflict_do_update(index_elements=["slug"], set_=updates), changed)
    return len(changed)
