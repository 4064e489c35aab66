"""What new public services of an agency begin with: read by who works for it, kept by its head."""

from typing import Any

from fastapi import APIRouter, Response

from catalog.api import draft_schemas as wire
from catalog.api import problems as own
from catalog.api.editing import CurrentEditor, CurrentTarget, Parts
from catalog.api.place_parameters import Slug
from catalog.storage.drafts import state_of
from catalog.use_cases.keep_defaults import keep_defaults, own_defaults
from shared.problems import FORBIDDEN, INVALID, NOT_FOUND, UNAUTHENTICATED, describe

router = APIRouter(prefix="/v1/agencies/{slug}/defaults", tags=["definitions"])


@router.get("", summary="Defaults of an agency", responses=describe(UNAUTHENTICATED, INVALID, NOT_FOUND))
async def get_defaults(slug: Slug, editor: CurrentEditor, deps: Parts, response: Response) -> dict[str, Any]:
    """What new public services of my agency begin with."""
    async with deps.database.reading() as connection:
        defaults = await own_defaults(connection, slug, editor)
    return _answer(defaults, response)


@router.put(
    "",
    summary="Keep the defaults of an agency",
    responses=describe(
        UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, INVALID, own.PRECONDITION_REQUIRED, own.VERSION_CHANGED,
        own.DEFINITION_REFUSED,
    ),
)  # fmt: skip
async def put_defaults(
    body: wire.DefaultsRequest, wanted: CurrentTarget, deps: Parts, response: Response
) -> dict[str, Any]:
    """By the head of the agency: the whole defaults; public services that exist stay as they are."""
    return _answer(await keep_defaults(deps, wanted, body.root), response)


def _answer(defaults: dict[str, Any], response: Response) -> dict[str, Any]:
    response.headers["ETag"] = f'"{state_of(defaults)}"'
    response.headers["Cache-Control"] = "no-store"
    return defaults
