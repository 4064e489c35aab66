"""Propose a decision to the head of the agency."""

from dataclasses import dataclass

from applications.domain.application import Application
from applications.use_cases.dependencies import Dependencies, Target, changing


@dataclass(frozen=True)
class ProposedDecision:
    """`outcome` is granted or refused; a refusal names codes of the card and a reason."""

    outcome: str
    refusal_codes: tuple[str, ...]
    reason: str | None


async def propose_decision(deps: Dependencies, target: Target, proposed: ProposedDecision) -> Application:
    """Propose; the head approves it or sends it back."""
    async with changing(deps, target) as (application, _):
        now = deps.clock.now()
        application.propose_decision(target.caller, now, proposed.outcome, proposed.refusal_codes, proposed.reason)
    return application
