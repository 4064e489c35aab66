"""The consumer on a real broker: what others publish arrives in the projections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import orjson
import pytest

from applications.consumers.listening import HANDLERS, listen
from shared.broker import Message, Producer, Subscription
from shared.consumer import Consumer, ConsumerParts
from shared.database import Database
from shared.ids import new_id
from shared.metrics import Metrics
from shared.telemetry import build_tracer
from tests.support.events import an_event
from tests.support.eventually import eventually

pytestmark = pytest.mark.kafka


def test_every_type_that_is_listened_to_is_declared_and_meant_for_this_service(contracts, declared_consumers):
    for event_type in HANDLERS:
        assert "applications" in declared_consumers[contracts.event(event_type).topic]


@asynccontextmanager
async def consuming(database_url: str, kafka_servers: str, contracts) -> AsyncIterator[None]:
    database, stop = Database(database_url, pool_size=2), asyncio.Event()
    async with listen(None) as listening:
        topics = sorted({contracts.event(event_type).topic for event_type in listening.handlers})
        group = f"applications-{new_id()}"
        consumer = Consumer(
            ConsumerParts(
                database=database,
                contracts=contracts,
                handlers=listening.handlers,
                new_subscription=lambda: Subscription(kafka_servers, group=group, topics=topics),
                new_producer=lambda: Producer(kafka_servers),
                tracer=build_tracer("applications", None),
                metrics=Metrics(),
            )
        )
        running = asyncio.create_task(consumer.run(stop))
        yield
        stop.set()
        await running
    await database.dispose()


async def test_a_card_and_a_centre_published_on_kafka_are_kept_once(
    database_url, kafka_servers, contracts, a_card, connection: asyncpg.Connection
):
    mark = new_id().hex[-12:]
    slug, centre = f"service-{mark}", f"cnap-{mark}"
    organisation = {
        "organisation": centre, "kind": "service-centre", "name": {"uk": "Центр", "en": "Centre"},
        "territory": "dnipro", "agency": None, "active": True,
    }  # fmt: skip
    events = [an_event("catalog.published.v1", a_card(slug, version=n), subject=slug) for n in (1, 2)]
    events += [events[0], an_event("catalog.changed.v1", organisation, subject=centre)]
    producer = Producer(kafka_servers)
    await producer.start()
    messages = [
        Message(contracts.event(event.type).topic, event.subject, orjson.dumps(event.data), event.headers())
        for event in events
    ]
    assert await producer.send(messages) == len(messages)
    await producer.stop()

    async def kept() -> bool:
        cards = await connection.fetchval("SELECT count(*) FROM cards WHERE slug = $1", slug)
        centres = await connection.fetchval("SELECT count(*) FROM organisations WHERE id = $1", centre)
        return (cards, centres) == (2, 1)

    async with consuming(database_url, kafka_servers, contracts):
        await eventually(kept, timeout=20)
    ids = [event.id for event in events]
    assert await connection.fetchval("SELECT count(*) FROM inbox WHERE event_id = ANY($1)", ids) == 3
