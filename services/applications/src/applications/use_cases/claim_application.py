"""Claim a registered case: an officer of the agency begins to examine it."""

from applications.domain.application import Application
from applications.use_cases.dependencies import Dependencies, Target, changing


async def claim_application(deps: Dependencies, target: Target) -> Application:
    """Make the caller the case's officer."""
    async with changing(deps, target) as (application, _):
        application.claim(target.caller, deps.clock.now())
    return application
