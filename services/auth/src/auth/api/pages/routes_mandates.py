"""Officers: in which of their offices they act in this session."""

from uuid import UUID

from fastapi import Response

from auth.api.pages.csrf import SubmittedForm
from auth.api.pages.rendering import show
from auth.api.pages.routing import page_router
from auth.api.pages.visits import SignedIn, Visit
from auth.domain.errors import MandateNotFound
from auth.use_cases.browser_sessions import choose_browser_mandate
from auth.use_cases.sessions import mandates_in_force

router = page_router()


@router.get("/mandates")
async def mandates_page(visit: SignedIn) -> Response:
    """Asks which mandate this session carries."""
    return await _mandates_page(visit)


@router.post("/mandates")
async def choose(visit: SignedIn, form: SubmittedForm) -> Response:
    """Chooses it."""
    try:
        await choose_browser_mandate(visit.deps, visit.session, UUID(form.text("mandate")))
    except (MandateNotFound, ValueError):
        return await _mandates_page(visit, errors={"mandate": "mandates.missing"})
    return visit.goes_to(visit.next_path)


async def _mandates_page(visit: Visit, errors: dict[str, str] | None = None) -> Response:
    async with visit.deps.database.reading() as connection:
        held = await mandates_in_force(connection, visit.session.account_id, visit.deps.clock.now())
    return await show(visit, "mandates.html", status=422 if errors else 200, errors=errors, held=held)
