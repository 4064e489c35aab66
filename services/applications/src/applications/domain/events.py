"""What happened to an application: the name of each event and the facts that are its own, without personal data.

The facts common to all (whose, which service, which state) are added by the application that records them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID


@dataclass(frozen=True)
class Event:
    """Something that happened; `name` is the last part of its type."""

    name: ClassVar[str]

    def facts(self) -> dict[str, Any]:
        """Return the facts as JSON values."""
        return {name: _plain(value) for name, value in vars(self).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True)
class ApplicationSubmitted(Event):
    name = "submitted"
    channel: str
    territory: str


@dataclass(frozen=True)
class ApplicationRegistered(Event):
    name = "registered"
    registered_at: datetime
    deadline_on: date | None


@dataclass(frozen=True)
class ApplicationReturned(Event):
    name = "returned"


@dataclass(frozen=True)
class ApplicationResubmitted(Event):
    name = "resubmitted"


@dataclass(frozen=True)
class ApplicationAssigned(Event):
    name = "assigned"
    assignee_id: str


@dataclass(frozen=True)
class VerificationRequested(Event):
    name = "verification-requested"
    verification_id: UUID
    requirement: str
    trigger: str


@dataclass(frozen=True)
class InformationRequested(Event):
    name = "information-requested"


@dataclass(frozen=True)
class InformationSupplied(Event):
    name = "information-supplied"
    deadline_on: date | None


@dataclass(frozen=True)
class DecisionProposed(Event):
    name = "decision-proposed"
    outcome: str


@dataclass(frozen=True)
class DecisionSentBack(Event):
    name = "sent-back"


@dataclass(frozen=True)
class ApplicationDecided(Event):
    name = "decided"
    outcome: str
    refusal_codes: Sequence[str]
    decided_at: datetime


@dataclass(frozen=True)
class ApplicationWithdrawn(Event):
    name = "withdrawn"


@dataclass(frozen=True)
class DeadlineChanged(Event):
    name = "deadline-changed"
    deadline_on: date | None
    previous_deadline_on: date | None
    reason: str
