"""Approve a proposed decision: the head of the agency makes it."""

from applications.domain.application import Application
from applications.use_cases.dependencies import Dependencies, Target, changing


async def approve_decision(deps: Dependencies, target: Target) -> Application:
    """Make the decision that was proposed."""
    async with changing(deps, target) as (application, _):
        application.approve_decision(target.caller, deps.clock.now())
    return application
