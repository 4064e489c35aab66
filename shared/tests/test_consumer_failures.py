"""What a consumer does when an event or a server fails: retry, wait, put aside, or halt; it never loses or blocks all."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from shared.broker import Message, Received
from shared.consumer import RetryPolicy
from shared.health import health_routes
from tests.support.eventually import eventually

pytestmark = pytest.mark.kafka


class CannotYet(Exception):
    """Something that passes."""


def handled(exchange: Any, count: int) -> Callable[[], Any]:
    async def are_handled() -> bool:
        return len(await exchange.effects()) >= count

    return are_handled


async def dead_letters(exchange: Any, count: int) -> list[Received]:
    found: list[Received] = await exchange.records(count, topic=f"{exchange.topic}.dlq")
    return found


def a_handler(exchange: Any, fails: Callable[[int], bool]) -> Callable[..., Any]:
    """Return a handler that writes its effect and then fails when `fails` says so."""

    async def handle(connection: Any, event: Any, view: Any) -> None:
        await exchange.write_effect(connection, event, view)
        if fails(view.number):
            raise CannotYet("not yet")

    return handle


def broken_records(exchange: Any) -> dict[str, Message]:
    event, topic = exchange.an_event(1), exchange.topic
    return {
        "no JSON": Message(topic, "one", b"{", event.headers()),
        "no value": Message(topic, "one", b"", event.headers()),
        "no headers": Message(topic, "one", b'{"number": 1}', []),
        "against the schema": exchange.a_message(exchange.an_event("seven")),
        "without a required member": Message(topic, "one", b"{}", event.headers()),
        "a time without its offset": Message(
            topic, "one", b'{"number": 1}', [*event.headers(), ("ce_time", b"2026-11-23T08:30:00")]
        ),
    }


async def test_an_invalid_record_goes_to_the_dead_letters_at_once_and_the_next_are_handled(
    exchange: Any, at_work: Any
) -> None:
    broken = broken_records(exchange)
    await exchange.send(exchange.an_event(1), *broken.values(), exchange.an_event(2))
    hopeless = RetryPolicy(attempts=1000, first_pause_seconds=1000.0, longest_pause_seconds=1000.0)
    async with at_work(exchange.a_consumer(retry=hopeless)):
        await eventually(handled(exchange, 2))
    assert await exchange.effects() == [1, 2]

    letters = await dead_letters(exchange, len(broken))
    assert len(letters) == len(broken)
    for letter, (what, sent) in zip(letters, broken.items(), strict=True):
        *kept, (name, reason) = letter.headers
        assert (letter.value, letter.key, kept) == (sent.value, "one", sent.headers), what
        assert name == "dead-letter-reason"
        assert reason.decode()


async def test_a_failing_event_is_retried_until_it_succeeds_while_other_partitions_go_on(
    exchange: Any, at_work: Any
) -> None:
    mended, tries = [], []

    def fails(number: int) -> bool:
        if number == 1:
            tries.append(time.monotonic())
        return number == 1 and not mended

    subjects = await subjects_of_two_partitions(exchange)
    retry = RetryPolicy(attempts=1000, first_pause_seconds=0.1, longest_pause_seconds=0.2)
    await exchange.send(exchange.an_event(1, subject=subjects[0]), exchange.an_event(2, subject=subjects[0]))
    async with at_work(exchange.a_consumer(a_handler(exchange, fails), retry=retry)):
        await eventually(lambda: _at_least(tries, 4))
        await exchange.send(*[exchange.an_event(number, subject=subjects[1]) for number in range(10, 20)])
        await eventually(handled(exchange, 10))
        assert await exchange.effects(subjects[0]) == []

        mended.append(True)
        await eventually(handled(exchange, 12))
    assert await exchange.effects(subjects[0]) == [1, 2]
    assert await dead_letters(exchange, 0) == []


async def _at_least(found: list[Any], count: int) -> bool:
    return len(found) >= count


async def subjects_of_two_partitions(exchange: Any) -> list[str]:
    """Return two keys that the topic keeps apart."""
    await exchange.send(*[exchange.an_event(0, subject=f"s-{number}", event="unwatched.v1") for number in range(20)])
    records = await exchange.records(20)
    by_partition = {record.partition: record.key for record in records}
    return [str(key) for key in by_partition.values()][:2]


async def test_a_poison_event_is_tried_as_often_as_allowed_then_put_aside_and_the_later_ones_are_handled(
    exchange: Any, at_work: Any
) -> None:
    tries: list[int] = []

    def fails(number: int) -> bool:
        tries.extend([number] if number == 2 else [])
        return number == 2

    await exchange.send(*[exchange.an_event(number) for number in (1, 2, 3)])
    retry = RetryPolicy(attempts=3, first_pause_seconds=0.02)
    async with at_work(exchange.a_consumer(a_handler(exchange, fails), retry=retry)):
        await eventually(handled(exchange, 2))
    assert await exchange.effects() == [1, 3]
    [letter] = await dead_letters(exchange, 1)
    assert letter.value == b'{"number": 2}'
    assert dict(letter.headers)["dead-letter-reason"] == b"CannotYet: not yet"
    assert 3 <= len(tries) <= 6


async def test_an_event_with_a_value_that_no_column_holds_is_put_aside(exchange: Any, at_work: Any) -> None:
    await exchange.send(exchange.an_event(2**40), exchange.an_event(1))
    async with at_work(exchange.a_consumer()):
        await eventually(handled(exchange, 1))
    assert len(await dead_letters(exchange, 1)) == 1


async def test_many_dead_letters_in_a_row_halt_the_consumer_and_turn_its_process_unhealthy(
    exchange: Any, at_work: Any
) -> None:
    consumer = exchange.a_consumer(retry=RetryPolicy(dead_letters_in_a_row=5))
    broken = broken_records(exchange)["no JSON"]
    await exchange.send(*[broken] * 8, exchange.an_event(1))
    async with at_work(consumer), an_health_client(exchange, consumer) as client:
        assert (await client.get("/livez")).status_code == 200
        await eventually(lambda: _is_halted(consumer))
        answer = await client.get("/livez")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"work": "5 dead letters in a row"}
    assert len(await dead_letters(exchange, 5)) == 5
    assert await exchange.effects() == []

    async with at_work(exchange.a_consumer()):
        await eventually(handled(exchange, 1))
    assert len(await dead_letters(exchange, 8)) == 8


async def _is_halted(consumer: Any) -> bool:
    return consumer.halted is not None


def an_health_client(exchange: Any, consumer: Any) -> httpx.AsyncClient:
    async def at_work() -> None:
        if consumer.halted:
            raise RuntimeError(consumer.halted)

    app = Starlette(routes=health_routes(exchange.metrics, {}, {"work": at_work}))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://consumer.test")


async def test_dead_letters_with_good_events_between_them_do_not_halt(exchange: Any, at_work: Any) -> None:
    consumer = exchange.a_consumer(retry=RetryPolicy(dead_letters_in_a_row=3))
    broken = broken_records(exchange)["no JSON"]
    await exchange.send(broken, broken, exchange.an_event(0), broken, broken, exchange.an_event(1))
    async with at_work(consumer):
        await eventually(handled(exchange, 2))
        for number in range(2, 5):
            await exchange.send(broken, broken)
            await eventually(lambda count=2 * number + 2: exchange.buried(count))
            await exchange.send(exchange.an_event(number))
            await eventually(handled(exchange, number + 1))
    assert consumer.halted is None


async def test_a_lost_database_is_waited_out_and_does_not_count_as_a_try(
    exchange: Any, at_work: Any, link_to_postgres: Any, database_behind_link: Any
) -> None:
    tries: list[int] = []

    async def handle(connection: Any, event: Any, view: Any) -> None:
        tries.append(view.number)
        if len(tries) == 1:
            link_to_postgres.cut()
        await exchange.write_effect(connection, event, view)
        if len(tries) in {2, 3}:  # taken with its batch, then alone: one try
            raise CannotYet

    retry = RetryPolicy(attempts=2, first_pause_seconds=0.05)
    consumer = exchange.a_consumer(handle, retry=retry, database=database_behind_link)
    await exchange.send(*[exchange.an_event(number) for number in range(5)])
    async with at_work(consumer):
        await eventually(lambda: _at_least(tries, 1))
        assert await exchange.effects() == []
        link_to_postgres.mend()
        await eventually(handled(exchange, 5))
    assert await exchange.effects() == list(range(5))
    assert await dead_letters(exchange, 0) == []


def test_pauses_double_up_to_the_longest() -> None:
    policy = RetryPolicy(first_pause_seconds=0.2, longest_pause_seconds=1.0)
    assert [policy.pause(failures) for failures in range(1, 6)] == [0.2, 0.4, 0.8, 1.0, 1.0]
