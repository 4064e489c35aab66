"""The read side of places: territories, centres and their state, access points, and which of them offer what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.days import kyiv_date
from catalog.domain.hours import State, Timetable, weekly_hours
from catalog.domain.territories import Position, metres_between, position_of
from catalog.storage.centre_exceptions import exceptions_around
from catalog.storage.place_tables import access_points, centre_offers, service_centres, territories
from catalog.storage.places import KIOSK, POST_OFFICE
from catalog.storage.tables import public_services, versions
from catalog.use_cases.queries import in_force
from shared.pagination import Window

IN_CENTRES = "service-centre"
_FARTHEST_METRES = 50_000_000
CHANNEL_OF_POINT = {KIOSK: "kiosk-info", POST_OFFICE: "post-office"}


@dataclass(frozen=True)
class WantedPlaces:
    """Which places: of a territory and all below it, for a public service, near a point, at an instant."""

    at: datetime
    territory: str | None = None
    public_service: str | None = None
    near: Position | None = None
    only_open: bool = False

    @property
    def day(self) -> date:
        return kyiv_date(self.at)


@dataclass(frozen=True)
class FoundCentre:
    """A centre with its state at the instant asked for, and how far it is (metres), if that was asked and is known."""

    data: Mapping[str, Any]
    state: State
    metres: int | None


@dataclass(frozen=True)
class FoundPoint:
    """An access point, and how far it is."""

    data: Mapping[str, Any]
    position: Position | None
    is_approximate: bool
    metres: int | None


async def list_territories(
    connection: AsyncConnection, *, kind: str | None = None, parent: str | None = None, code: str | None = None
) -> Sequence[Any]:
    """Return (slug, parent, data) of territories, by slug."""
    table = territories
    query = select(table).order_by(table.c.slug)
    if kind:
        query = query.where(table.c.data["kind"].astext == kind)
    if parent:
        query = query.where(table.c.parent == parent)
    if code:
        query = query.where(or_(*(table.c.data[name].astext == code for name in ("koatuu", "katottg"))))
    return (await connection.execute(query)).all()


async def find_centres(connection: AsyncConnection, wanted: WantedPlaces) -> list[FoundCentre]:
    """Return centres by slug, or, near a point, those that are open before the others and the nearest first."""
    table = service_centres
    query = select(table.c.slug, table.c.data).order_by(table.c.slug)
    if wanted.territory:
        query = query.where(table.c.territory.in_(_within(wanted.territory)))
    if wanted.public_service:
        query = query.where(
            exists(_offered(wanted.day, table.c.slug, versions.c.slug).where(versions.c.slug == wanted.public_service))
        )
    rows = (await connection.execute(query)).all()
    found = await _with_state(connection, [row.data for row in rows], wanted)
    if wanted.only_open:
        found = [centre for centre in found if centre.state.is_open]
    if wanted.near:
        found.sort(key=lambda centre: (not centre.state.is_open, *_by_distance(centre.metres)))
    return found


async def find_centre(connection: AsyncConnection, slug: str, at: datetime) -> tuple[FoundCentre, int] | None:
    """Return one centre with its state, and the revision of its exceptions; None if there is none."""
    query = select(service_centres).where(service_centres.c.slug == slug)
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    (found,) = await _with_state(connection, [row.data], WantedPlaces(at))
    return found, row.revision


async def revision_of(connection: AsyncConnection, slug: str) -> int | None:
    """Return the revision of a centre's exceptions; None if there is no such centre."""
    query = select(service_centres.c.revision).where(service_centres.c.slug == slug)
    revision: int | None = (await connection.execute(query)).scalar()
    return revision


async def services_of_centre(
    connection: AsyncConnection, slug: str, *, on: date, limit: int, after: str | None
) -> Window[Any]:
    """Return the public services that a centre offers on a date, by slug."""
    columns = (versions.c.slug, public_services.c.code, versions.c.version, versions.c.summary)
    query = _offered(on, literal(slug, Text), *columns)
    if after:
        query = query.where(versions.c.slug > after)
    rows = (await connection.execute(query.order_by(versions.c.slug).limit(limit + 1))).all()
    return Window(rows[:limit], (rows[limit - 1].slug,) if len(rows) > limit else None)


