"""What routes are given: the parts of the process, and the caller as the domain sees one."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request

from applications.domain.authority import Caller, HeldMandate
from applications.use_cases.dependencies import Dependencies, Target
from shared.actors import Actor, CurrentActor
from shared.problems import FORBIDDEN, INVALID, Problem


async def dependencies(request: Request) -> Dependencies:
    """Return the parts of this process."""
    deps: Dependencies = request.app.state.dependencies
    return deps


async def caller_of(actor: CurrentActor) -> Caller:
    """Return the bearer of the token as the domain sees one."""
    return Caller(actor.subject, tuple(HeldMandate(held.role, held.organisation) for held in actor.mandates))


async def citizen_of(actor: CurrentActor) -> UUID:
    """Return the account of a person who acts for himself; officers and machines do not submit as citizens."""
    account = _account(actor)
    if account is None or actor.mandates or actor.scopes:
        raise Problem(FORBIDDEN, "Applications are submitted with a citizen's own account.")
    return account


def _account(actor: Actor) -> UUID | None:
    try:
        return UUID(actor.subject)
    except ValueError:
        return None


async def expected_version(
    if_match: Annotated[str | None, Header(alias="If-Match", max_length=40)] = None,
) -> int | None:
    """Return the version that the caller read, from its ETag, or None."""
    if if_match is None:
        return None
    text = if_match.strip().strip('"')
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise Problem(INVALID, errors=[("If-Match:", "is not an ETag of an application")])
    return int(text)


async def target(
    application_id: UUID,
    caller: Annotated[Caller, Depends(caller_of)],
    version: Annotated[int | None, Depends(expected_version)],
) -> Target:
    """Return which application the caller wants changed, and the version they read."""
    return Target(application_id, caller, version)


Parts = Annotated[Dependencies, Depends(dependencies)]
CurrentCaller = Annotated[Caller, Depends(caller_of)]
Citizen = Annotated[UUID, Depends(citizen_of)]
CurrentTarget = Annotated[Target, Depends(target)]
