"""Withdraw an application: the applicant takes it back."""

from applications.domain.application import Application
from applications.use_cases.dependencies import Dependencies, Target, changing


async def withdraw_application(deps: Dependencies, target: Target) -> Application:
    """Withdraw it."""
    async with changing(deps, target) as (application, _):
        application.withdraw(target.caller, deps.clock.now())
    return application
