"""The declared events, their schemas and examples, as tests of both sides read them."""

import json
from typing import Any

import yaml

from shared.contracts import CONTRACTS

TOPICS: dict[str, dict[str, Any]] = yaml.safe_load((CONTRACTS / "topics.yaml").read_text("utf-8"))["topics"]


def declared_events(*, owner: str | None = None) -> set[str]:
    """Return the types of all declared events, or of one service's."""
    return {
        f"ua.virtual-office.{entry['owner']}.{event}"
        for entry in TOPICS.values()
        for event in entry["events"]
        if owner in {None, entry["owner"]}
    }


def example_of(event_type: str) -> dict[str, Any]:
    """Return the example of a type."""
    _, _, service, event = event_type.split(".", 3)
    example: dict[str, Any] = json.loads((CONTRACTS / "examples" / service / f"{event}.json").read_text("utf-8"))
    return example
