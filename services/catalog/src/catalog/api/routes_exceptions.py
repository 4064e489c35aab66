"""Dated exceptions to a centre's hours: everybody reads them, officers of that centre write them.

Every write names the revision that it is based on (`If-Match`): a repeated or belated one changes nothing.
"""

import re
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Query, Response

from catalog.api import place_schemas as wire
from catalog.api import problems as own
from catalog.api.caching import is_same
from catalog.api.place_parameters import Now, Slug, Store
from catalog.domain.days import kyiv_date
from catalog.domain.errors import StateNotNamed
from catalog.storage.centre_exceptions import CentreChange, KnownException, exceptions_of
from catalog.use_cases import place_queries
from catalog.use_cases.add_centre_exception import add_centre_exception
from catalog.use_cases.change_centre_exception import change_centre_exception
from catalog.use_cases.remove_centre_exception import remove_centre_exception
from shared.actors import AdmittedPlaces, CurrentActor
from shared.problems import INVALID, NOT_FOUND, UNAUTHENTICATED, Problem, ProblemType, describe

router = APIRouter(prefix="/v1/service-centres/{slug}/exceptions", tags=["places"])
_ETAG = re.compile(r'"(\d{1,9})(?:\.\d{4}-\d{2}-\d{2})?"')


async def expected_revision(if_match: Annotated[str | None, Header(alias="If-Match", max_length=40)] = None) -> int:
    """Return the revision that the caller read, from an ETag of the exceptions."""
    if if_match is None:
        raise StateNotNamed
    match = _ETAG.fullmatch(if_match.strip())
    if match is None:
        raise Problem(INVALID, errors=[("If-Match:", "is not an ETag of a centre's exceptions")])
    return int(match[1])


async def own_centre(slug: Slug, centres: AdmittedPlaces) -> str:
    """Return the centre; one in which the caller has no mandate is not there."""
    if slug not in centres:
        raise Problem(NOT_FOUND, f"There is no service centre '{slug}'.")
    return slug


async def change_of(
    centre: Annotated[str, Depends(own_centre)],
    actor: CurrentActor,
    now: Now,
    revision: Annotated[int, Depends(expected_revision)],
) -> CentreChange:
    """Return whose exceptions are changed, by whom, and on what they are based."""
    return CentreChange(centre, revision, actor.subject, now)


Change = Annotated[CentreChange, Depends(change_of)]


def _refusals(*more: ProblemType) -> dict[int | str, dict[str, Any]]:
    return describe(UNAUTHENTICATED, NOT_FOUND, INVALID, own.PRECONDITION_REQUIRED, own.VERSION_CHANGED, *more)


_OF_TERMS = (own.EXCEPTION_OVER, own.EXCEPTIONS_COLLIDE, own.TOO_MANY_EXCEPTIONS)


@router.get(
    "",
    summary="Dated exceptions of a centre",
    response_model=wire.ExceptionsResponse,
    responses={304: {"description": "They are as you have them"}, **describe(NOT_FOUND, INVALID)},
)
async def get_exceptions(
    slug: Slug,
    database: Store,
    now: Now,
    since: Annotated[date | None, Query(description="Those not over on this day; today without it")] = None,
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Holidays, power cuts and other hours, by their first day. The ETag is what a change names in `If-Match`."""
    first = since or kyiv_date(now)
    async with database.reading() as connection:
        revision = await place_queries.revision_of(connection, slug)
        found = await exceptions_of(connection, [slug], first)
    if revision is None:
        raise Problem(NOT_FOUND, f"There is no service centre '{slug}'.")
    headers = {"ETag": f'"{revision}.{first}"', "Cache-Control": "no-cache"}
    if is_same(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    items = [wire.ExceptionResponse.of(known).model_dump(mode="json") for _, known in found]
    return Response(orjson.dumps({"items": items}), 200, headers, "application/json")


@router.post(
    "",
    status_code=201,
    summary="Add an exception",
    response_model=wire.ExceptionResponse,
    responses=_refusals(*_OF_TERMS),
)
async def post_exception(
    change: Change, body: wire.ExceptionRequest, database: Store, response: Response
) -> wire.ExceptionResponse:
    """Close the own centre on some days or for a part of them, or give it other hours, with the reason that people read."""
    known, revision = await add_centre_exception(database, change, body.terms())
    response.headers["Location"] = f"/v1/service-centres/{change.centre}/exceptions/{known.id}"
    response.headers["ETag"] = f'"{revision}"'
    return wire.ExceptionResponse.of(known)


@router.put(
    "/{exception_id}",
    summary="Change an exception",
    response_model=wire.ExceptionResponse,
    responses=_refusals(*_OF_TERMS),
)
async def put_exception(
    change: Change, exception_id: UUID, body: wire.ExceptionRequest, database: Store, response: Response
) -> wire.ExceptionResponse:
    """The power is back earlier, the repair takes longer: the whole exception as it is from now on."""
    known = KnownException(exception_id, body.terms())
    revision = await change_centre_exception(database, change, known)
    response.headers["ETag"] = f'"{revision}"'
    return wire.ExceptionResponse.of(known)


@router.delete("/{exception_id}", status_code=204, summary="Remove an exception", responses=_refusals())
async def delete_exception(change: Change, exception_id: UUID, database: Store, response: Response) -> None:
    """The centre keeps its weekly hours after all."""
    revision = await remove_centre_exception(database, change, exception_id)
    response.headers["ETag"] = f'"{revision}"'
