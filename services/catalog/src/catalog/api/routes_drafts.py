"""Work on definitions: drafts by the representatives and the head of the owner agency, what is published by its head.

Somebody else's draft does not exist. A change names the state that it is based on (`If-Match`).
"""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from catalog.api import draft_schemas as wire
from catalog.api import problems as own
from catalog.api.editing import CurrentEditor, CurrentTarget, Parts
from catalog.api.place_parameters import Slug
from catalog.domain.life import is_overdue, status_of
from catalog.storage.drafts import Draft
from catalog.storage.publication import Undone
from catalog.use_cases.confirm_review import confirm_review
from catalog.use_cases.create_draft import NewPublicService, create_draft
from catalog.use_cases.edit_draft import discard_draft, edit_draft, own_draft
from catalog.use_cases.owner_queries import own_public_services
from catalog.use_cases.publish_version import publish_version
from catalog.use_cases.withdraw_public_service import withdraw_as_head
from shared.headers import IdempotencyKey
from shared.pagination import CursorParameter, Limit, Page, decode_cursor, next_link
from shared.problems import FORBIDDEN, INVALID, KEY_REUSED, NOT_FOUND, UNAUTHENTICATED, ProblemType, describe

router = APIRouter(prefix="/v1", tags=["definitions"])
one = APIRouter(prefix="/v1/public-services/{slug}", tags=["definitions"])
_CHANGING = (own.PRECONDITION_REQUIRED, own.VERSION_CHANGED)


def _refusals(*kinds: ProblemType) -> dict[int | str, dict[str, Any]]:
    return describe(UNAUTHENTICATED, INVALID, *kinds)


def _answer(draft: Draft, response: Response) -> wire.DraftResponse:
    response.headers["ETag"] = f'"{draft.state}"'
    response.headers["Cache-Control"] = "no-store"
    return wire.DraftResponse.of(draft)


@router.post(
    "/public-services",
    status_code=201,
    summary="Begin a new public service",
    responses=_refusals(FORBIDDEN, NOT_FOUND, own.DEFINITION_REFUSED, own.SLUG_TAKEN, own.CODE_TAKEN, KEY_REUSED),
)
async def post_public_service(
    body: wire.NewPublicServiceRequest, key: IdempotencyKey, editor: CurrentEditor, deps: Parts, response: Response
) -> wire.DraftResponse:
    """A draft. Members that are not given come from `copy_of`, then from the agency's defaults."""
    wanted = NewPublicService(body.given(), body.owner_agency, body.copy_of, key)
    draft = await create_draft(deps, editor, wanted)
    response.headers["Location"] = f"/v1/public-services/{draft.slug}/draft"
    return _answer(draft, response)


@one.get("/draft", summary="A draft", responses=_refusals(NOT_FOUND))
async def get_draft(slug: Slug, editor: CurrentEditor, deps: Parts, response: Response) -> wire.DraftResponse:
    """What the owner agency works on; before the first edit it is the newest published version."""
    async with deps.database.reading() as connection:
        draft = await own_draft(connection, slug, editor)
    return _answer(draft, response)


@one.put(
    "/draft",
    summary="Keep a draft",
    responses=_refusals(NOT_FOUND, *_CHANGING, own.DEFINITION_REFUSED, own.CODE_TAKEN),
)
async def put_draft(
    body: wire.DefinitionRequest, wanted: CurrentTarget, deps: Parts, response: Response
) -> wire.DraftResponse:
    """The whole definition. One that breaks the meta-schema or refers to nothing is refused with every fault named."""
    return _answer(await edit_draft(deps, wanted, body.root), response)


@one.delete(
    "/draft",
    status_code=204,
    summary="Discard a draft",
    responses=_refusals(NOT_FOUND, *_CHANGING),
)
async def delete_draft(wanted: CurrentTarget, deps: Parts) -> None:
    """What is published stays; a public service that was never published is gone."""
    await discard_draft(deps, wanted)


@one.post("/publish",
    summary="Publish a draft",
    responses=_refusals(
        FORBIDDEN, NOT_FOUND, *_CHANGING, own.DAY_PAST, own.DRAFT_OUTDATED, own.VERSIONS_OVERLAP, own.WITHDRAWN,
        own.DEFINITION_REFUSED, own.CODE_TAKEN,
    ),
)  # fmt: skip
async def post_publish(body: wire.PublishRequest, wanted: CurrentTarget, deps: Parts) -> wire.PublishedResponse:
    """By the head of the owner agency: the draft is in force from a day on, and the version before it until then."""
    undone = Undone(body.undo_version, withdrawal=body.undo_withdrawal)
    version = await publish_version(deps, wanted, body.valid_from, undone)
    return wire.PublishedResponse(slug=wanted.name, version=version, valid_from=body.valid_from)


@one.post(
    "/withdraw",
    summary="Withdraw a public service",
    responses=_refusals(FORBIDDEN, NOT_FOUND, own.DAY_PAST, own.ENDS_BEFORE_BEGIN),
)
async def post_withdraw(
    slug: Slug, body: wire.WithdrawRequest, editor: CurrentEditor, deps: Parts
) -> wire.WithdrawnResponse:
    """By the head of the owner agency: from that day no new application is taken; the card stays readable."""
    await withdraw_as_head(deps, editor, slug, body.on)
    return wire.WithdrawnResponse(slug=slug, withdrawn_on=body.on)


@one.post(
    "/confirm-review",
    summary="Confirm a review",
    responses=_refusals(FORBIDDEN, NOT_FOUND, own.REVIEW_TOO_FAR),
)
async def post_confirm_review(
    slug: Slug, body: wire.ConfirmReviewRequest, editor: CurrentEditor, deps: Parts
) -> wire.ReviewResponse:
    """The owner looked and found the version right; it stays as it is until the day of the next review."""
    version = await confirm_review(deps, editor, slug, body.review_on)
    return wire.ReviewResponse(slug=slug, version=version, review_on=body.review_on)


@router.get("/my-public-services", summary="Public services that I answer for", responses=_refusals(FORBIDDEN))
async def get_my_public_services(
    request: Request,
    editor: CurrentEditor,
    deps: Parts,
    stale: Annotated[bool, Query(description="Only those whose review is overdue")] = False,
    limit: Limit = 20,
    cursor: CursorParameter = None,
) -> Page[wire.OwnPublicService]:
    """Those of my agencies, drafts included, by slug."""
    after = decode_cursor(cursor, str)
    async with deps.database.reading() as connection:
        window = await own_public_services(
            connection, editor.agencies(), deps.today, stale=stale, limit=limit, after=after[0] if after else None
        )
    return Page(items=[_own(row, deps.today) for row in window.rows], next=next_link(request, window.after))


def _own(row: Any, today: date) -> wire.OwnPublicService:
    is_published = row.version is not None
    return wire.OwnPublicService(
        slug=row.slug,
        code=row.code,
        owner_agency=row.owner_agency,
        name=row.name,
        version=row.version,
        status=status_of(row.valid_from, row.valid_to, row.withdrawn_on, today) if is_published else None,
        review_on=row.review_on,
        is_review_overdue=is_published and is_overdue(row.review_on, today),
        draft_edited_at=row.edited_at,
    )
