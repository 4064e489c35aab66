"""What routes are given: the parts of the process, and the caller as one who may appoint."""

from typing import Annotated

from fastapi import Depends, Request

from auth.domain.roles import Appointer
from auth.use_cases.dependencies import Dependencies
from shared.actors import CurrentActor
from shared.problems import FORBIDDEN, Problem

OPERATOR = "operator"


async def dependencies(request: Request) -> Dependencies:
    """Return the parts of this process."""
    deps: Dependencies = request.app.state.dependencies
    return deps


async def appointer_of(actor: CurrentActor) -> Appointer:
    """Return the bearer as one who appoints."""
    mandates = [(held.role, held.organisation) for held in actor.mandates]
    return Appointer(actor.subject, OPERATOR in actor.scopes, mandates)


async def head_or_operator(appointer: Annotated[Appointer, Depends(appointer_of)]) -> Appointer:
    """Return the bearer if any appointment is theirs to make."""
    if not (appointer.is_operator or appointer.heads()):
        raise Problem(FORBIDDEN, "Heads appoint in their own organisation; the operator appoints heads.")
    return appointer


Parts = Annotated[Dependencies, Depends(dependencies)]
CurrentAppointer = Annotated[Appointer, Depends(head_or_operator)]
