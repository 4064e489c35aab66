"""Reading places: territories, service centres and whether they are open, access points, and where to apply."""

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Header, Query, Request, Response

from catalog.api import place_schemas as wire
from catalog.api.caching import cacheable
from catalog.api.place_parameters import Filter, Near, Now, OpenAt, Slug, Store
from catalog.api.presenting_places import centre_members, fresh_seconds, point_members, territory_members
from catalog.domain.days import kyiv_date
from catalog.domain.territories import Position, path_to
from catalog.storage.centre_exceptions import exceptions_of
from catalog.use_cases import place_queries as queries
from shared.pagination import CursorParameter, Limit, Page, decode_cursor, next_link
from shared.problems import INVALID, NOT_FOUND, Problem, describe

router = APIRouter(prefix="/v1", tags=["places"])
IfNoneMatch = Annotated[str | None, Header(max_length=200)]
_SAME: dict[int | str, dict[str, Any]] = {304: {"description": "The answer is as you have it"}}
_POINTS_SHOWN = 20


@router.get(
    "/territories",
    summary="Territories",
    response_model=wire.TerritoriesResponse,
    responses={**_SAME, **describe(INVALID)},
)
async def get_territories(
    database: Store,
    kind: Filter = None,
    parent: Filter = None,
    code: Annotated[str | None, Query(max_length=20, description="KOATUU or KATOTTG")] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Districts and cities with their codes; `parent` is the district of today that each lies in."""
    async with database.reading() as connection:
        rows = await queries.list_territories(connection, kind=kind, parent=parent, code=code)
    return cacheable(orjson.dumps({"items": [territory_members(row) for row in rows]}), if_none_match)


@router.get(
    "/territories/{slug}",
    summary="One territory",
    response_model=wire.OneTerritoryResponse,
    responses={**_SAME, **describe(NOT_FOUND, INVALID)},
)
async def get_territory(slug: Slug, database: Store, if_none_match: IfNoneMatch = None) -> Response:
    """A territory with the way to it from the top of the tree, and what is directly below it."""
    async with database.reading() as connection:
        rows = {row.slug: row for row in await queries.list_territories(connection)}
    if slug not in rows:
        raise Problem(NOT_FOUND, f"There is no territory '{slug}'.")
    place = {
        "path": path_to({each: row.parent for each, row in rows.items()}, slug),
        "children": [row.slug for row in rows.values() if row.parent == slug],
    }
    return cacheable(orjson.dumps(territory_members(rows[slug]) | place), if_none_match)


@router.get(
    "/service-centres",
    summary="Service centres",
    response_model=wire.CentresResponse,
    responses={**_SAME, **describe(INVALID)},
)
async def get_service_centres(
    database: Store,
    now: Now,
    near: Near,
    open_at: OpenAt,
    territory: Filter = None,
    public_service: Filter = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Addresses, hours, and whether each is open now, or was or will be at `open_at`.

    Those of a territory and all below it, those that offer a public service, or all by slug; near a point, those that
    are open come first, the nearest at their top.
    """
    wanted = _wanted(now, near, open_at, territory=territory, public_service=public_service)
    async with database.reading() as connection:
        found = await queries.find_centres(connection, wanted)
    body = {"items": [centre_members(centre, is_near=near is not None) for centre in found]}
    return cacheable(orjson.dumps(body), if_none_match, fresh_seconds=_fresh(found, now, open_at))


@router.get(
    "/service-centres/{slug}",
    summary="One service centre",
    response_model=wire.OneCentreResponse,
    responses={**_SAME, **describe(NOT_FOUND, INVALID)},
)
async def get_service_centre(slug: Slug, database: Store, now: Now, if_none_match: IfNoneMatch = None) -> Response:
    """Address, hours, whether it is open and why, and which days are different."""
    async with database.reading() as connection:
        found = await queries.find_centre(connection, slug, now)
        ahead = await exceptions_of(connection, [slug], kyiv_date(now))
    if found is None:
        raise Problem(NOT_FOUND, f"There is no service centre '{slug}'.")
    exceptions = [wire.ExceptionResponse.of(known).model_dump(mode="json") for _, known in ahead]
    body = centre_members(found[0]) | {"exceptions": exceptions}
    return cacheable(orjson.dumps(body), if_none_match, fresh_seconds=fresh_seconds([found[0].state], now))


@router.get(
    "/service-centres/{slug}/public-services",
    summary="What a centre offers",
    response_model=wire.CentreServicesResponse,
    responses={**_SAME, **describe(NOT_FOUND, INVALID)},
)
async def get_services_of_centre(
    slug: Slug,
    request: Request,
    database: Store,
    now: Now,
    limit: Limit = 20,
    cursor: CursorParameter = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Public services by slug: whatever service centres take in, but for what this one says of itself."""
    after = decode_cursor(cursor, str)
    async with database.reading() as connection:
        is_known = await queries.revision_of(connection, slug) is not None
        window = await queries.services_of_centre(
            connection, slug, on=kyiv_date(now), limit=limit, after=after[0] if after else None
        )
    if not is_known:
        raise Problem(NOT_FOUND, f"There is no service centre '{slug}'.")
    items = [{"slug": row.slug, "code": row.code, "version": row.version, **row.summary} for row in window.rows]
    return cacheable(orjson.dumps({"items": items, "next": next_link(request, window.after)}), if_none_match)


@router.get(
    "/access-points",
    summary="Kiosks and post offices",
    response_model=Page[wire.AccessPointResponse],
    responses={**_SAME, **describe(INVALID)},
)
async def get_access_points(
    request: Request,
    database: Store,
    now: Now,
    near: Near,
    kind: Literal["kiosk", "post-office"] | None = None,
    territory: Filter = None,
    public_service: Filter = None,
    limit: Limit = 20,
    cursor: CursorParameter = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """By slug, or the nearest first; one whose own coordinates are not known stands where its territory does."""
    wanted = _wanted(now, near, None, territory=territory, public_service=public_service)
    async with database.reading() as connection:
        window = await queries.find_access_points(
            connection, wanted, kind=kind, limit=limit, after=_point_position(cursor)
        )
    items = [point_members(point, is_near=near is not None) for point in window.rows]
    return cacheable(orjson.dumps({"items": items, "next": next_link(request, window.after)}), if_none_match)


@router.get(
    "/public-services/{slug}/places",
    summary="Where to apply",
    response_model=wire.PlacesResponse,
    responses={**_SAME, **describe(NOT_FOUND, INVALID)},
)
async def get_places_of_service(
    slug: Slug,
    database: Store,
    now: Now,
    near: Near,
    open_at: OpenAt,
    territory: Filter = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The centres that take it in, with their state, and access points; nowhere once it is withdrawn."""
    wanted = _wanted(now, near, open_at, territory=territory, public_service=slug)
    async with database.reading() as connection:
        channels = await queries.channels_of(connection, slug, wanted.day)
        centres = await queries.find_centres(connection, wanted)
        points = await queries.find_access_points(connection, wanted, limit=_POINTS_SHOWN)
    if channels is None:
        raise Problem(NOT_FOUND, f"There is no public service '{slug}'.")
    is_near = near is not None
    body = {
        "public_service": slug,
        "channels": channels,
        "service_centres": [centre_members(centre, is_near=is_near) for centre in centres],
        "access_points": [point_members(point, is_near=is_near) for point in points.rows],
        "more_access_points": _more(slug, territory, near) if points.after else None,
    }
    return cacheable(orjson.dumps(body), if_none_match, fresh_seconds=_fresh(centres, now, open_at))


def _wanted(
    now: datetime, near: Position | None, open_at: datetime | None, *, territory: str | None, public_service: str | None
) -> queries.WantedPlaces:
    return queries.WantedPlaces(open_at or now, territory, public_service, near, only_open=open_at is not None)


def _fresh(found: list[queries.FoundCentre], now: datetime, open_at: datetime | None) -> int:
    """What is open at a given instant stays so; what is open now does not."""
    return fresh_seconds((centre.state for centre in found) if open_at in {None, now} else (), now)


def _more(slug: str, territory: str | None, near: Position | None) -> str:
    asked = {"public_service": slug, "territory": territory, "near": near and f"{near.lat},{near.lon}"}
    return f"/v1/access-points?{urlencode({name: value for name, value in asked.items() if value})}"


def _point_position(cursor: str | None) -> tuple[int, str] | None:
    """Return the distance and slug after which a page begins; anything else in the cursor is a 422."""
    if (found := decode_cursor(cursor, int, str)) is None:
        return None
    metres, slug = found
    if metres is None or slug is None:
        raise Problem(INVALID, errors=[("?cursor", "is not a cursor of this list")])
    return metres, slug
