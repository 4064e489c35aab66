"""Extend the term once (Law 2073-IX, art. 34 part 4)."""

from applications.domain.application import Application
from applications.use_cases.dependencies import Dependencies, Target, changing


async def extend_deadline(deps: Dependencies, target: Target, days: int, reason: str) -> Application:
    """Extend by `days` of the card's unit, at most the term itself."""
    async with changing(deps, target) as (application, _):
        now = deps.clock.now()
        application.extend_deadline(target.caller, now, deps.calendar, days=days, reason=reason)
    return application
