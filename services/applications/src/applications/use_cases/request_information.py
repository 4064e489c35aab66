"""Ask the applicant for something: the clock stands until the answer."""

from applications.domain.application import Application
from applications.use_cases.dependencies import Dependencies, Target, changing


async def request_information(deps: Dependencies, target: Target, text: str) -> Application:
    """Ask; `text` is what the applicant reads."""
    async with changing(deps, target) as (application, _):
        application.request_information(target.caller, deps.clock.now(), deps.calendar, text)
    return application
