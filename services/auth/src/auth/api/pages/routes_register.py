"""Registering: a phone, an e-mail or both, each proved by a code; a password only for those who want one."""

from typing import Any
from uuid import UUID

from fastapi import Response

from auth.api.pages.csrf import Form, SubmittedForm
from auth.api.pages.entering import REGISTRATION, enter
from auth.api.pages.rendering import show
from auth.api.pages.routes_login import digits
from auth.api.pages.routing import page_router
from auth.api.pages.visits import CurrentVisit, Visit
from auth.api.pages.wording import LANGUAGES
from auth.api.schemas import LONGEST_PASSWORD, SHORTEST_PASSWORD
from auth.domain.errors import (
    CodeWrong,
    ContactInvalid,
    ContactMissing,
    LoginTaken,
    PasswordTooGuessable,
    RegistrationNotFound,
)
from auth.use_cases.confirm_registration import confirm_registration
from auth.use_cases.register_account import Registration, register_account
from auth.use_cases.sessions import Proved
from shared.idempotency import IdempotencyKeyReused
from shared.ids import new_id

router = page_router()


@router.get("/register")
async def register_page(visit: CurrentVisit) -> Response:
    """Asks for contacts."""
    return await _register_page(visit, {})


@router.post("/register")
async def register(visit: CurrentVisit, form: SubmittedForm) -> Response:
    """Sends the codes."""
    password, language = form.secret("password"), form.get("language", visit.language)
    if password and not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return await _register_page(visit, form, errors={"password": "password.length"})
    wanted = Registration(
        form.text("phone") or None,
        form.text("email") or None,
        password or None,
        language if language in LANGUAGES else visit.language,
    )
    try:
        pending = await register_account(visit.deps, wanted, f"page-{form.text('key', 60) or new_id()}")
    except ContactMissing:
        return await _register_page(visit, form, errors={"phone": "register.missing"})
    except PasswordTooGuessable:
        return await _register_page(visit, form, errors={"password": "password.guessable"})
    except ContactInvalid as error:
        return await _register_page(visit, form, errors=_of_contacts(error))
    except IdempotencyKeyReused:
        return await _register_page(visit, form, errors={"phone": "register.again"})
    response = visit.goes_to(visit.address("/register/confirm"))
    facts = {
        "registration_id": str(pending.registration_id),
        "confirm": pending.confirm,
        "has_password": bool(password),
    }
    visit.remember(response, REGISTRATION, facts)
    return response


async def _register_page(visit: Visit, form: Form | dict[str, str], errors: dict[str, str] | None = None) -> Response:
    values = {name: form.get(name, "")[:254] for name in ("phone", "email")}
    language = form.get("language", visit.language)
    status = 422 if errors else 200
    return await show(
        visit, "register.html", status=status, errors=errors, values=values, chosen=language, key=str(new_id())
    )


def _of_contacts(error: ContactInvalid) -> dict[str, str]:
    return {pointer.strip("/"): f"register.{pointer.strip('/')}.invalid" for pointer, _ in error.violations}


@router.get("/register/confirm")
async def confirm_page(visit: CurrentVisit) -> Response:
    """Asks for the codes."""
    facts = visit.recall(REGISTRATION)
    if facts is None:
        return visit.goes_to(visit.address("/register"))
    return await show(visit, "register_confirm.html", channels=facts["confirm"])


@router.post("/register/confirm")
async def confirm(visit: CurrentVisit, form: SubmittedForm) -> Response:
    """Makes the account and signs in to it."""
    facts = visit.recall(REGISTRATION)
    if facts is None:
        return visit.goes_to(visit.address("/register"))
    codes = {channel: digits(form, channel) for channel in facts["confirm"]}
    try:
        account_id = await confirm_registration(
            visit.deps,
            UUID(facts["registration_id"]),
            sms_code=codes.get("sms"),
            email_code=codes.get("email"),
        )
    except CodeWrong:
        errors = {facts["confirm"][0]: "code.wrong"}
        return await show(visit, "register_confirm.html", status=422, errors=errors, channels=facts["confirm"])
    except RegistrationNotFound:
        return await _over(visit, "register-over")
    except LoginTaken:
        return await _over(visit, "register-taken")
    return await enter(visit, Proved(account_id, _methods(facts)))


def _methods(facts: dict[str, Any]) -> tuple[str, ...]:
    return (*(("pwd",) if facts["has_password"] else ()), *facts["confirm"])


async def _over(visit: Visit, reason: str) -> Response:
    response = await show(visit, "error.html", status=409, reason=reason)
    visit.forget(response, REGISTRATION)
    return response
