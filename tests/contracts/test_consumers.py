"""Consumers read what producers may send: their views take every example, ask for no more than the schema, mind no more."""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import pytest

from dev.declared import handlers_of, process_of
from dev.schemas import event_schemas
from dev.topology import SERVICES, Service
from shared.consumer import Handler
from shared.contracts import Contracts
from shared.database import Database
from shared.inbox import entry_of
from tests.support.contracts import declared_events, example_of
from tests.support.events import an_event

LISTENING = [service for service in SERVICES if "consume" in service.roles]
each_listener = pytest.mark.parametrize("service", LISTENING, ids=lambda service: service.name)


def schema_of(event_type: str) -> dict[str, Any]:
    _, _, owner, event = event_type.split(".", 3)
    schema: dict[str, Any] = event_schemas()[owner][event]
    return schema


def sparse(schema: Mapping[str, Any], value: Any) -> Any:
    """Return a value with the required members alone, all the way down."""
    if isinstance(value, dict) and "properties" in schema:
        kept = set(schema.get("required", ()))
        return {
            name: sparse(schema["properties"].get(name, {}), inner) for name, inner in value.items() if name in kept
        }
    if isinstance(value, list):
        return [sparse(schema.get("items", {}), item) for item in value]
    return value


def with_news(value: Any) -> Any:
    """Return a value in which every object has a member that a later producer may add."""
    if isinstance(value, dict):
        return {**{name: with_news(inner) for name, inner in value.items()}, "added_later": "news"}
    return [with_news(item) for item in value] if isinstance(value, list) else value


def optional_nulls(schema: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data with null wherever the schema lets it stand."""
    nullable = {
        name for name, inner in schema["properties"].items() if jsonschema_rs.validator_for(inner).is_valid(None)
    }
    return {name: None if name in nullable else value for name, value in data.items()}


@pytest.mark.parametrize("event_type", sorted(declared_events()))
def test_the_example_of_an_event_obeys_its_schema(event_type: str):
    Contracts().check(an_event(event_type, example_of(event_type)))


@pytest.mark.parametrize("event_type", sorted(declared_events()))
def test_a_schema_refuses_an_event_that_lacks_a_required_member(event_type: str):
    validator = Contracts().event(event_type).validator
    example = example_of(event_type)
    for name in schema_of(event_type)["required"]:
        assert not validator.is_valid({key: value for key, value in example.items() if key != name}), name


@each_listener
async def test_a_view_takes_whatever_the_schema_allows(service: Service):
    refused = []
    for event_type, handler in (await handlers_of(service)).items():
        schema, example = schema_of(event_type), example_of(event_type)
        variants = {
            "example": example,
            "required members alone": sparse(schema, example),
            "null where it may be": optional_nulls(schema, example),
        }
        for name, data in variants.items():
            assert Contracts().event(event_type).validator.is_valid(data), f"{event_type}: {name}"
            if not _takes(handler, data):
                refused.append(f"{event_type}: {name}")
    assert refused == []


@each_listener
async def test_a_view_minds_no_member_that_is_added_later(service: Service):
    handlers = await handlers_of(service)
    refused = [kind for kind, handler in handlers.items() if not _takes(handler, with_news(example_of(kind)))]
    assert refused == []


def _takes(handler: Handler, data: Mapping[str, Any]) -> bool:
    try:
        handler.view.model_validate(data)
    except ValueError:
        return False
    return True


@each_listener
async def test_a_handler_takes_in_the_example_and_the_barest_event_it_can_get(service: Service, databases):
    process = process_of(service)
    database = Database(await databases(process), pool_size=2)
    kept = database.keep_one()
    try:
        for event_type, handler in (await handlers_of(service)).items():
            schema, example = schema_of(event_type), example_of(event_type)
            for data in (example, sparse(schema, example)):
                event = an_event(event_type, data)
                async with kept.transaction(entry_of([event.id])) as transaction:
                    await handler.handle(transaction.connection, event, handler.view.model_validate(data))
    finally:
        await kept.close()
        await database.dispose()
