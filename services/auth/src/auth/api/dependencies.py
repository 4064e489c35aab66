"""What routes are given: the parts of the process, and the caller as one who may appoint."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from auth.domain.errors import NotOfASession
from auth.domain.roles import Appointer
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.issue_tokens import FIRST_PARTY
from auth.use_cases.places import Place
from shared.actors import CurrentActor

OPERATOR = "operator"


async def dependencies(request: Request) -> Dependencies:
    """Return the parts of this process."""
    deps: Dependencies = request.app.state.dependencies
    return deps


async def appointer_of(actor: CurrentActor) -> Appointer:
    """Return the bearer as one who appoints."""
    mandates = [(held.role, held.organisation) for held in actor.mandates]
    return Appointer(actor.subject, OPERATOR in actor.scopes, mandates)


@dataclass(frozen=True)
class OwnSession:
    """The session of a person's token."""

    account_id: UUID
    session_id: UUID


async def session_of(actor: CurrentActor) -> OwnSession | None:
    """Return the session of the bearer's token, if it has one and is not another site's.

    A site that somebody signed in to holds tokens of the session too: with them it changes neither password nor mandate.
    """
    try:
        session_id = UUID(actor.session_id or "")
    except ValueError:
        return None
    return OwnSession(actor.account, session_id) if actor.account and actor.client_id == FIRST_PARTY else None


async def session_needed(session: Annotated[OwnSession | None, Depends(session_of)]) -> OwnSession:
    """Return the session of the bearer's token. Raises NotOfASession."""
    if session is None:
        raise NotOfASession
    return session


def place_of(request: Request, device_token: str | None) -> Place:
    """Return where a request comes from."""
    address = request.client.host if request.client else "unknown"
    return Place(address, request.headers.get("user-agent", ""), device_token or "")


Parts = Annotated[Dependencies, Depends(dependencies)]
CurrentAppointer = Annotated[Appointer, Depends(appointer_of)]
CurrentSession = Annotated[OwnSession, Depends(session_needed)]
SessionIfAny = Annotated[OwnSession | None, Depends(session_of)]
