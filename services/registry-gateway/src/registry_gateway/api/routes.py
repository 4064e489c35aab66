"""Verifications, the state of registers, and who looked at one's data."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from registry_gateway.api import problems as own
from registry_gateway.domain.errors import VerificationNotFound
from registry_gateway.use_cases import queries
from registry_gateway.use_cases.dependencies import Dependencies
from registry_gateway.use_cases.request_verification import Wanted, request_verification
from shared.actors import AdmittedPlaces, CurrentActor
from shared.headers import IdempotencyKey
from shared.pagination import CursorParameter, Limit, Page, decode_cursor, next_link
from shared.problems import FORBIDDEN, INVALID, KEY_REUSED, NOT_FOUND, UNAUTHENTICATED, describe

router = APIRouter(prefix="/v1", tags=["verifications"])


async def dependencies(request: Request) -> Dependencies:
    """Return the parts of this process."""
    deps: Dependencies = request.app.state.dependencies
    return deps


Parts = Annotated[Dependencies, Depends(dependencies)]


class VerificationRequest(BaseModel):
    """Which register of the card is to be asked."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"application_id": "0198f2c0-7b1a-7c3d-8e4f-5a6b7c8d9e0f", "requirement": "community-register"}
            ]
        },
    )

    application_id: UUID
    requirement: str = Field(max_length=120)


class VerificationResponse(BaseModel):
    """A verification: what came out of each asserted field, never what the register holds."""

    id: UUID
    application_id: UUID
    requirement: str
    trigger: str
    state: str
    outcome: str | None
    fields: list[dict[str, str]] | None
    attempts: int
    requested_at: datetime
    completed_at: datetime | None


class RegisterState(BaseModel):
    """How a register does."""

    register_slug: str
    state: str
    last_answer_at: datetime | None
    last_silence_at: datetime | None


class DataAccess(BaseModel):
    """One look at a person's data in a register."""

    id: UUID
    register_slug: str
    application_id: UUID
    organisation: str
    purpose: str
    legal_basis: str
    fields: list[str]
    asked_at: datetime
    outcome: str | None


@router.post(
    "/verifications",
    status_code=202,
    summary="Ask a register",
    responses=describe(UNAUTHENTICATED, NOT_FOUND, INVALID, KEY_REUSED, own.CASE_CLOSED, own.NOT_OF_THE_CARD),
)
async def post_verification(
    body: VerificationRequest, key: IdempotencyKey, actor: CurrentActor, agencies: AdmittedPlaces, deps: Parts
) -> VerificationResponse:
    """On the request of an officer of the case's agency; the answer comes as an event and to GET."""
    wanted = Wanted(body.application_id, body.requirement, actor.subject, agencies, key)
    row = await request_verification(deps, wanted)
    return VerificationResponse.model_validate(row, from_attributes=True)


@router.get("/verifications", summary="Verifications of an application", responses=describe(UNAUTHENTICATED, INVALID))
async def get_verifications(
    application_id: Annotated[UUID, Query()], actor: CurrentActor, deps: Parts
) -> list[VerificationResponse]:
    """Those that the caller sees; of a case that is not theirs, none."""
    async with deps.database.reading() as connection:
        rows = await queries.list_verifications(connection, actor, application_id)
    return [VerificationResponse.model_validate(row, from_attributes=True) for row in rows]


@router.get(
    "/verifications/{verification_id}",
    summary="One verification",
    responses=describe(UNAUTHENTICATED, NOT_FOUND, INVALID),
)
async def get_verification(verification_id: UUID, actor: CurrentActor, deps: Parts) -> VerificationResponse:
    """Match, mismatch or not found for each asserted field."""
    async with deps.database.reading() as connection:
        row = await queries.find_verification(connection, actor, verification_id)
    if row is None:
        raise VerificationNotFound
    return VerificationResponse.model_validate(row, from_attributes=True)


@router.get("/registers", summary="How the registers do", responses=describe(UNAUTHENTICATED))
async def get_registers(_actor: CurrentActor, deps: Parts) -> list[RegisterState]:
    """Of each register that was asked: whether it answered last time."""
    async with deps.database.reading() as connection:
        rows = await queries.register_states(connection)
    return [
        RegisterState(
            register_slug=row.register,
            state="up" if _answered_last(row) else "failing",
            last_answer_at=row.last_answer_at,
            last_silence_at=row.last_silence_at,
        )
        for row in rows
    ]


@router.get(
    "/me/data-access",
    summary="Who asked registers about me",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, INVALID),
)
async def get_data_access(
    request: Request, actor: CurrentActor, deps: Parts, limit: Limit = 20, cursor: CursorParameter = None
) -> Page[DataAccess]:
    """Which register, for which application, by which organisation, for what purpose and by which law."""
    after = decode_cursor(cursor, UUID)
    async with deps.database.reading() as connection:
        window = await queries.data_access(connection, UUID(actor.subject), limit=limit, after=after)
    names = set(DataAccess.model_fields) - {"register_slug"}
    items = [
        DataAccess(register_slug=row.register, **{name: getattr(row, name) for name in names}) for row in window.rows
    ]
    return Page(items=items, next=next_link(request, window.after))


def _answered_last(row: Any) -> bool:
    return row.last_silence_at is None or (row.last_answer_at is not None and row.last_answer_at > row.last_silence_at)
