"""Citizens: registering, signing in and out, and who one is."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from auth.api import problems as own
from auth.api.dependencies import Parts
from auth.api.schemas import (
    AccountResponse,
    ConfirmRequest,
    ContactResponse,
    EndSessionRequest,
    MandateClaim,
    MeResponse,
    RegisterRequest,
    RegistrationResponse,
    SessionRequest,
    SessionResponse,
)
from auth.use_cases import queries
from auth.use_cases.confirm_registration import confirm_registration
from auth.use_cases.issue_tokens import revoke_refresh_token
from auth.use_cases.open_session import SignIn, open_session
from auth.use_cases.register_account import Registration, register_account
from shared.actors import CurrentActor, with_scope
from shared.headers import IdempotencyKey
from shared.problems import FORBIDDEN, INVALID, KEY_REUSED, NOT_FOUND, UNAUTHENTICATED, Problem, describe
from shared.tokens import Claims

router = APIRouter(prefix="/v1", tags=["accounts"])


@router.post(
    "/accounts",
    status_code=202,
    summary="Register",
    responses=describe(INVALID, KEY_REUSED, own.CONTACT_MISSING),
)
async def register(body: RegisterRequest, key: IdempotencyKey, deps: Parts) -> RegistrationResponse:
    """Sends a code to each contact; the account is made when the codes come back. Tells nobody which contacts are known."""
    wanted = Registration(body.phone, body.email, body.password, body.language)
    pending = await register_account(deps, wanted, key)
    return RegistrationResponse(
        registration_id=pending.registration_id, expires_at=pending.expires_at, confirm=pending.confirm
    )


@router.post(
    "/accounts/{registration_id}/confirm",
    status_code=201,
    summary="Confirm a registration",
    responses=describe(NOT_FOUND, INVALID, own.CODE_WRONG, own.LOGIN_TAKEN),
)
async def confirm(registration_id: UUID, body: ConfirmRequest, deps: Parts) -> AccountResponse:
    """Makes the account; confirming again is answered with the same account."""
    account_id = await confirm_registration(deps, registration_id, sms_code=body.sms_code, email_code=body.email_code)
    return AccountResponse(account_id=account_id)


@router.post(
    "/sessions",
    status_code=201,
    summary="Sign in",
    responses=describe(INVALID, own.LOGIN_FAILED, own.SECOND_FACTOR_NEEDED, own.TOO_MANY_ATTEMPTS),
)
async def sign_in(body: SessionRequest, request: Request, deps: Parts) -> SessionResponse:
    """Gives the tokens of a session. The mandates in the access token are those in force now."""
    address = request.client.host if request.client else "unknown"
    tokens = await open_session(deps, SignIn(body.login, body.password, body.totp, address))
    return SessionResponse(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token or "",
        expires_in=tokens.expires_in,
        mandates=[MandateClaim.model_validate(held) for held in tokens.mandates],
    )


@router.delete("/sessions/current", status_code=204, summary="Sign out", responses=describe(UNAUTHENTICATED, INVALID))
async def sign_out(body: EndSessionRequest, _actor: CurrentActor, deps: Parts) -> Response:
    """Ends the session of a refresh token; its access token ends by itself within ten minutes."""
    await revoke_refresh_token(deps, body.refresh_token)
    return Response(status_code=204)


@router.get("/me", summary="Who I am", responses=describe(UNAUTHENTICATED))
async def me(actor: CurrentActor, deps: Parts) -> MeResponse:
    """The account and the mandates of the token."""
    kind, language = "machine", "uk"
    if account_id := _uuid(actor.subject):
        async with deps.database.reading() as connection:
            row = await queries.find_account(connection, account_id)
        kind, language = (row.kind, row.language) if row is not None else (kind, language)
    mandates = [MandateClaim.model_validate(held, from_attributes=True) for held in actor.mandates]
    return MeResponse(account_id=actor.subject, kind=kind, language=language, mandates=mandates)


@router.get(
    "/accounts/{account_id}/contact",
    summary="Where an account is reached (notifications only)",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, INVALID),
)
async def contact(
    account_id: UUID, deps: Parts, _peer: Annotated[Claims, Depends(with_scope("accounts:contact"))]
) -> ContactResponse:
    """Phone, e-mail and language, for sending what the person waits for."""
    async with deps.database.reading() as connection:
        row = await queries.find_account(connection, account_id)
    if row is None:
        raise Problem(NOT_FOUND)

    def opened(sealed: bytes | None) -> str | None:
        return None if sealed is None else deps.cipher.decrypt(sealed, f"contact:{row.id}").decode()

    return ContactResponse(
        account_id=row.id, phone=opened(row.phone_sealed), email=opened(row.email_sealed), language=row.language
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
