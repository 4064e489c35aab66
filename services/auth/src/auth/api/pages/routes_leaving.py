"""Signing out of this browser, once the person has said so: a link alone ends nothing."""

from fastapi import Response

from auth.api.browser import local_path, set_cookie
from auth.api.pages.csrf import SubmittedForm
from auth.api.pages.rendering import show
from auth.api.pages.routing import page_router
from auth.api.pages.visits import CurrentVisit
from auth.use_cases.own_sessions import sign_out

router = page_router()


@router.get("/logout")
async def logout_page(visit: CurrentVisit) -> Response:
    """Asks whether to sign out."""
    return await show(visit, "logout.html")


@router.post("/logout")
async def logout(visit: CurrentVisit, _form: SubmittedForm) -> Response:
    """Ends the session of this browser."""
    if visit.session is not None:
        await sign_out(visit.deps, visit.session.account_id, visit.session.id)
    onward = local_path(visit.wishes.get("next", ""))
    response = visit.goes_to(onward or "/logout/done")
    set_cookie(response, visit.deps.settings, "session", "", 0)
    return response


@router.get("/logout/done")
async def logged_out_page(visit: CurrentVisit) -> Response:
    """Says that it is done."""
    return await show(visit, "logged_out.html")
