"""Return an application as incomplete: the applicant completes it and sends it again."""

from applications.domain.application import Application
from applications.use_cases.dependencies import Dependencies, Target, changing


async def return_application(deps: Dependencies, target: Target, reason: str) -> Application:
    """Return it; `reason` tells the applicant what is missing."""
    async with changing(deps, target) as (application, _):
        application.return_incomplete(target.caller, deps.clock.now(), reason)
    return application
