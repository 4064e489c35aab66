"""Answer what the agency asked: the clock goes on."""

from applications.domain.application import Application
from applications.use_cases.dependencies import Dependencies, Target, changing


async def supply_information(deps: Dependencies, target: Target, answer: str) -> Application:
    """Answer in words."""
    async with changing(deps, target) as (application, _):
        application.supply_information(target.caller, deps.clock.now(), deps.calendar, answer)
    return application
