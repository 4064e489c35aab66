"""What routes are given: the parts of the process, and the caller as the domain sees one."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request

from applications.domain.authority import Caller, HeldMandate
from applications.use_cases.dependencies import Dependencies, Target
from shared.actors import CurrentActor
from shared.problems import INVALID, Problem


async def dependencies(request: Request) -> Dependencies:
    """Return the parts of this process."""
    deps: Dependencies = request.app.state.dependencies
    return deps


async def caller_of(actor: CurrentActor) -> Caller:
    """Return the bearer of the token as the domain sees one."""
    return Caller(actor.subject, tuple(HeldMandate(held.role, held.organisation) for held in actor.mandates))


async def citizen_of(actor: CurrentActor) -> UUID:
    """Return the account of a person who acts for himself: officers and machines do not submit as citizens."""
    return UUID(actor.subject)


@dataclass(frozen=True)
class SignedIn:
    """A citizen, and how surely it is known that it is they: the `acr` of the token."""

    account: UUID
    acr: str | None


async def signed_in_citizen(actor: CurrentActor) -> SignedIn:
    """Return the account of a person who acts for himself, and the `acr` of the sign-in."""
    return SignedIn(await citizen_of(actor), actor.acr)


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
SignedInCitizen = Annotated[SignedIn, Depends(signed_in_citizen)]
CurrentTarget = Annotated[Target, Depends(target)]
