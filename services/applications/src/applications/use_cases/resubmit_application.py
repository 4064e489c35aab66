"""Send a returned application again."""

from applications.domain.application import Application
from applications.use_cases.dependencies import Dependencies, Target, changing


async def resubmit_application(deps: Dependencies, target: Target) -> Application:
    """Hand it to the centre again."""
    async with changing(deps, target) as (application, _):
        application.resubmit(target.caller, deps.clock.now())
    return application
