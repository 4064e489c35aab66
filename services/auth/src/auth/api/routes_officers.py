"""Officers and machine clients: appointed by heads, heads and clients by the operator."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from auth.api import problems as own
from auth.api.dependencies import OPERATOR, CurrentAppointer, Parts
from auth.api.schemas import (
    ClientRequest,
    ClientResponse,
    MandateGranted,
    MandateRequest,
    MandateResponse,
    OfficerRequest,
    OfficerResponse,
)
from auth.use_cases import queries
from auth.use_cases.appoint_officer import (
    NewOfficer,
    WantedMandate,
    appoint_officer,
    grant_mandate,
    revoke_mandate,
)
from auth.use_cases.create_client import create_client
from shared.actors import with_scope
from shared.headers import IdempotencyKey
from shared.pagination import CursorParameter, Limit, Page, decode_cursor, next_link
from shared.problems import FORBIDDEN, INVALID, KEY_REUSED, NOT_FOUND, UNAUTHENTICATED, describe
from shared.tokens import Claims

router = APIRouter(prefix="/v1", tags=["officers"])
_APPOINTING = (UNAUTHENTICATED, FORBIDDEN, INVALID, own.UNKNOWN_ORGANISATION, own.ROLE_DOES_NOT_FIT, own.MANDATE_TIMES)


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
    """Makes the officer's account with a second factor and a first mandate."""
    officer = NewOfficer(body.login, body.full_name, body.password, body.language, _wanted(body.mandate))
    appointed = await appoint_officer(deps, appointer, officer, key)
    return OfficerResponse(
        account_id=appointed.account_id, mandate_id=appointed.mandate_id, totp_uri=appointed.totp_uri
    )


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
    """The officer's next token carries it."""
    return MandateGranted(mandate_id=await grant_mandate(deps, appointer, account_id, _wanted(body), key))


@router.delete(
    "/officers/{account_id}/mandates/{mandate_id}",
    status_code=204,
    summary="End a mandate",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, INVALID),
)
async def end_mandate(account_id: UUID, mandate_id: UUID, appointer: CurrentAppointer, deps: Parts) -> Response:
    """Ends the officer's sessions too; access ends within one token lifetime."""
    await revoke_mandate(deps, appointer, account_id, mandate_id)
    return Response(status_code=204)


@router.post(
    "/clients",
    status_code=201,
    summary="Create a machine client",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, INVALID, own.CLIENT_TAKEN),
)
async def post_client(
    body: ClientRequest, deps: Parts, _operator: Annotated[Claims, Depends(with_scope(OPERATOR))]
) -> ClientResponse:
    """The operator's; the secret is in this answer and nowhere else."""
    secret = await create_client(deps, body.client_id, body.name, body.scopes)
    return ClientResponse(client_id=body.client_id, client_secret=secret, scopes=sorted(set(body.scopes)))