async def channels_of(connection: AsyncConnection, slug: str, on: date) -> Sequence[str] | None:
    """Return how a public service can be applied for on a date: nothing once it is withdrawn; None if there is none."""
    query = in_force(on, versions.c.summary["channels"]).where(versions.c.slug == slug)
    channels = (await connection.execute(query)).scalar()
    if channels is None:
        is_known = select(public_services.c.slug).where(public_services.c.slug == slug)
        return [] if (await connection.execute(is_known)).scalar() else None
    return list(channels)


async def find_access_points(
    connection: AsyncConnection,
    wanted: WantedPlaces,
    *,
    kind: str | None = None,
    limit: int,
    after: tuple[int, str] | None = None,
) -> Window[FoundPoint]:
    """Return access points by slug, or the nearest first; `after` is (metres, slug), metres 0 when none are asked."""
    table = access_points
    query = select(table.c.slug, table.c.lat, table.c.lon)
    if kind:
        query = query.where(table.c.kind == kind)
    if wanted.territory:
        query = query.where(table.c.territory.in_(_within(wanted.territory)))
    if wanted.public_service:
        query = query.where(_serves(await channels_of(connection, wanted.public_service, wanted.day) or ()))
    keys = sorted((_metres_to(row, wanted.near), row.slug) for row in await connection.execute(query))
    if after:
        keys = [key for key in keys if key > after]
    page = keys[:limit]
    rows = await connection.execute(select(table).where(table.c.slug.in_([slug for _, slug in page])))
    by_slug = {row.slug: row for row in rows}
    points = [_point(by_slug[slug], metres if wanted.near else None) for metres, slug in page if slug in by_slug]
    return Window(points, page[-1] if len(keys) > limit else None)


def _metres_to(row: Any, near: Position | None) -> int:
    """Return how far a point is; what stands nowhere is farther than anything."""
    if near is None:
        return 0
    return _FARTHEST_METRES if row.lat is None else metres_between(near, Position(row.lat, row.lon))


def _point(row: Any, metres: int | None) -> FoundPoint:
    position = None if row.lat is None else Position(row.lat, row.lon)
    return FoundPoint(row.data, position, row.is_approximate, None if metres == _FARTHEST_METRES else metres)


def _serves(channels: Sequence[str]) -> Any:
    """Kiosks tell of what has their channel; post offices take in what has theirs, where they take anything in."""
    kinds = [kind for kind, channel in CHANNEL_OF_POINT.items() if channel in channels]
    takes_in = access_points.c.data["accepts_applications"].as_boolean()
    return access_points.c.kind.in_(kinds) & or_(access_points.c.kind == KIOSK, takes_in)


def _within(top: str) -> Any:
    """A territory and everything below it."""
    tree = select(territories.c.slug).where(territories.c.slug == top).cte("within", recursive=True)
    below = select(territories.c.slug).join(tree, territories.c.parent == tree.c.slug)
    return select(tree.union(below).c.slug)


def _offered(on: date, centre: ColumnElement[str], *columns: Any) -> Select[Any]:
    """Select from the versions in force that a centre offers: what centres take in, but for its own word."""
    table = centre_offers
    own = (
        select(table.c.is_offered)
        .where(table.c.centre == centre, table.c.public_service == versions.c.slug)
        .correlate(service_centres, versions)
        .scalar_subquery()
    )
    in_centres = versions.c.summary.contains(cast({"channels": [IN_CENTRES]}, JSONB))
    return in_force(on, *columns).where(func.coalesce(own, in_centres))


async def _with_state(
    connection: AsyncConnection, records: Sequence[Mapping[str, Any]], wanted: WantedPlaces
) -> list[FoundCentre]:
    exceptions = await exceptions_around(connection, [record["slug"] for record in records], wanted.day)
    return [
        FoundCentre(
            record,
            Timetable(weekly_hours(record), exceptions[record["slug"]]).state_at(wanted.at),
            _metres(wanted.near, position_of(record)),
        )
        for record in records
    ]


def _metres(near: Position | None, position: Position | None) -> int | None:
    return metres_between(near, position) if near and position else None


def _by_distance(metres: int | None) -> tuple[bool, int]:
    return metres is None, metres or 0
