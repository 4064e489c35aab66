"""Events of the catalogue: the organisations in which mandates can be held."""

import asyncio

import orjson
import pytest

from auth.consumers.listening import HANDLERS
from auth.storage import tables
from shared.broker import Message, Producer, Subscription
from shared.consumer import Consumer, ConsumerParts
from shared.contracts import Contracts
from shared.ids import new_id
from shared.metrics import Metrics
from shared.telemetry import build_tracer
from tests.support.events import an_event
from tests.support.eventually import eventually

pytestmark = pytest.mark.kafka


@pytest.fixture
async def publish(kafka_servers):
    """Put events on the topic, in order."""
    producer = Producer(kafka_servers)
    await producer.start()

    async def publish(*events):
        records = [
            Message("catalog.organisation", event.subject, orjson.dumps(event.data), event.headers())
            for event in events
        ]
        assert await producer.send(records) == len(records)

    yield publish
    await producer.stop()


@pytest.fixture
async def listening(office, kafka_servers):
    """The consumer of auth at work, in a group of this test's own."""
    contracts = Contracts()
    topics = contracts.topics_of(HANDLERS)
    parts = ConsumerParts(
        database=office.deps.database,
        inbox=tables.inbox,
        contracts=contracts,
        handlers=HANDLERS,
        new_subscription=lambda: Subscription(kafka_servers, group=f"auth-{new_id()}", topics=topics),
        new_producer=lambda: Producer(kafka_servers),
        tracer=build_tracer("auth", None),
        metrics=Metrics(),
    )
    stop = asyncio.Event()
    running = asyncio.create_task(Consumer(parts).run(stop))
    yield
    stop.set()
    await running


def changed(organisation, *, active=True, kind="service-centre"):
    name = {"uk": "Центр", "en": "Centre"}
    data = {
        "organisation": organisation,
        "kind": kind,
        "name": name,
        "territory": "dnipro",
        "agency": None,
        "active": active,
    }
    return an_event("catalog.changed.v1", data, subject=organisation)


async def test_heads_are_appointed_in_organisations_that_the_catalogue_knows(office, publish, listening, problem):
    slug = f"cnap-{new_id()}"

    async def appointed():
        return await office.appoint(office.operator(), role="head_of_service_centre", organisation=slug)

    assert problem(await appointed(), 422, "unknown-organisation")
    opened = changed(slug)
    await publish(opened, opened)
    await eventually(lambda: is_known(office, slug, is_active=True))
    assert (await appointed()).status_code == 201

    await publish(changed(slug, active=False), opened)
    await eventually(lambda: is_known(office, slug, is_active=False))
    assert problem(await appointed(), 422, "unknown-organisation")
    entered = [row for row in await office.rows(tables.inbox) if row.event_id == opened.id]
    assert len(entered) == 1


async def is_known(office, slug, *, is_active):
    return any(row.id == slug and row.is_active == is_active for row in await office.rows(tables.organisations))
