"""Reading the catalogue: search, cards, places, agencies, registers."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Header, Path, Query, Request, Response

from catalog.api.schemas import (
    CardResponse,
    LifeEventResponse,
    PublicServiceSummary,
    RecordsResponse,
    VersionResponse,
)
from catalog.use_cases import queries
from shared.database import Database
from shared.pagination import CursorParameter, Limit, Page, decode_cursor, next_link
from shared.problems import INVALID, NOT_FOUND, Problem, describe

router = APIRouter(prefix="/v1", tags=["catalogue"])
KYIV = ZoneInfo("Europe/Kyiv")
CACHE_CONTROL = "public, max-age=60"
Slug = Annotated[str, Path(max_length=120)]
Filter = Annotated[str | None, Query(max_length=120)]
_SLUG = re.compile(r"[a-z0-9-]{1,120}")
_LIKENESS = re.compile(r"[01]\.\d{1,4}")


def kyiv_today() -> date:
    """Return today's date in Kyiv, by which versions are valid."""
    return datetime.now(UTC).astimezone(KYIV).date()


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


@router.get("/public-services", summary="Find public services", responses=describe(INVALID))
async def search_public_services(
    request: Request,
    q: Annotated[
        str | None, Query(max_length=200, description="Words, in Ukrainian or English; typos are fine")
    ] = None,
    life_event: Filter = None,
    applicant_kind: Filter = None,
    agency: Filter = None,
    channel: Filter = None,
    limit: Limit = 20,
    cursor: CursorParameter = None,
) -> Page[PublicServiceSummary]:
    """By likeness to `q`, or all by slug."""
    wanted = queries.Wanted(q, life_event, applicant_kind, agency, channel)
    after = _position(cursor)
    async with _database(request).reading() as connection:
        window = await queries.search_services(connection, wanted, limit=limit, after=after)
    items = [
        PublicServiceSummary(slug=row.slug, code=row.code, version=row.version, **row.summary) for row in window.rows
    ]
    return Page(items=items, next=next_link(request, window.after))


@router.get(
    "/public-services/{slug}",
    summary="One card",
    response_model=CardResponse,
    responses={304: {"description": "The card is as you have it"}, **describe(NOT_FOUND, INVALID)},
)
async def get_public_service(
    slug: Slug,
    request: Request,
    on: Annotated[date | None, Query(description="As of this date; today without it")] = None,
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """The version of the card that is valid on a date, in both languages, with the form and everything it demands."""
    async with _database(request).reading() as connection:
        row = await queries.current_version(connection, slug, on or kyiv_today())
    if row is None:
        raise Problem(NOT_FOUND, f"There is no public service '{slug}'.")
    status = "withdrawn" if row.withdrawn_on and row.withdrawn_on <= (on or kyiv_today()) else "published"
    card = {"version": row.version, "valid_from": row.valid_from.isoformat(), "status": status}
    return _cacheable(orjson.dumps(row.definition | card), if_none_match)


@router.get("/public-services/{slug}/versions", summary="Versions of a card", responses=describe(NOT_FOUND, INVALID))
async def get_versions(slug: Slug, request: Request) -> list[VersionResponse]:
    """The newest first; a published version never changes."""
    async with _database(request).reading() as connection:
        rows = await queries.versions_of(connection, slug)
    if not rows:
        raise Problem(NOT_FOUND, f"There is no public service '{slug}'.")
    return [VersionResponse.model_validate(row, from_attributes=True) for row in rows]


@router.get("/service-centres", summary="Service centres", response_model=RecordsResponse, responses=describe(INVALID))
async def get_service_centres(request: Request, territory: Filter = None) -> Response:
    """Addresses, hours and kiosks; of one territory, or all."""
    return await _records(request, "service-centre", territory)


@router.get("/service-centres/{slug}", summary="One service centre", responses=describe(NOT_FOUND, INVALID))
async def get_service_centre(slug: Slug, request: Request) -> dict[str, Any]:
    """Address, hours, kiosk, branches."""
    async with _database(request).reading() as connection:
        record: dict[str, Any] | None = await queries.find_record(connection, "service-centre", slug)
    if record is None:
        raise Problem(NOT_FOUND, f"There is no service centre '{slug}'.")
    return record


@router.get("/agencies", summary="Executive agencies", response_model=RecordsResponse)
async def get_agencies(request: Request) -> Response:
    """The bodies that decide; a `per-territory` one is each council's own office."""
    return await _records(request, "agency")


@router.get("/territories", summary="Territories", response_model=RecordsResponse)
async def get_territories(request: Request) -> Response:
    """Districts and cities with their codes."""
    return await _records(request, "territory")


@router.get("/registers", summary="State registers", response_model=RecordsResponse)
async def get_registers(request: Request) -> Response:
    """What each register knows and by which keys it is asked."""
    return await _records(request, "register")


@router.get("/life-events", summary="Life events")
async def get_life_events(request: Request) -> list[LifeEventResponse]:
    """What happens in a life, and how many public services belong to it."""
    async with _database(request).reading() as connection:
        rows = await queries.life_events(connection)
    return [LifeEventResponse(life_event=row.event, services=row.services) for row in rows]


def _position(cursor: str | None) -> tuple[Decimal, str] | None:
    """Return the likeness and slug after which a page begins; anything else in the cursor is a 422."""
    if (found := decode_cursor(cursor, str, str)) is None:
        return None
    likeness, slug = found
    if likeness is None or slug is None or not (_LIKENESS.fullmatch(likeness) and _SLUG.fullmatch(slug)):
        raise Problem(INVALID, errors=[("?cursor", "is not a cursor of this list")])
    return Decimal(likeness), slug


async def _records(request: Request, kind: str, territory: str | None = None) -> Response:
    async with _database(request).reading() as connection:
        items = await queries.list_records(connection, kind, territory)
    return _cacheable(orjson.dumps({"items": list(items)}), request.headers.get("if-none-match"))


def _cacheable(body: bytes, if_none_match: str | None) -> Response:
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": CACHE_CONTROL}
    if is_same(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json")


def is_same(if_none_match: str | None, etag: str) -> bool:
    """Tell whether a conditional request names this entity (RFC 9110 §13.1.2)."""
    if not if_none_match:
        return False
    return if_none_match.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
