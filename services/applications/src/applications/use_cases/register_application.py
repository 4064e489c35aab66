"""Register an application: the centre takes it in, the clock starts, and the card's register checks are asked for."""

from typing import Any

from applications.domain.application import Application
from applications.use_cases.dependencies import Dependencies, Target, changing, open_form
from shared.ids import new_id


async def register_application(deps: Dependencies, target: Target) -> Application:
    """Register, and request every verification whose needed fields the applicant filled in."""
    async with changing(deps, target) as (application, uow):
        now = deps.clock.now()
        application.register(target.caller, now, deps.calendar)
        sealed = await uow.applications.form_sealed(application.id)
        form: dict[str, Any] = open_form(deps.cipher, application.id, sealed)
        for check in application.card.checks_for(form):
            application.request_verification(new_id(), check, now)
    return application
