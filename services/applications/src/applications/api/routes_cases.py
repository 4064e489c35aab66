"""Reading: lists, one case, its timeline and documents, and following by reference without an account."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from applications.api import presenting
from applications.api.dependencies import CurrentCaller, Parts
from applications.api.schemas import (
    ApplicationResponse,
    ApplicationSummary,
    Sha256,
    TimelineEntry,
    TrackResponse,
    VerificationSubjectResponse,
)
from applications.domain.card import card_from
from applications.domain.errors import ApplicationNotFound
from applications.domain.lifecycle import OPEN_STATES, State
from applications.domain.reference import is_access_code, parse_reference
from applications.use_cases import queries
from applications.use_cases.dependencies import open_form
from shared.actors import CurrentActor
from shared.pagination import CursorParameter, Limit, Page, decode_cursor, next_link
from shared.problems import FORBIDDEN, INVALID, NOT_FOUND, UNAUTHENTICATED, describe

router = APIRouter(prefix="/v1", tags=["cases"])


@router.get(
    "/applications",
    summary="The caller's applications, or the queue of their mandates",
    responses=describe(UNAUTHENTICATED, INVALID),
)
async def get_applications(
    request: Request,
    caller: CurrentCaller,
    deps: Parts,
    state: Annotated[State | None, Query(description="Only those in this state")] = None,
    mine: Annotated[bool, Query(description="Only those that are the caller's own to do")] = False,
    limit: Limit = 20,
    cursor: CursorParameter = None,
) -> Page[ApplicationSummary]:
    """Sorted by legal deadline; what the caller has no part in is not there."""
    after = decode_cursor(cursor, date.fromisoformat, UUID)
    wanted = queries.ListWanted(limit=limit, after=after, state=state, is_mine=mine)
    async with deps.database.reading() as connection:
        window = await queries.list_applications(connection, caller, wanted)
    rows = [presenting.summary(row) for row in window.rows]
    return Page(items=rows, next=next_link(request, window.after))


@router.get(
    "/applications/{application_id}",
    summary="One case",
    responses=describe(UNAUTHENTICATED, NOT_FOUND, INVALID),
)
async def get_application(
    application_id: UUID, caller: CurrentCaller, deps: Parts, response: Response
) -> ApplicationResponse:
    """The form, documents, what the registers said, the deadline with its reasons, and what the caller may do now."""
    async with deps.database.reading() as connection:
        row = await queries.find_application(connection, caller, application_id)
        if row is None:
            raise ApplicationNotFound
        documents = await queries.files_of(connection, application_id)
        verifications = await queries.verifications_of(connection, application_id)
    response.headers["ETag"] = f'"{row.version}"'
    form: dict[str, Any] = open_form(deps.cipher, row.id, row.form_sealed)
    return presenting.case(row, caller, form=form, documents=documents, verifications=verifications)


@router.get(
    "/applications/{application_id}/timeline",
    summary="What happened to an application",
    responses=describe(UNAUTHENTICATED, NOT_FOUND, INVALID),
)
async def get_timeline(application_id: UUID, caller: CurrentCaller, deps: Parts) -> list[TimelineEntry]:
    """Every change in order: when, by whom, in plain words."""
    async with deps.database.reading() as connection:
        row = await queries.find_application(connection, caller, application_id)
        if row is None:
            raise ApplicationNotFound
        return presenting.timeline(row, caller, await queries.timeline_of(connection, application_id))


@router.get(
    "/applications/{application_id}/files/{sha256}",
    summary="Download an attached document",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/octet-stream": {}}}, **describe(UNAUTHENTICATED, NOT_FOUND, INVALID)},
)
async def get_file(application_id: UUID, sha256: Sha256, caller: CurrentCaller, deps: Parts) -> StreamingResponse:
    """Always as a download: a document is never shown from the API's own address."""
    async with deps.database.reading() as connection:
        if await queries.find_application(connection, caller, application_id) is None:
            raise ApplicationNotFound
        documents = await queries.files_of(connection, application_id)
    found = next((document for document in documents if document.sha256 == sha256), None)
    if found is None:
        raise ApplicationNotFound
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(deps.files.read(sha256), media_type=found.media_type, headers=headers)


@router.get(
    "/track/{reference}",
    summary="Follow an application without an account",
    responses=describe(NOT_FOUND, INVALID),
)
async def track_application(
    reference: str, code: Annotated[str, Query(min_length=8, max_length=20)], deps: Parts
) -> TrackResponse:
    """By the reference and the access code of the receipt; a wrong code and an unknown reference answer the same."""
    known = parse_reference(reference)
    async with deps.database.reading() as connection:
        row = await queries.application_by_reference(connection, known)
        expected_id = row.id if row is not None else UUID(int=0)
        if not is_access_code(code, expected_id, deps.access_key) or row is None:
            raise ApplicationNotFound
        return presenting.tracked(queries.whole(row, row.card), await queries.timeline_of(connection, row.id))


@router.get(
    "/applications/{application_id}/verification-subject",
    summary="What one register question needs (register gateway only)",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, INVALID),
)
async def get_verification_subject(
    application_id: UUID,
    requirement: Annotated[str, Query(max_length=120)],
    deps: Parts,
    _peer: CurrentActor,
) -> VerificationSubjectResponse:
    """The keys and the asserted values of the one check of the card's version: the minimum for the question."""
    async with deps.database.reading() as connection:
        row = await queries.application_with_card(connection, application_id)
    check = card_from(row.card).check_of(requirement) if row is not None else None
    if check is None:
        raise ApplicationNotFound
    form: dict[str, Any] = open_form(deps.cipher, row.id, row.form_sealed)
    return VerificationSubjectResponse(
        application_id=row.id,
        reference=row.reference,
        public_service=row.public_service,
        card_version=row.card_version,
        is_open=State(row.state) in OPEN_STATES,
        agency=row.agency,
        centre=row.centre,
        applicant_id=row.applicant_id,
        language=row.language,
        service_name=row.card["name"],
        keys={key: form[name] for key, name in check.bind.items() if name in form},
        asserted={
            asserted.field: form[asserted.form_field]
            for asserted in check.asserts
            if asserted.form_field and asserted.form_field in form
        },
    )
