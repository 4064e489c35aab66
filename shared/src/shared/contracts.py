"""The declared events: which topic carries each type and which JSON Schema (2020-12) its data obeys.

Reads `shared/contracts/`. An event that is not declared, or whose data breaks its schema, is neither sent nor handled.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import yaml

from shared.cloudevents import CloudEvent, InvalidEvent

CONTRACTS = Path(__file__).parents[2] / "contracts"
_SCHEMAS_AT = "urn:virtual-office:schemas"


@dataclass(frozen=True)
class Topic:
    """One topic as declared in `topics.yaml`."""

    name: str
    partitions: int
    config: Mapping[str, str]
    events: tuple[str, ...]
    has_dead_letters: bool

    @property
    def dead_letters(self) -> str:
        return f"{self.name}.dlq"


@dataclass(frozen=True)
class EventContract:
    """Where events of one type go and what their data must be."""

    type: str
    topic: str
    dataschema: str
    validator: Any


class Contracts:
    """All that is declared, checked at load: each event has a schema that is itself valid."""

    def __init__(self, folder: Path = CONTRACTS) -> None:
        declared = yaml.safe_load((folder / "topics.yaml").read_text("utf-8"))
        self.topics: dict[str, Topic] = {}
        self.events: dict[str, EventContract] = {}
        for name, entry in declared["topics"].items():
            config = {key: str(value) for key, value in entry.get("config", {}).items()}
            events = tuple(entry.get("events", ()))
            self.topics[name] = Topic(name, entry["partitions"], config, events, entry.get("dead_letters", True))
            service = name.partition(".")[0]
            for event in events:
                schema = folder / "schemas" / service / f"{event}.json"
                contract = EventContract(
                    type=f"ua.virtual-office.{service}.{event}",
                    topic=name,
                    dataschema=f"{_SCHEMAS_AT}:{service}:{event}",
                    validator=jsonschema_rs.validator_for(orjson.loads(schema.read_bytes()), validate_formats=True),
                )
                self.events[contract.type] = contract

    def event(self, event_type: str) -> EventContract:
        """Return the contract of a type, or raise InvalidEvent."""
        try:
            return self.events[event_type]
        except KeyError:
            raise InvalidEvent(f"{event_type} is not declared in topics.yaml") from None

    def topics_of(self, event_types: Iterable[str]) -> list[str]:
        """Return the topics that carry these types."""
        return sorted({self.event(event_type).topic for event_type in event_types})

    def check(self, event: CloudEvent) -> EventContract:
        """Raise InvalidEvent unless the event is declared and its data obeys the schema."""
        contract = self.event(event.type)
        data = dict(event.data)
        if not contract.validator.is_valid(data):
            faults = [f"{'/'.join(map(str, fault.instance_path))}: {fault.message}"
                      for fault in contract.validator.iter_errors(data)]  # fmt: skip
            raise InvalidEvent("; ".join(faults[:5]))
        return contract
