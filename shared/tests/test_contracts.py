"""Contracts: each declared event has a topic, a valid schema and an example that obeys it; the rest is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.cloudevents import InvalidEvent
from shared.contracts import CONTRACTS, Contracts
from tests.support.events import an_event

DECLARED = Contracts()


def an_example(event_type: str) -> dict[str, Any]:
    service, _, name = event_type.removeprefix("ua.virtual-office.").partition(".")
    example: dict[str, Any] = json.loads((CONTRACTS / "examples" / service / f"{name}.json").read_text("utf-8"))
    return example


@pytest.mark.parametrize("event_type", DECLARED.events)
def test_the_example_of_each_event_obeys_its_schema(event_type: str) -> None:
    contract = DECLARED.check(an_event(event_type, an_example(event_type)))
    assert contract.type == event_type
    assert contract.topic in DECLARED.topics


@pytest.mark.parametrize("event_type", DECLARED.events)
def test_each_schema_refuses_what_lacks_a_required_member_or_is_of_another_kind(event_type: str) -> None:
    example = an_example(event_type)
    required = next(iter(example))
    for wrong in (
        {name: value for name, value in example.items() if name != required},
        {**example, required: {"of": "another kind"}},
    ):
        with pytest.raises(InvalidEvent):
            DECLARED.check(an_event(event_type, wrong))


def test_the_refusal_names_each_fault_and_its_place() -> None:
    data = {"account_id": "no uuid", "kind": "robot"}
    with pytest.raises(InvalidEvent) as refused:
        DECLARED.check(an_event("auth.registered.v1", data))
    for word in ("account_id", "kind", "language"):
        assert word in str(refused.value)


@pytest.mark.parametrize("event_type", ["auth.registered.v2", "auth.deleted.v1", "nobody.registered.v1"])
def test_an_event_that_is_not_declared_is_refused(event_type: str) -> None:
    with pytest.raises(InvalidEvent, match="not declared"):
        DECLARED.check(an_event(event_type, {}))


def test_each_topic_has_dead_letters_beside_it() -> None:
    assert all(topic.dead_letters == f"{name}.dlq" for name, topic in DECLARED.topics.items())


def test_a_declared_event_without_a_schema_stops_the_load(contracts_folder: Path) -> None:
    next(contracts_folder.glob("schemas/*/happened.v1.json")).unlink()
    with pytest.raises(FileNotFoundError):
        Contracts(contracts_folder)


def test_a_schema_that_is_not_valid_stops_the_load(contracts_folder: Path) -> None:
    next(contracts_folder.glob("schemas/*/happened.v1.json")).write_text('{"type": "thing"}', "utf-8")
    with pytest.raises(ValueError, match="thing"):
        Contracts(contracts_folder)
