"""Several workers on one table: each question is one worker's at a time, and what a dead one held is taken by another."""

import asyncio
import time
from contextlib import asynccontextmanager

from sqlalchemy import select, text

from registry_gateway.consumers.worker import VerificationWorker
from registry_gateway.storage.tables import verifications
from registry_gateway.use_cases.ask_register import ask_register, lease_due
from registry_gateway.use_cases.take_in import cancel_questions
from tests.support.eventually import eventually


@asynccontextmanager
async def at_work(*workers):
    """Run workers and let them finish what is in hand."""
    stop = asyncio.Event()
    running = [asyncio.create_task(worker.run(stop)) for worker in workers]
    yield
    stop.set()
    for worker in workers:
        worker.wake()
    await asyncio.wait_for(asyncio.gather(*running), 10)


async def test_two_workers_ask_each_question_once(gateway, registers, open_case):
    cases = [open_case(reference=f"DP-2026-{number:06}-K") for number in range(1, 31)]
    for case in cases:
        await gateway.request(case)

    async def is_done() -> bool:
        return len(await gateway.events()) >= len(cases)

    async with at_work(VerificationWorker(gateway.deps), VerificationWorker(gateway.deps)):
        await eventually(is_done)

    told = [data["application_id"] for event_type, data in await gateway.events() if event_type == "completed.v1"]
    assert sorted(told) == sorted(case["application_id"] for case in cases)
    assert sorted(question["case"] for question in registers.log()) == [case["reference"] for case in cases]


async def test_a_worker_that_is_woken_asks_at_once(gateway, open_case, monkeypatch):
    monkeypatch.setattr("shared.worker.POLL_SECONDS", 60)
    worker = VerificationWorker(gateway.deps)
    async with at_work(worker):
        await gateway.request(open_case())
        worker.wake()
        await eventually(gateway.events)


async def test_a_leased_question_is_nobody_elses_until_the_lease_ends(gateway, open_case, clock):
    await gateway.request(open_case())

    (first,) = await lease_due(gateway.deps, 10)
    assert await lease_due(gateway.deps, 10) == []
    clock.advance(seconds=gateway.deps.settings.lease_seconds + 0.1)
    (second,) = await lease_due(gateway.deps, 10)

    assert first.id == second.id


async def test_a_worker_leases_no_more_than_it_asked_for(gateway, open_case):
    database = gateway.deps.database

    async def plan(change):
        # what PostgreSQL does when it believes the table to be empty: it starts anew for each row
        async with database.transaction() as connection:
            for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize"):
                await connection.execute(text(f"ALTER ROLE CURRENT_USER {change.format(way)}"))
        await database.dispose()

    for _ in range(5):
        await gateway.request(open_case())
    await plan("SET enable_{} = off")
    try:
        assert [len(await lease_due(gateway.deps, 2)) for _ in range(4)] == [2, 2, 1, 0]
    finally:
        await plan("RESET enable_{}")


async def test_a_question_that_another_worker_is_just_taking_is_passed_over(gateway, open_case):
    taken, free = await gateway.request(open_case()), await gateway.request(open_case())
    taking = select(verifications.c.id).where(verifications.c.id == taken).with_for_update()

    async with gateway.deps.database.transaction() as connection:
        await connection.execute(taking)
        leased = await asyncio.wait_for(lease_due(gateway.deps, 10), 5)

    assert [row.id for row in leased] == [free]


async def test_a_question_is_given_up_before_its_lease_ends(gateway, registers, open_case):
    registers.switch("timeout")
    await gateway.request(open_case())
    started = time.monotonic()

    assert await gateway.ask() == 1

    assert time.monotonic() - started < gateway.deps.settings.lease_seconds + 0.5
    assert [event_type for event_type, _ in await gateway.events()] == ["delayed.v1"]


async def test_a_question_of_a_worker_that_died_is_asked_by_another(gateway, open_case, clock):
    verification_id = await gateway.request(open_case())
    await lease_due(gateway.deps, 10)

    assert await gateway.ask() == 0
    clock.advance(seconds=gateway.deps.settings.lease_seconds + 0.1)
    assert await gateway.ask() == 1

    assert (await gateway.verification(verification_id))["state"] == "completed"


async def test_a_worker_that_lost_its_lease_tells_nothing(gateway, open_case, clock):
    await gateway.request(open_case())
    (slow,) = await lease_due(gateway.deps, 10)
    clock.advance(seconds=gateway.deps.settings.lease_seconds + 0.1)
    (other,) = await lease_due(gateway.deps, 10)

    await ask_register(gateway.deps, slow)
    before = await gateway.events()
    await ask_register(gateway.deps, other)
    await ask_register(gateway.deps, slow)

    assert before == []
    assert [event_type for event_type, _ in await gateway.events()] == ["completed.v1"]


async def test_a_worker_that_lost_its_lease_does_not_postpone_either(gateway, registers, open_case, clock):
    verification_id = await gateway.request(open_case())
    (slow,) = await lease_due(gateway.deps, 10)
    clock.advance(seconds=gateway.deps.settings.lease_seconds + 0.1)
    (other,) = await lease_due(gateway.deps, 10)
    await ask_register(gateway.deps, other)
    registers.switch("down")

    await ask_register(gateway.deps, slow)

    row = await gateway.verification(verification_id)
    assert (row["state"], row["attempts"]) == ("completed", 0)
    assert [event_type for event_type, _ in await gateway.events()] == ["completed.v1"]


async def test_a_case_that_ends_while_it_is_asked_about_gets_no_result(gateway, open_case):
    verification_id = await gateway.request(open_case())
    (row,) = await lease_due(gateway.deps, 10)
    async with gateway.deps.database.transaction() as connection:
        await cancel_questions(connection, row.application_id)

    await ask_register(gateway.deps, row)

    assert (await gateway.verification(verification_id))["state"] == "cancelled"
    assert await gateway.events() == []


async def test_what_is_due_first_is_asked_first_and_no_more_than_a_worker_can_take(gateway, open_case, clock):
    later = await gateway.request(open_case(), occurred_at=clock.now().isoformat())
    clock.advance(seconds=5)
    last = await gateway.request(open_case(), occurred_at=clock.now().isoformat())
    not_yet = await gateway.request(open_case(), occurred_at=clock.now().replace(year=clock.now().year + 1).isoformat())

    first, second = [(await lease_due(gateway.deps, 1)) for _ in range(2)]

    assert [row.id for row in (*first, *second)] == [later, last]
    assert await lease_due(gateway.deps, 10) == []
    assert (await gateway.verification(not_yet))["leased_until"] is None


async def test_one_register_in_trouble_does_not_hold_up_the_others(gateway, registers, open_case, a_check):
    await gateway.publish(a_check(), a_check("taxpayers-register", full_name=None), version=2)
    registers.switch("timeout", target="demographic-register")
    for _ in range(5):
        await gateway.request(open_case(card_version=2), card_version=2)
    case = open_case("taxpayers-register", card_version=2)
    await gateway.request(case, "taxpayers-register", card_version=2)

    async def is_told() -> bool:
        return any(data["application_id"] == case["application_id"] for _, data in await gateway.events())

    async with at_work(VerificationWorker(gateway.deps)):
        await eventually(is_told, timeout=5)
