"""Officers activate their accounts: public, since nobody has a token before."""

from fastapi import APIRouter

from auth.api import problems as own
from auth.api.dependencies import Parts
from auth.api.own_schemas import RecoveryCodesResponse
from auth.api.schemas import ActivateRequest, ActivateResponse, ConfirmActivationRequest
from auth.use_cases.activate_officer import begin_activation, confirm_activation
from shared.problems import INVALID, describe

router = APIRouter(prefix="/v1/officers/activate", tags=["officers"])


@router.post(
    "",
    summary="Set password and second factor",
    responses=describe(INVALID, own.ACTIVATION_REFUSED, own.PASSWORD_TOO_GUESSABLE),
)
async def activate(body: ActivateRequest, deps: Parts) -> ActivateResponse:
    """With the code that the head handed over. Nobody can sign in until the second step is done."""
    return ActivateResponse(totp_uri=await begin_activation(deps, body.login, body.activation_code, body.password))


@router.post(
    "/confirm",
    status_code=201,
    summary="Confirm the activation",
    responses=describe(INVALID, own.ACTIVATION_REFUSED, own.SECOND_FACTOR_WRONG),
)
async def finish_activation(body: ConfirmActivationRequest, deps: Parts) -> RecoveryCodesResponse:
    """With a code of the authenticator. Again within ten minutes, it is answered with the same recovery codes."""
    codes = await confirm_activation(deps, body.login, body.activation_code, body.totp)
    return RecoveryCodesResponse(recovery_codes=codes)
