"""Take in an event: one message a channel, to be sent in the order of the case."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from notifications.domain.messages import CHANNELS, TOLD, facts_of, is_told
from notifications.storage.tables import messages
from shared.cloudevents import CloudEvent
from shared.ids import new_id


async def take_in_event(connection: AsyncConnection, event: CloudEvent, case: Mapping[str, Any], now: datetime) -> None:
    """Write the messages of an event; those that are there already stay as they are."""
    if not is_told(event.type, event.data):
        return
    rows = [
        {
            "id": new_id(),
            "cause_event_id": event.id,
            "cause_type": event.type,
            "channel": channel,
            "template": TOLD[event.type],
            "facts": facts_of(event.data),
            "state": "pending",
            "created_at": now,
            "next_attempt_at": now,
            **case,
        }
        for channel in CHANNELS
    ]
    await connection.execute(insert(messages).values(rows).on_conflict_do_nothing())
