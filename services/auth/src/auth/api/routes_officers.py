"""Officers: appointed by heads, heads by the operator."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from auth.api import problems as own
from auth.api.dependencies import CurrentAppointer, Parts
from auth.api.schemas import (
    ActivationResponse,
    MandateEndRequest,
    MandateGranted,
    MandateRequest,
    MandateResponse,
    OfficerRequest,
    OfficerResponse,
)
from auth.use_cases import queries
from auth.use_cases.activations import ActivationCode
from auth.use_cases.appoint_officer import NewOfficer, appoint_officer
from auth.use_cases.dismiss_officer import dismiss_officer, renew_activation
from auth.use_cases.mandates import WantedMandate, change_mandate_end, grant_mandate, revoke_mandate
from shared.headers import IdempotencyKey
from shared.pagination import CursorParameter, Limit, Page, decode_cursor, next_link
from shared.problems import FORBIDDEN, INVALID, KEY_REUSED, NOT_FOUND, UNAUTHENTICATED, describe

router = APIRouter(prefix="/v1", tags=["officers"])
_APPOINTING = (UNAUTHENTICATED, FORBIDDEN, INVALID, own.UNKNOWN_ORGANISATION, own.ROLE_DOES_NOT_FIT, own.MANDATE_TIMES,
              own.MANDATE_OVERLAPS)  # fmt: skip


def _wanted(body: MandateRequest) -> WantedMandate:
    return WantedMandate(body.role, body.organisation, body.valid_from, body.valid_to)


@router.post(
    "/officers",
    status_code=201,
    summary="Appoint an officer",
    responses=describe(*_APPOINTING, own.LOGIN_TAKEN, KEY_REUSED),
)
async def appoint(
    body: OfficerRequest, key: IdempotencyKey, appointer: CurrentAppointer, deps: Parts
) -> OfficerResponse:
    """Makes the officer's account with a first mandate, and a code to hand over: the officer sets password and second factor."""
    officer = NewOfficer(body.login, body.full_name, body.language, _wanted(body.mandate))
    appointed = await appoint_officer(deps, appointer, officer, key)
    activation = _activation(appointed.activation)
    return OfficerResponse(account_id=appointed.account_id, mandate_id=appointed.mandate_id, **activation.model_dump())


@router.get(
    "/officers",
    summary="Officers of the organisations I head",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, INVALID),
)
async def list_officers(
    request: Request, appointer: CurrentAppointer, deps: Parts, limit: Limit = 20, cursor: CursorParameter = None
) -> Page[MandateResponse]:
    """Their mandates, ended ones included."""
    after = decode_cursor(cursor, UUID)
    async with deps.database.reading() as connection:
        window = await queries.list_mandates(connection, appointer.heads(), limit=limit, after=after)
    items = [
        MandateResponse(
            mandate_id=row.id,
            account_id=row.account_id,
            is_activated=row.is_activated,
            full_name=deps.cipher.decrypt(row.full_name_sealed, f"name:{row.account_id}").decode()
            if row.full_name_sealed
            else None,
            role=row.role,
            organisation=row.organisation,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            revoked_at=row.revoked_at,
        )
        for row in window.rows
    ]
    return Page(items=items, next=next_link(request, window.after))


@router.post(
    "/officers/{account_id}/mandates",
    status_code=201,
    summary="Give one more mandate",
    responses=describe(*_APPOINTING, NOT_FOUND, KEY_REUSED),
)
async def give_mandate(
    account_id: UUID, body: MandateRequest, key: IdempotencyKey, appointer: CurrentAppointer, deps: Parts
) -> MandateGranted:
    """The officer chooses it at the next sign-in, or in a session that there is."""
    return MandateGranted(mandate_id=await grant_mandate(deps, appointer, account_id, _wanted(body), key))


@router.delete(
    "/officers/{account_id}/mandates/{mandate_id}",
    status_code=204,
    summary="End a mandate",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, INVALID),
)
async def end_mandate(account_id: UUID, mandate_id: UUID, appointer: CurrentAppointer, deps: Parts) -> Response:
    """Ends the sessions that carry it too; access ends within one token lifetime."""
    await revoke_mandate(deps, appointer, account_id, mandate_id)
    return Response(status_code=204)


@router.patch(
    "/officers/{account_id}/mandates/{mandate_id}",
    status_code=204,
    summary="Change when a mandate ends",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, INVALID, own.MANDATE_TIMES, own.MANDATE_OVERLAPS),
)
async def change_mandate(
    account_id: UUID, mandate_id: UUID, body: MandateEndRequest, appointer: CurrentAppointer, deps: Parts
) -> Response:
    """To another time to come, or to none; one that has ended stays so."""
    await change_mandate_end(deps, appointer, account_id, mandate_id, body.valid_to)
    return Response(status_code=204)


@router.delete(
    "/officers/{account_id}",
    status_code=204,
    summary="Dismiss an officer",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, INVALID),
)
async def dismiss(account_id: UUID, appointer: CurrentAppointer, deps: Parts) -> Response:
    """Ends all mandates that the caller gives, and the sessions; access ends within one token lifetime."""
    await dismiss_officer(deps, appointer, account_id)
    return Response(status_code=204)


@router.post(
    "/officers/{account_id}/activation",
    status_code=201,
    summary="Make a new activation code",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, INVALID, KEY_REUSED, own.OFFICER_OF_OTHERS),
)
async def make_activation(
    account_id: UUID, key: IdempotencyKey, appointer: CurrentAppointer, deps: Parts
) -> ActivationResponse:
    """For an officer who lost everything and was seen in person: password, second factor, passkeys and sessions are gone."""
    return _activation(await renew_activation(deps, appointer, account_id, key))


def _activation(made: ActivationCode | None) -> ActivationResponse:
    if made is None:
        return ActivationResponse(activation_code=None, activation_expires_at=None, activation_address=None)
    return ActivationResponse(
        activation_code=made.code, activation_expires_at=made.expires_at, activation_address=made.address
    )
