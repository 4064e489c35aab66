"""Events as they arrive at a consumer."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.cloudevents import CloudEvent
from shared.ids import new_id


def an_event(
    event_type: str, data: Mapping[str, Any], *, subject: str = "subject", event_id: UUID | None = None
) -> CloudEvent:
    """Return an event of `event_type` (whole, or from the service on: `catalog.published.v1`)."""
    full = event_type if event_type.startswith("ua.") else f"ua.virtual-office.{event_type}"
    return CloudEvent(
        id=event_id or new_id(),
        source="/" + full.split(".")[2],
        type=full,
        subject=subject,
        time=datetime.now(UTC),
        dataschema="",
        data=data,
    )
