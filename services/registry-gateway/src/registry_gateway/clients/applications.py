"""Asks applications for the subject of one question: its keys, what the applicant stated, whose case it is."""

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from registry_gateway.domain.lawfulness import Subject
from shared.http import Peer, PeerUnavailable


@dataclass(frozen=True)
class Case:
    """A case as applications tells of it for one question."""

    subject: Subject
    facts: dict[str, Any]


class Applications(Protocol):
    """Tells of a case. Raises PeerUnavailable."""

    async def case(self, application_id: UUID, requirement: str) -> Case | None:
        """Return the case, or None when there is none, or its card does not ask this register."""
        ...


class ApplicationsClient:
    """The applications service."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def case(self, application_id: UUID, requirement: str) -> Case | None:
        path = f"/v1/applications/{application_id}/verification-subject"
        answer = await self._peer.request("GET", path, params={"requirement": requirement})
        if answer.status_code == 404:
            return None
        if not answer.is_success:
            raise PeerUnavailable("applications")
        try:
            body = answer.json()
            return Case(Subject(body["is_open"], body["keys"], body["asserted"]), body)
        except (ValueError, KeyError, TypeError) as error:
            raise PeerUnavailable("applications") from error
