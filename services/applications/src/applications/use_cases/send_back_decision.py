"""Send a proposed decision back: the examination goes on."""

from applications.domain.application import Application
from applications.use_cases.dependencies import Dependencies, Target, changing


async def send_back_decision(deps: Dependencies, target: Target, reason: str) -> Application:
    """Send it back with the reason."""
    async with changing(deps, target) as (application, _):
        application.send_back(target.caller, deps.clock.now(), reason)
    return application
