"""Cards, as everybody reads them: on a date, in their versions, and as the information card of the law."""

from datetime import date
from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Query, Response

from catalog.api.caching import cacheable
from catalog.api.place_parameters import Now, Slug, Store
from catalog.api.schemas import CardResponse, InformationCardResponse, VersionResponse
from catalog.domain.days import kyiv_date
from catalog.domain.definition import assurance_level
from catalog.domain.errors import UnknownPublicService
from catalog.domain.information_card import information_card
from catalog.domain.life import is_overdue, status_of
from catalog.use_cases import queries
from shared.problems import INVALID, NOT_FOUND, describe

router = APIRouter(prefix="/v1/public-services/{slug}", tags=["catalogue"])
On = Annotated[date | None, Query(description="As of this date; today without it")]
IfNoneMatch = Annotated[str | None, Header(max_length=200)]


@router.get(
    "",
    summary="One card",
    response_model=CardResponse,
    responses={304: {"description": "The card is as you have it"}, **describe(NOT_FOUND, INVALID)},
)
async def get_public_service(
    slug: Slug, database: Store, now: Now, on: On = None, if_none_match: IfNoneMatch = None
) -> Response:
    """The version of the card that is in force on a date, in both languages, with the form and everything it demands."""
    day = on or kyiv_date(now)
    async with database.reading() as connection:
        row = await queries.current_version(connection, slug, day)
    if row is None:
        raise UnknownPublicService(slug)
    card = {
        "assurance_level": assurance_level(row.definition),
        "version": row.version,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "status": status_of(row.valid_from, row.valid_to, row.withdrawn_on, day),
        "withdrawn_on": row.withdrawn_on,
        "review_on": row.next_review_on,
        "is_review_overdue": is_overdue(row.next_review_on, day),
    }
    return cacheable(orjson.dumps(row.definition | card), if_none_match)


@router.get(
    "/information-card",
    summary="Information card",
    response_model=InformationCardResponse,
    responses={304: {"description": "The card is as you have it"}, **describe(NOT_FOUND, INVALID)},
)
async def get_information_card(
    slug: Slug, database: Store, now: Now, on: On = None, if_none_match: IfNoneMatch = None
) -> Response:
    """What the law has people told: who decides, documents, fee, term, result, legal acts, grounds for refusal."""
    async with database.reading() as connection:
        row = await queries.current_version(connection, slug, on or kyiv_date(now))
        if row is None:
            raise UnknownPublicService(slug)
        agency = await queries.find_record(connection, "agency", row.definition["agency"])
    return cacheable(orjson.dumps(information_card(row.definition, agency)), if_none_match)


@router.get("/versions", summary="Versions of a card", responses=describe(NOT_FOUND, INVALID))
async def get_versions(slug: Slug, database: Store, now: Now) -> list[VersionResponse]:
    """The newest first, each with the days on which it is in force; a published version never changes."""
    async with database.reading() as connection:
        rows = await queries.versions_of(connection, slug)
    if not rows:
        raise UnknownPublicService(slug)
    today = kyiv_date(now)
    return [
        VersionResponse(
            version=row.version,
            status=status_of(row.valid_from, row.valid_to, row.withdrawn_on, today),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            published_at=row.published_at,
        )
        for row in rows
    ]
