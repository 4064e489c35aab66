"""Passkeys on pages: signing in with one, and those of one's account. The one thing here that needs a script in the browser.

The script asks for options with the token of the form, has the authenticator answer, and sends the form with the answer in it.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse

from auth.api.pages.csrf import Form, SubmittedForm
from auth.api.pages.entering import enter
from auth.api.pages.rendering import show
from auth.api.pages.routes_account import moment
from auth.api.pages.routing import page_router
from auth.api.pages.visits import ACCOUNT_PATH, CurrentVisit, Fresh, Visit
from auth.domain.errors import LastWayIn, LoginFailed, PasskeyNotFound, PasskeyRefused, TooManyPasskeys
from auth.use_cases.passkeys import add_passkey, begin_passkey, list_passkeys, remove_passkey
from auth.use_cases.prove_passkey import begin_passkey_sign_in, prove_passkey
from auth.use_cases.rename_passkey import rename_passkey

router = page_router()
_DONE = f"{ACCOUNT_PATH}/passkeys"
_NO_STORE = {"Cache-Control": "no-store"}
_LONGEST_NAME = 60


@router.post("/login/passkey/options")
async def sign_in_options(visit: CurrentVisit, _form: SubmittedForm) -> Response:
    """What the authenticator is asked with to sign in."""
    return JSONResponse(await begin_passkey_sign_in(visit.deps), headers=_NO_STORE)


@router.post("/login/passkey")
async def sign_in(visit: CurrentVisit, form: SubmittedForm) -> Response:
    """Signs in with the authenticator's answer."""
    try:
        proved = await prove_passkey(visit.deps, _credential(form))
    except LoginFailed:
        return await show(visit, "error.html", status=400, reason="passkey")
    return await enter(visit, proved)


@router.get("/account/passkeys")
async def passkeys_page(visit: Fresh) -> Response:
    """Shows one's passkeys."""
    return await _passkeys_page(visit)


@router.post("/account/passkeys/options")
async def options(visit: Fresh, _form: SubmittedForm) -> Response:
    """What the authenticator is asked with to make a passkey."""
    try:
        asked = await begin_passkey(visit.deps, visit.session.account_id, visit.session.id)
    except TooManyPasskeys:
        return JSONResponse({}, 409, _NO_STORE)
    return JSONResponse(asked, headers=_NO_STORE)


@router.post("/account/passkeys")
async def add(visit: Fresh, form: SubmittedForm) -> Response:
    """Keeps the passkey that the authenticator made."""
    session, name = visit.session, _name(visit, form)
    try:
        await add_passkey(visit.deps, session.account_id, session.id, _credential(form), name)
    except (PasskeyRefused, TooManyPasskeys):
        return await _passkeys_page(visit, errors={"name": "passkey.failed"})
    return visit.goes_to(_DONE)


@router.post("/account/passkeys/rename")
async def rename(visit: Fresh, form: SubmittedForm) -> Response:
    """Calls a passkey something else."""
    session, name = visit.session, _name(visit, form)
    try:
        await rename_passkey(visit.deps, session.account_id, session.id, _id(form), name)
    except PasskeyNotFound:
        return visit.goes_to(_DONE)
    return visit.goes_to(_DONE)


@router.post("/account/passkeys/remove")
async def remove(visit: Fresh, form: SubmittedForm) -> Response:
    """Forgets a passkey."""
    try:
        await remove_passkey(visit.deps, visit.session.account_id, visit.session.id, _id(form))
    except PasskeyNotFound:
        return visit.goes_to(_DONE)
    except LastWayIn:
        return await show(visit, "error.html", status=409, reason="last-way-in")
    return visit.goes_to(_DONE)


async def _passkeys_page(visit: Visit, errors: dict[str, str] | None = None) -> Response:
    async with visit.deps.database.reading() as connection:
        rows = await list_passkeys(connection, visit.session.account_id)
    shown = [
        {
            "id": urlsafe_b64encode(row.credential_id).decode(),
            "name": row.name,
            "created": moment(row.created_at),
            "used": moment(row.used_at) if row.used_at else "",
        }
        for row in rows
    ]
    return await show(visit, "passkeys.html", status=422 if errors else 200, errors=errors, passkeys=shown)


def _credential(form: Form) -> dict[str, Any]:
    """Return the authenticator's answer; one that cannot be read is none."""
    try:
        credential = json.loads(form.get("credential", ""))
    except (ValueError, RecursionError):
        return {}
    return credential if isinstance(credential, dict) else {}


def _id(form: Form) -> bytes:
    try:
        return urlsafe_b64decode(form.text("passkey", 2000))
    except ValueError:
        return b""


def _name(visit: Visit, form: Form) -> str:
    """Return what the holder calls the passkey, or the date if that is nothing."""
    name = "".join(letter for letter in form.text("name", _LONGEST_NAME) if letter.isprintable())
    return name or moment(visit.deps.clock.now())
