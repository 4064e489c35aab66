"""CloudEvents 1.0 in Kafka's binary mode: attributes as `ce_` headers, the data alone as the value.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md §3.2
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

_REQUIRED = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject")


class InvalidEvent(Exception):
    """A record that is not a CloudEvent of this platform; asking again will not mend it."""


@dataclass(frozen=True)
class CloudEvent:
    """One fact that happened. `subject` is the id of the aggregate: the partition key, hence the order."""

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    dataschema: str
    data: Mapping[str, Any]
    traceparent: str | None = None

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the Kafka headers."""
        attributes = {
            "ce_specversion": "1.0",
            "ce_id": str(self.id),
            "ce_source": self.source,
            "ce_type": self.type,
            "ce_subject": self.subject,
            "ce_time": self.time.isoformat().replace("+00:00", "Z"),
            "ce_dataschema": self.dataschema,
            "content-type": "application/json",
        }
        if self.traceparent:
            attributes["ce_traceparent"] = self.traceparent
        return [(name, value.encode()) for name, value in attributes.items()]


def event_from_record(headers: Sequence[tuple[str, bytes]], value: bytes | None) -> CloudEvent:
    """Read an event from a Kafka record, or raise InvalidEvent with what is wrong with it."""
    try:
        found = {name: (raw or b"").decode() for name, raw in headers}  # Kafka allows a header without a value
        missing = [name for name in _REQUIRED if not found.get(name)]
        if missing:
            raise InvalidEvent(f"missing {', '.join(missing)}")
        time = datetime.fromisoformat(found["ce_time"])
        if found["ce_specversion"] != "1.0" or time.tzinfo is None:
            raise InvalidEvent("not of CloudEvents 1.0, or a time without its offset")
        data = orjson.loads(value or b"")
        if not isinstance(data, dict):
            raise InvalidEvent("the data is not a JSON object")
        return CloudEvent(
            id=UUID(found["ce_id"]),
            source=found["ce_source"],
            type=found["ce_type"],
            subject=found["ce_subject"],
            time=time,
            dataschema=found.get("ce_dataschema", ""),
            data=data,
            traceparent=found.get("ce_traceparent"),
        )
    except ValueError as error:
        raise InvalidEvent(str(error)) from error
