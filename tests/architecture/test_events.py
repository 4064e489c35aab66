"""Events: each that is told is declared, each that is listened to is told, and published schemas keep their promise."""

from typing import Any

import pytest

from dev.compatibility import incompatibilities
from dev.declared import emitted_by, handlers_of
from dev.schemas import broken_promises, event_schemas, published_schemas
from dev.topology import SERVICES, Service
from shared.contracts import CONTRACTS, Contracts
from tests.support.contracts import TOPICS, declared_events
from tests.support.project import each_service

SLUG = {"type": "string", "pattern": "^[a-z]+$", "description": "short name"}
PUBLISHED = {
    "title": "Something happened",
    "type": "object",
    "required": ["slug", "at"],
    "properties": {"slug": SLUG, "at": {"type": "string"}, "tags": {"type": "array", "items": {"enum": ["a", "b"]}}},
}


def changed(**properties: Any) -> dict[str, Any]:
    """Return the published schema with other properties; None takes one away."""
    merged = {**PUBLISHED["properties"], **properties}  # type: ignore[dict-item]
    return {**PUBLISHED, "properties": {name: schema for name, schema in merged.items() if schema is not None}}


@each_service
def test_a_service_tells_exactly_the_events_of_its_topics(service: Service):
    assert emitted_by(service) == declared_events(owner=service.name)


def test_every_topic_belongs_to_the_service_in_its_name():
    assert {topic: entry["owner"] for topic, entry in TOPICS.items()} == {t: t.partition(".")[0] for t in TOPICS}
    assert {entry["owner"] for entry in TOPICS.values()} <= {service.name for service in SERVICES}


@each_service
async def test_a_service_listens_only_to_events_that_another_tells(service: Service):
    told = {event for other in SERVICES if other != service for event in emitted_by(other)}
    assert set(await handlers_of(service)) - told == set()


@each_service
async def test_the_declared_consumers_of_a_topic_are_those_that_handle_its_events(service: Service):
    heard = set(Contracts().topics_of(await handlers_of(service)))
    assert heard == {topic for topic, entry in TOPICS.items() if service.name in entry["consumers"]}


@each_service
async def test_a_service_consumes_when_it_handles_events(service: Service):
    assert bool(await handlers_of(service)) == ("consume" in service.roles)


def test_every_event_has_a_schema_and_an_example_and_nothing_else_lies_beside_them():
    declared = {f"{entry['owner']}/{event}.json" for entry in TOPICS.values() for event in entry["events"]}
    for folder in ("schemas", "examples"):
        found = {path.relative_to(CONTRACTS / folder).as_posix() for path in (CONTRACTS / folder).rglob("*.json")}
        assert found == declared, folder


def test_the_key_of_a_topic_is_required_in_each_of_its_events():
    schemas = event_schemas()
    without = [
        f"{entry['owner']}/{event}"
        for entry in TOPICS.values()
        for event in entry["events"]
        if entry["key"] not in schemas[entry["owner"]][event]["required"]
    ]
    assert without == []


def test_a_schema_is_called_by_its_place():
    wrong = [
        f"{service}/{event}"
        for service, schemas in event_schemas().items()
        for event, schema in schemas.items()
        if schema["$id"] != f"urn:virtual-office:schemas:{service}:{event}"
    ]
    assert wrong == []


def test_every_event_is_among_the_published():
    unpublished = {f"{service}/{event}" for service, schemas in event_schemas().items() for event in schemas} - {
        f"{service}/{event}" for service, schemas in published_schemas().items() for event in schemas
    }
    assert unpublished == set(), "run: python -m dev.schemas --publish"


def test_schemas_change_only_compatibly_within_a_version():
    assert broken_promises(published_schemas(), event_schemas()) == []


def test_a_published_event_does_not_vanish():
    assert broken_promises({"auth": {"registered.v1": PUBLISHED}}, {"auth": {}}) == ["auth/registered.v1: is gone"]


@pytest.mark.parametrize(
    "present",
    [
        PUBLISHED,
        {**PUBLISHED, "title": "Other words"},
        {**PUBLISHED, "required": ["at", "slug"]},
        changed(slug={**SLUG, "description": "better words"}),
        changed(note={"type": "string"}),
        changed(title={"type": "string"}),
    ],
    ids=["nothing", "title", "order of required", "description", "optional member", "optional member called title"],
)
def test_words_and_optional_members_are_a_compatible_change(present: dict[str, Any]):
    assert list(incompatibilities(PUBLISHED, present)) == []


@pytest.mark.parametrize(
    "present",
    [
        {**PUBLISHED, "required": ["slug"]},
        {**PUBLISHED, "required": ["slug", "at", "tags"]},
        {**PUBLISHED, "additionalProperties": False},
        changed(tags=None),
        changed(slug={"type": "string"}),
        changed(slug={**SLUG, "maxLength": 3}),
        changed(at={"type": ["string", "null"]}),
        changed(tags={"type": "array", "items": {"enum": ["a", "b", "c"]}}),
    ],
    ids=["less required", "more required", "closed", "member gone", "looser", "stricter", "other type", "new value"],
)
def test_everything_else_is_a_new_version(present: dict[str, Any]):
    assert list(incompatibilities(PUBLISHED, present))
