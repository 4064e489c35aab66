"""Events of the catalogue: the organisations in which mandates can be held."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import orjson
import pytest
from sqlalchemy import delete, insert

from auth.consumers.listening import HANDLERS, PROJECTIONS
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


@pytest.fixture
async def project(office):
    """Hand events to the handlers of the projection, past the inbox, as a rebuild does."""

    async def hand_over(*events):
        for event in events:
            handler = PROJECTIONS[event.type]
            async with office.deps.database.transaction() as connection:
                await handler.handle(connection, event, handler.view.model_validate(event.data))

    return hand_over


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


async def test_an_organisation_is_as_it_was_told_last_in_whatever_order_and_however_often(office, project):
    slug = f"cnap-{new_id()}"
    start = datetime(2026, 11, 1, 9, tzinfo=UTC)
    history = [
        replace(changed(slug, active=active, kind=kind), time=start + timedelta(hours=hour))
        for hour, active, kind in (
            (1, True, "service-centre"),
            (2, False, "service-centre"),
            (3, True, "executive-agency"),
        )
    ]
    for order in permutations(history):
        async with office.deps.database.transaction() as connection:
            await connection.execute(delete(tables.organisations))
        await project(*order, order[0])
        assert [tuple(row) for row in await office.rows(tables.organisations)] == [
            (slug, "executive-agency", True, history[-1].time)
        ]


async def test_an_older_event_that_is_replayed_does_not_open_a_closed_organisation_again(office, project, problem):
    slug = f"cnap-{new_id()}"
    opened, closed = changed(slug), changed(slug, active=False)
    await project(opened, closed, replace(opened, id=new_id()))
    answer = await office.appoint(office.operator(), role="head_of_service_centre", organisation=slug)
    assert problem(answer, 422, "unknown-organisation")


async def test_a_row_without_a_time_gives_way_to_any_event(office, project):
    slug = f"cnap-{new_id()}"
    async with office.deps.database.transaction() as connection:
        row = {"id": slug, "kind": "executive-agency", "is_active": False}
        await connection.execute(insert(tables.organisations).values(row))
    await project(changed(slug))
    assert await is_known(office, slug, is_active=True)


async def is_known(office, slug, *, is_active):
    return any(row.id == slug and row.is_active == is_active for row in await office.rows(tables.organisations))
