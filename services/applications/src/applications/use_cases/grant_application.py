"""Grant at once, where the card leaves it to the one who asks."""

from applications.domain.application import Application
from applications.use_cases.dependencies import Dependencies, Target, changing


async def grant_application(deps: Dependencies, target: Target, reason: str | None) -> Application:
    """Decide in favour of the applicant."""
    async with changing(deps, target) as (application, _):
        application.grant(target.caller, deps.clock.now(), reason)
    return application
