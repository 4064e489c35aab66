"""Activating an officer's account with the code from their head: a password, an authenticator, and recovery codes."""

from fastapi import Response

from auth.api.pages.csrf import SubmittedForm
from auth.api.pages.rendering import show
from auth.api.pages.routes_login import digits
from auth.api.pages.routes_second_factor import qr_code, secret_of
from auth.api.pages.routing import page_router
from auth.api.pages.visits import CurrentVisit, Visit
from auth.api.schemas import LONGEST_PASSWORD, SHORTEST_PASSWORD
from auth.domain.errors import ActivationRefused, PasswordTooGuessable, SecondFactorWrong
from auth.use_cases.activate_officer import begin_activation, confirm_activation

router = page_router()
_STEP = "activation"


@router.get("/activate")
async def activate_page(visit: CurrentVisit) -> Response:
    """Asks for the login, the code and a password."""
    return await _activate_page(visit)


@router.post("/activate")
async def activate(visit: CurrentVisit, form: SubmittedForm) -> Response:
    """Keeps the password, and goes on to the authenticator."""
    login, code, password = form.text("login", 100), form.text("code", 60), form.secret("password")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return await _activate_page(visit, login=login, code=code, errors={"password": "password.length"})
    try:
        uri = await begin_activation(visit.deps, login, code, password)
    except PasswordTooGuessable:
        return await _activate_page(visit, login=login, code=code, errors={"password": "password.guessable"})
    except ActivationRefused:
        return await _activate_page(visit, login=login, errors={"code": "activate.wrong"})
    response = visit.goes_to(visit.address("/activate/authenticator"))
    visit.remember(response, _STEP, {"login": login, "code": code, "uri": uri})
    return response


async def _activate_page(
    visit: Visit, *, login: str = "", code: str = "", errors: dict[str, str] | None = None
) -> Response:
    return await show(visit, "activate.html", status=422 if errors else 200, errors=errors, login=login, code=code)


@router.get("/activate/authenticator")
async def authenticator_page(visit: CurrentVisit) -> Response:
    """Shows the secret for the authenticator, and asks for a code of it."""
    facts = visit.recall(_STEP)
    if facts is None:
        return visit.goes_to(visit.address("/activate"))
    return await _authenticator_page(visit, facts["uri"])


@router.post("/activate/authenticator")
async def confirm(visit: CurrentVisit, form: SubmittedForm) -> Response:
    """Makes the account active, and shows the recovery codes."""
    facts = visit.recall(_STEP)
    if facts is None:
        return visit.goes_to(visit.address("/activate"))
    try:
        codes = await confirm_activation(visit.deps, facts["login"], facts["code"], digits(form, "code"))
    except SecondFactorWrong:
        return await _authenticator_page(visit, facts["uri"], errors={"code": "second-factor.wrong"})
    except ActivationRefused:
        return await show(visit, "error.html", status=409, reason="activation-over")
    response = await show(visit, "recovery_codes.html", codes=codes)
    visit.forget(response, _STEP)
    return response


async def _authenticator_page(visit: Visit, uri: str, errors: dict[str, str] | None = None) -> Response:
    status = 422 if errors else 200
    return await show(visit, "totp.html", status=status, errors=errors, qr=qr_code(uri), secret=secret_of(uri))
