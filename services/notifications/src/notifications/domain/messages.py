"""Which events the applicant is told of, and what the text needs to know. Nothing personal is kept with a message."""

from collections.abc import Mapping
from typing import Any

CHANNELS = ("sms", "email")
# event → template; what is not here is the officers' business
TOLD: Mapping[str, str] = {
    "ua.virtual-office.applications.submitted.v1": "submitted",
    "ua.virtual-office.applications.registered.v1": "registered",
    "ua.virtual-office.applications.returned.v1": "returned",
    "ua.virtual-office.applications.resubmitted.v1": "resubmitted",
    "ua.virtual-office.applications.assigned.v1": "assigned",
    "ua.virtual-office.applications.information-requested.v1": "information-requested",
    "ua.virtual-office.applications.information-supplied.v1": "information-supplied",
    "ua.virtual-office.applications.decided.v1": "decided",
    "ua.virtual-office.applications.withdrawn.v1": "withdrawn",
    "ua.virtual-office.applications.deadline-changed.v1": "deadline-changed",
    "ua.virtual-office.registry-gateway.delayed.v1": "verification-delayed",
}
_FACTS = ("reference", "service_name", "deadline_on", "outcome", "reason")


def is_told(event_type: str, data: Mapping[str, Any]) -> bool:
    """Tell whether the applicant hears of this event: a new deadline only when the head extended the term."""
    if event_type.endswith("deadline-changed.v1"):
        return data.get("reason") == "extended"
    return event_type in TOLD


def facts_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the text of a message is made of."""
    return {name: data[name] for name in _FACTS if name in data}
