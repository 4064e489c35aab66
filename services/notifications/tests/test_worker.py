"""The worker at work: takes messages as they come, and what a killed one held."""

import asyncio

import pytest

from notifications.consumers.worker import MessageWorker
from notifications.use_cases.send_message import lease_due
from shared.ids import new_id
from tests.support.eventually import eventually


@pytest.fixture
async def working(office):
    """Two workers, as two processes have them."""
    stop, workers = asyncio.Event(), [MessageWorker(office.deps) for _ in range(2)]
    running = [asyncio.create_task(worker.run(stop)) for worker in workers]
    yield workers
    stop.set()
    for worker in workers:
        worker.wake()
    await asyncio.gather(*running)


async def test_many_messages_are_each_sent_once_by_two_workers(office, case_event, working):
    people = [office.people.a_person(phone=f"+3800000002{n:02d}", email=f"p{n}@example.com") for n in range(15)]
    office.providers.break_down("*", count=5)
    await office.take_in(*(case_event("submitted", applicant_id=person, application_id=new_id()) for person in people))
    for worker in working:
        worker.wake()

    async def all_are_sent():
        office.clock.advance(seconds=0.1)
        working[0].wake()
        return len(office.providers.sent()) == 30 and all(state != "pending" for _, state in await office.states())

    await eventually(all_are_sent, timeout=20)
    assert {message["repeats"] for message in office.providers.sent()} == {0}
    assert {row.state for row in await office.rows() if row.channel == "email"} == {"delivered"}


async def test_a_worker_takes_over_what_a_killed_one_had_handed_over(office, case_event, working):
    person = office.people.a_person(phone="+380000000001", email="olena@example.com")
    await office.take_in(case_event("submitted", applicant_id=person))
    held = await lease_due(office.deps, 10)
    for row in held:
        text = office.deps.texts.render(row.template, row.language, row.facts)
        address = "+380000000001" if row.channel == "sms" else "olena@example.com"
        await office.deps.providers[row.channel].send(row.id, address, text, receipt_url=None)
    office.clock.advance(seconds=16)
    working[0].wake()

    async def taken_over():
        return all(state != "pending" for _, state in await office.states())

    await eventually(taken_over)
    assert sorted(message["recipient"] for message in office.providers.sent()) == ["+380000000001", "olena@example.com"]
