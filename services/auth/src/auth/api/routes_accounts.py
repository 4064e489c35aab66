"""Citizens register; notifications asks where an account is reached."""

from uuid import UUID

from fastapi import APIRouter

from auth.api import problems as own
from auth.api.dependencies import Parts
from auth.api.schemas import AccountResponse, ConfirmRequest, ContactResponse, RegisterRequest, RegistrationResponse
from auth.use_cases import queries
from auth.use_cases.confirm_registration import confirm_registration
from auth.use_cases.register_account import Registration, register_account
from shared.actors import CurrentActor
from shared.headers import IdempotencyKey
from shared.problems import FORBIDDEN, INVALID, KEY_REUSED, NOT_FOUND, UNAUTHENTICATED, Problem, describe

router = APIRouter(prefix="/v1", tags=["accounts"])


@router.post(
    "/accounts",
    status_code=202,
    summary="Register",
    responses=describe(INVALID, KEY_REUSED, own.CONTACT_MISSING, own.PASSWORD_TOO_GUESSABLE, own.TOO_MANY_ATTEMPTS),
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


@router.get(
    "/accounts/{account_id}/contact",
    summary="Where an account is reached (notifications only)",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, INVALID),
)
async def contact(account_id: UUID, deps: Parts, _peer: CurrentActor) -> ContactResponse:
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
