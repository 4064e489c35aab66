"""Sessions over the API: signing in, choosing a mandate, signing out."""

from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Body, Request, Response

from auth.api import problems as own
from auth.api.dependencies import CurrentSession, Parts, SessionIfAny, place_of
from auth.api.own_schemas import PasskeySignInRequest
from auth.api.schemas import (
    ChooseMandateRequest,
    EndSessionRequest,
    MandateChoice,
    MandateClaim,
    SessionRequest,
    SessionResponse,
    SignInCodeRequest,
    SignInCodeResponse,
)
from auth.use_cases.issue_tokens import FIRST_PARTY
from auth.use_cases.open_session import SignedIn, SignIn, open_for, open_session, open_session_by_code
from auth.use_cases.own_sessions import sign_out as end_session_of
from auth.use_cases.prove_passkey import begin_passkey_sign_in, prove_passkey
from auth.use_cases.refresh_session import revoke_refresh_token
from auth.use_cases.request_sign_in_code import deliver_sign_in_code, request_sign_in_code
from auth.use_cases.switch_mandate import switch_mandate
from shared.problems import FORBIDDEN, INVALID, NOT_FOUND, UNAUTHENTICATED, describe

_END = {"refresh_token": "the refresh token of the session"}
OptionalEnd = Annotated[EndSessionRequest | None, Body(examples=[_END])]
router = APIRouter(prefix="/v1/sessions", tags=["sessions"])


@router.post(
    "",
    status_code=201,
    summary="Sign in",
    responses=describe(INVALID, own.LOGIN_FAILED, own.SECOND_FACTOR_NEEDED, own.TOO_MANY_ATTEMPTS),
)
async def sign_in(body: SessionRequest, request: Request, deps: Parts) -> SessionResponse:
    """Gives the tokens of a session. They carry one mandate, or none until one of several is chosen."""
    place = place_of(request, body.device_token)
    second = body.totp or body.recovery_code or ""
    if body.code_id is not None:
        return _response(await open_session_by_code(deps, body.code_id, body.code or "", second, place))
    return _response(await open_session(deps, SignIn(body.login or "", body.password or "", second, place)))


@router.post(
    "/codes",
    status_code=202,
    summary="Have a code sent to sign in with",
    responses=describe(INVALID, own.TOO_MANY_ATTEMPTS),
)
async def send_code(
    body: SignInCodeRequest, request: Request, deps: Parts, after: BackgroundTasks
) -> SignInCodeResponse:
    """Sends six digits, good for ten minutes and one use, if somebody has this contact; the answer does not tell."""
    requested = await request_sign_in_code(deps, body.login, place_of(request, None))
    after.add_task(deliver_sign_in_code, deps, requested)
    return SignInCodeResponse(code_id=requested.code_id, expires_at=requested.expires_at)


@router.post("/passkey/options", summary="Begin to sign in with a passkey")
async def begin_with_passkey(deps: Parts) -> dict[str, Any]:
    """What `navigator.credentials.get` is given as `publicKey`, in the form of `parseRequestOptionsFromJSON`."""
    return await begin_passkey_sign_in(deps)


@router.post(
    "/passkey", status_code=201, summary="Sign in with a passkey", responses=describe(INVALID, own.LOGIN_FAILED)
)
async def sign_in_with_passkey(body: PasskeySignInRequest, request: Request, deps: Parts) -> SessionResponse:
    """Gives the tokens of a session; a passkey is both factors."""
    proved = await prove_passkey(deps, body.credential)
    return _response(await open_for(deps, proved, place_of(request, body.device_token)))


@router.put(
    "/current/mandate",
    summary="Choose the mandate of this session",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, INVALID, own.NOT_OF_A_SESSION, own.SESSION_ENDED),
)
async def put_mandate(body: ChooseMandateRequest, session: CurrentSession, deps: Parts) -> SessionResponse:
    """New tokens that carry the mandate; the refresh token of before stays good, the access token ends by itself."""
    tokens, held = await switch_mandate(deps, session.session_id, body.mandate_id)
    return _response(SignedIn(tokens, held))


@router.delete("/current", status_code=204, summary="Sign out", responses=describe(UNAUTHENTICATED, INVALID))
async def sign_out(session: SessionIfAny, deps: Parts, body: OptionalEnd = None) -> Response:
    """Ends the session of the token, or of a refresh token; an access token ends by itself within ten minutes."""
    if session is not None:
        await end_session_of(deps, session.account_id, session.session_id)
    if body is not None:
        await revoke_refresh_token(deps, body.refresh_token, FIRST_PARTY)
    return Response(status_code=204)


def _response(signed_in: SignedIn) -> SessionResponse:
    tokens = signed_in.tokens
    return SessionResponse(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token or "",
        expires_in=tokens.expires_in,
        mandates=[MandateClaim.model_validate(carried) for carried in tokens.mandates],
        choices=[MandateChoice.model_validate(mandate, from_attributes=True) for mandate in signed_in.choices],
        device_token=signed_in.device_token,
    )
