"""The gateway with a real broker: an event goes in, the register is asked once, the relay tells what came out once."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import pytest

from registry_gateway.consumers.listening import listen
from shared.broker import Message, Producer, Subscription
from shared.cloudevents import event_from_record
from shared.consumer import Consumer, ConsumerParts
from shared.ids import new_id
from shared.relay import Relay
from shared.runtime import new_runtime
from tests.support.contracts import example_of
from tests.support.events import an_event
from tests.support.eventually import eventually

TOPIC = "applications.application"


@asynccontextmanager
async def running(settings, group):
    """Run what the `consume` and `relay` processes run, until the block ends."""
    runtime, stop = new_runtime("registry-gateway", settings), asyncio.Event()
    async with listen(runtime) as listening:
        parts = ConsumerParts(
            database=runtime.database,
            contracts=runtime.contracts,
            handlers=listening.handlers,
            new_subscription=lambda: Subscription(settings.kafka_bootstrap_servers, group=group, topics=[TOPIC]),
            new_producer=runtime.producer,
            tracer=runtime.tracer,
            metrics=runtime.metrics,
            after_commit=listening.after_commit,
        )
        relay = Relay(runtime.database, runtime.contracts, runtime.producer, runtime.metrics)
        workers = [Consumer(parts), relay, *listening.workers]
        tasks = [asyncio.create_task(worker.run(stop)) for worker in workers]
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(asyncio.gather(*tasks), 15)
    await runtime.http.aclose()
    await runtime.database.dispose()


@asynccontextmanager
async def told_events(servers):
    """Collect the events that the gateway tells from now on, or told before."""
    subscription = Subscription(servers, group=f"watch-{new_id()}", topics=["registry-gateway.verification"])
    told = []

    async def collect() -> None:
        while True:
            for records in (await subscription.poll(timeout_ms=200, limit=100)).values():
                told.extend(event_from_record(record.headers, record.value) for record in records)

    await subscription.start()
    collecting = asyncio.create_task(collect())
    try:
        yield told
    finally:
        collecting.cancel()
        with suppress(asyncio.CancelledError):
            await collecting
        await subscription.stop()


def a_question(case):
    """A request of a verification as a record of the broker."""
    names = ("application_id", "applicant_id", "reference", "public_service")
    example = example_of("ua.virtual-office.applications.verification-requested.v1")
    own = {"requirement": "demographic-register", "verification_id": str(new_id())}
    data = example | {name: case[name] for name in names} | own
    event = an_event("applications.verification-requested.v1", data, subject=case["application_id"])
    return Message(TOPIC, event.subject, json.dumps(data).encode(), event.headers())


@pytest.mark.kafka
async def test_an_event_of_the_broker_becomes_one_question_and_one_event_however_often_it_comes(
    registers, open_case, gateway, settings, kafka_servers
):
    case, producer = open_case(), Producer(kafka_servers)
    question, last = a_question(case), a_question(case)
    settings = settings.model_copy(update={"kafka_bootstrap_servers": kafka_servers})

    async with told_events(kafka_servers) as told, running(settings, f"gateway-{new_id()}"):

        async def are_told(number: int) -> bool:
            return len([event for event in told if event.subject == case["application_id"]]) >= number

        await producer.start()
        await producer.send([question, question])
        await eventually(lambda: are_told(1), timeout=30)
        await producer.send([question, last])  # of one case, hence in this order
        await producer.stop()
        await eventually(lambda: are_told(2), timeout=30)

    ours = [event for event in told if event.subject == case["application_id"]]
    assert [event.type for event in ours] == ["ua.virtual-office.registry-gateway.completed.v1"] * 2
    assert len({event.data["verification_id"] for event in ours}) == 2
    assert {event.data["outcome"] for event in ours} == {"match"}
    assert len(registers.log()) == 2
    of_this_case = "SELECT FROM verifications WHERE application_id = $1"
    assert len(await gateway.rows(of_this_case, UUID(case["application_id"]))) == 2
