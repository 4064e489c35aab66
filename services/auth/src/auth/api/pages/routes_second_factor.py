"""The authenticator and the recovery codes of one's account. What is secret is shown once, in the answer and nowhere else."""

from urllib.parse import parse_qs, urlsplit

import segno
from fastapi import Response

from auth.api.pages.csrf import SubmittedForm
from auth.api.pages.rendering import show
from auth.api.pages.routes_login import digits
from auth.api.pages.routing import page_router
from auth.api.pages.visits import ACCOUNT_PATH, Fresh, Visit
from auth.domain.errors import SecondFactorMissing, SecondFactorRequired, SecondFactorWrong
from auth.use_cases.recovery_codes import replace_recovery_codes
from auth.use_cases.second_factor import begin_second_factor, confirm_second_factor, remove_second_factor

router = page_router()
_STEP = "totp"


@router.get("/account/totp")
async def totp_page(visit: Fresh) -> Response:
    """Shows a new secret for the authenticator, and asks for a code of it."""
    uri = await begin_second_factor(visit.deps, visit.session.account_id, visit.session.id)
    response = await _totp_page(visit, uri)
    visit.remember(response, _STEP, {"uri": uri})
    return response


@router.post("/account/totp")
async def enrol(visit: Fresh, form: SubmittedForm) -> Response:
    """Enrols it when the code is right, and shows the recovery codes."""
    facts = visit.recall(_STEP)
    if facts is None:
        return visit.goes_to("/account/totp")
    session = visit.session
    try:
        codes = await confirm_second_factor(visit.deps, session.account_id, session.id, digits(form, "code"))
    except SecondFactorWrong:
        return await _totp_page(visit, facts["uri"], errors={"code": "second-factor.wrong"})
    response = await show(visit, "recovery_codes.html", codes=codes)
    visit.forget(response, _STEP)
    return response


async def _totp_page(visit: Visit, uri: str, errors: dict[str, str] | None = None) -> Response:
    status = 422 if errors else 200
    return await show(visit, "totp.html", status=status, errors=errors, qr=qr_code(uri), secret=secret_of(uri))


def qr_code(uri: str) -> str:
    """Return the QR code of an address as the `src` of an image."""
    return segno.make(uri, error="m").svg_data_uri(scale=4, border=4)


def secret_of(uri: str) -> str:
    """Return the secret of an authenticator's address in groups that people can type."""
    [secret] = parse_qs(urlsplit(uri).query)["secret"]
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


@router.post("/account/totp/remove")
async def remove(visit: Fresh, _form: SubmittedForm) -> Response:
    """Takes the authenticator away, from citizens."""
    try:
        await remove_second_factor(visit.deps, visit.session.account_id, visit.session.id)
    except SecondFactorRequired:
        return await show(visit, "error.html", status=409, reason="second-factor-required")
    except SecondFactorMissing:
        return visit.goes_to(ACCOUNT_PATH)
    return visit.goes_to(f"{ACCOUNT_PATH}?done=totp-removed")


@router.post("/account/recovery-codes")
async def replace_codes(visit: Fresh, _form: SubmittedForm) -> Response:
    """Shows a new set of recovery codes."""
    try:
        codes = await replace_recovery_codes(visit.deps, visit.session.account_id, visit.session.id)
    except SecondFactorMissing:
        return visit.goes_to(ACCOUNT_PATH)
    return await show(visit, "recovery_codes.html", codes=codes)
