"""Finding public services by words and filters."""

import re
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response

from catalog.api.search_schemas import FoundPublicServices
from catalog.domain.days import kyiv_today
from catalog.domain.search_index import MOST_SCORE, Found, Position, Wanted
from catalog.use_cases.find_public_services import PublicServiceSearch
from shared.pagination import CursorParameter, Limit, decode_cursor, next_link
from shared.problems import INVALID, Problem, describe

router = APIRouter(prefix="/v1", tags=["catalogue"])
_SLUG = re.compile(r"[a-z0-9-]{1,120}")
_MOST_LETTERS = 200


@router.get(
    "/public-services",
    summary="Find public services",
    response_model=FoundPublicServices,
    responses=describe(INVALID),
)
async def search_public_services(
    request: Request,
    q: Annotated[
        str | None,
        Query(
            max_length=_MOST_LETTERS,
            description="Words in Ukrainian or English, in any form; the last may be unfinished, typos are fine",
            examples=["реєстрація місця проживання", "pasport"],
        ),
    ] = None,
    life_event: Annotated[str | None, Query(max_length=120, examples=["birth"])] = None,
    applicant_kind: Annotated[str | None, Query(max_length=120, examples=["sole-trader"])] = None,
    agency: Annotated[str | None, Query(max_length=120, description="Who decides")] = None,
    territory: Annotated[
        str | None, Query(max_length=120, description="Offered by a service centre there, or anywhere below it")
    ] = None,
    channel: Annotated[str | None, Query(max_length=120, examples=["online"])] = None,
    fee: Annotated[Literal["free", "paid"] | None, Query()] = None,
    limit: Limit = 20,
    cursor: CursorParameter = None,
) -> Response:
    """The most like `q` first, or all by slug. The first page counts, for each filter, what each of its values would leave."""
    values = {
        "life_event": life_event,
        "applicant_kind": applicant_kind,
        "agency": agency,
        "territory": territory,
        "channel": channel,
        "fee": fee,
    }
    wanted = Wanted(q, {name: value for name, value in values.items() if value is not None})
    search: PublicServiceSearch = request.app.state.search
    found = await search.find(wanted, on=kyiv_today(), limit=limit, after=_position(cursor))
    return Response(_body(found, next_link(request, found.after)), media_type="application/json")


def _body(found: Found, following: str | None) -> bytes:
    """Return the page; its items are JSON already."""
    facets = None
    if found.facets is not None:
        facets = {
            name: [{"value": value, "services": number} for value, number in values.items()]
            for name, values in found.facets.items()
        }
    return orjson.dumps({"items": orjson.Fragment(found.items), "next": following, "facets": facets})


def _position(cursor: str | None) -> Position | None:
    """Return after what a page begins; anything else in the cursor is a 422."""
    if (found := decode_cursor(cursor, _score, _slug)) is None:
        return None
    score, slug = found
    if score is None or slug is None:
        raise Problem(INVALID, errors=[("?cursor", "is not a cursor of this list")])
    return score, slug


def _score(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MOST_SCORE:
        raise ValueError("no score")
    return value


def _slug(value: object) -> str:
    if not isinstance(value, str) or not _SLUG.fullmatch(value):
        raise ValueError("no slug")
    return value
