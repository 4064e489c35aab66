"""The caller's own second factor, recovery codes and passkeys."""

from typing import Any

from fastapi import APIRouter, Response
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from auth.api import problems as own
from auth.api.dependencies import CurrentSession, Parts
from auth.api.own_schemas import (
    PasskeyAdded,
    PasskeyRequest,
    PasskeyResponse,
    PasskeysResponse,
    RecoveryCodesResponse,
    SecondFactorResponse,
    TotpRequest,
    TotpResponse,
)
from auth.domain.errors import PasskeyNotFound
from auth.use_cases.passkeys import add_passkey, begin_passkey, list_passkeys, remove_passkey
from auth.use_cases.recovery_codes import replace_recovery_codes
from auth.use_cases.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    read_second_factor,
    remove_second_factor,
)
from shared.problems import FORBIDDEN, INVALID, NOT_FOUND, UNAUTHENTICATED, describe

router = APIRouter(prefix="/v1/me", tags=["me"])
_OF_A_SESSION = (UNAUTHENTICATED, FORBIDDEN, own.NOT_OF_A_SESSION)
_FRESH = (*_OF_A_SESSION, own.SESSION_ENDED, own.FRESH_SIGN_IN_NEEDED)


@router.get("/second-factor", summary="My second factor", responses=describe(*_OF_A_SESSION))
async def my_second_factor(session: CurrentSession, deps: Parts) -> SecondFactorResponse:
    """Whether there is one, and how many recovery codes are left."""
    known = await read_second_factor(deps, session.account_id)
    return SecondFactorResponse(is_enrolled=known.is_enrolled, recovery_codes_left=known.recovery_codes_left)


@router.post("/second-factor", summary="Begin to enrol an authenticator", responses=describe(*_FRESH))
async def begin_enrolment(session: CurrentSession, deps: Parts) -> TotpResponse:
    """A new secret; it counts once a code of it came back, until then the one before does."""
    return TotpResponse(totp_uri=await begin_second_factor(deps, session.account_id, session.session_id))


@router.post(
    "/second-factor/confirm",
    status_code=201,
    summary="Enrol the authenticator",
    responses=describe(*_FRESH, INVALID, own.SECOND_FACTOR_WRONG),
)
async def enrol(body: TotpRequest, session: CurrentSession, deps: Parts) -> RecoveryCodesResponse:
    """From now on signing in needs it. The recovery codes are in this answer and nowhere else."""
    codes = await confirm_second_factor(deps, session.account_id, session.session_id, body.totp)
    return RecoveryCodesResponse(recovery_codes=codes)


@router.delete(
    "/second-factor",
    status_code=204,
    summary="Remove my second factor",
    responses=describe(*_FRESH, own.SECOND_FACTOR_REQUIRED, own.SECOND_FACTOR_MISSING),
)
async def end_second_factor(session: CurrentSession, deps: Parts) -> Response:
    """For citizens; the recovery codes go with it."""
    await remove_second_factor(deps, session.account_id, session.session_id)
    return Response(status_code=204)


@router.post(
    "/recovery-codes",
    status_code=201,
    summary="Replace my recovery codes",
    responses=describe(*_FRESH, own.SECOND_FACTOR_MISSING),
)
async def new_recovery_codes(session: CurrentSession, deps: Parts) -> RecoveryCodesResponse:
    """Ten new ones; those of before are good no more."""
    return RecoveryCodesResponse(
        recovery_codes=await replace_recovery_codes(deps, session.account_id, session.session_id)
    )


@router.post("/passkeys/options", summary="Begin to add a passkey", responses=describe(*_FRESH, own.TOO_MANY_PASSKEYS))
async def begin_to_add_passkey(session: CurrentSession, deps: Parts) -> dict[str, Any]:
    """What `navigator.credentials.create` is given as `publicKey`, in the form of `parseCreationOptionsFromJSON`."""
    return await begin_passkey(deps, session.account_id, session.session_id)


@router.post(
    "/passkeys",
    status_code=201,
    summary="Add a passkey",
    responses=describe(*_FRESH, INVALID, own.PASSKEY_REFUSED, own.TOO_MANY_PASSKEYS),
)
async def add_my_passkey(body: PasskeyRequest, session: CurrentSession, deps: Parts) -> PasskeyAdded:
    """The answer of the authenticator to options of the last five minutes, once."""
    credential_id = await add_passkey(deps, session.account_id, session.session_id, body.credential, body.name)
    return PasskeyAdded(id=bytes_to_base64url(credential_id))


@router.get("/passkeys", summary="My passkeys", responses=describe(*_OF_A_SESSION))
async def my_passkeys(session: CurrentSession, deps: Parts) -> PasskeysResponse:
    """The oldest first."""
    async with deps.database.reading() as connection:
        rows = await list_passkeys(connection, session.account_id)
    items = [
        PasskeyResponse(
            id=bytes_to_base64url(row.credential_id), name=row.name, created_at=row.created_at, used_at=row.used_at
        )
        for row in rows
    ]
    return PasskeysResponse(items=items)


@router.delete(
    "/passkeys/{passkey_id}",
    status_code=204,
    summary="Remove a passkey",
    responses=describe(*_FRESH, NOT_FOUND, own.LAST_WAY_IN, INVALID),
)
async def remove_my_passkey(passkey_id: str, session: CurrentSession, deps: Parts) -> Response:
    """Who has it signs in with it no more."""
    try:
        credential_id = base64url_to_bytes(passkey_id)
    except ValueError:
        raise PasskeyNotFound from None
    await remove_passkey(deps, session.account_id, session.session_id, credential_id)
    return Response(status_code=204)
