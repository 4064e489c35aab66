"""The consumer and its inbox: each event is handled once, in the order of its aggregate."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from shared.broker import Message
from shared.consumer import MOST_WAITING
from shared.ids import new_id
from shared.inbox import entry_of, new_among
from shared.telemetry import current_trace_id
from tests.support.eventually import eventually

pytestmark = pytest.mark.kafka


class PowerCut(BaseException):
    """The process ends here: nothing of the code under test catches this."""


def handled(exchange: Any, count: int) -> Callable[[], Any]:
    async def are_handled() -> bool:
        return len(await exchange.effects()) >= count

    return are_handled


async def test_an_event_that_comes_again_is_handled_once(exchange: Any, at_work: Any) -> None:
    first, second = exchange.an_event(1), exchange.an_event(2)
    await exchange.send(first, first, second, first)
    async with at_work(exchange.a_consumer()):
        await eventually(handled(exchange, 2))
        await exchange.send(second, first, exchange.an_event(3))
        await eventually(handled(exchange, 3))
    assert await exchange.effects() == [1, 2, 3]


async def test_events_of_an_aggregate_are_handled_in_the_order_they_were_written(exchange: Any, at_work: Any) -> None:
    for start in range(0, 600, 50):
        await exchange.write(*range(start, start + 50), subject=f"s-{start // 50 % 4}")
    async with at_work(exchange.a_relay(), exchange.a_consumer()):
        await eventually(handled(exchange, 600), timeout=30)
    for subject in range(4):
        found = await exchange.effects(f"s-{subject}")
        assert len(found) == 150
        assert found == sorted(found)


async def test_a_late_copy_does_not_undo_what_came_after_it(exchange: Any, at_work: Any) -> None:
    events = [exchange.an_event(number) for number in range(5)]
    await exchange.send(*events, events[1], events[0], exchange.an_event(5))
    async with at_work(exchange.a_consumer()):
        await eventually(handled(exchange, 6))
    assert await exchange.effects() == [0, 1, 2, 3, 4, 5]


async def test_events_that_are_not_watched_are_skipped(exchange: Any, at_work: Any) -> None:
    undeclared = exchange.an_event("anything", event="invented.v7")
    await exchange.send(exchange.an_event(1, event="unwatched.v1"), undeclared, exchange.an_event(2))
    async with at_work(exchange.a_consumer()):
        await eventually(handled(exchange, 1))
    assert await exchange.effects() == [2]
    assert await exchange.records(0, topic=f"{exchange.topic}.dlq") == []


async def test_two_members_of_a_group_handle_each_event_once(exchange: Any, at_work: Any) -> None:
    members: Counter[str] = Counter()

    def a_member(name: str) -> Any:
        async def handle(connection: Any, event: Any, view: Any) -> None:
            members[name] += 1
            await exchange.write_effect(connection, event, view)

        return exchange.a_consumer(handle)

    async with at_work(a_member("first")):
        await exchange.send(*[exchange.an_event(number, subject=f"s-{number}") for number in range(100)])
        async with at_work(a_member("second")):

            async def second_works() -> bool:
                await exchange.send(*[exchange.an_event(0, subject=f"t-{number}") for number in range(20)])
                return members["second"] > 0

            await eventually(second_works, timeout=30)
            await exchange.send(*[exchange.an_event(number, subject=f"s-{number}") for number in range(100, 200)])
            await eventually(lambda: _all_of(exchange, 200), timeout=30)
    wanted = Counter(range(200))
    found = Counter({number: count for number, count in Counter(await exchange.effects()).items() if number})
    assert found == wanted - Counter([0])
    assert len(await exchange.effects("s-0")) == 1


async def _all_of(exchange: Any, count: int) -> bool:
    return len(set(await exchange.effects())) >= count


async def test_a_process_that_ends_between_its_commit_and_the_offset_handles_nothing_twice(
    exchange: Any, at_work: Any
) -> None:
    def end() -> None:
        raise PowerCut

    await exchange.send(*[exchange.an_event(number) for number in range(10)])
    with pytest.raises(PowerCut):
        await exchange.a_consumer(after_commit=end).run(asyncio.Event())
    before = await exchange.effects()
    assert before

    taken_again: list[bool] = []
    async with at_work(exchange.a_consumer(after_commit=lambda: taken_again.append(True))):
        await exchange.send(exchange.an_event(10))
        await eventually(handled(exchange, 11))
    assert taken_again
    assert await exchange.effects() == list(range(11))


async def test_a_process_that_ends_before_its_commit_leaves_its_events_to_the_next(exchange: Any, at_work: Any) -> None:
    async def end(connection: Any, event: Any, view: Any) -> None:
        await exchange.write_effect(connection, event, view)
        if view.number == 3:
            raise PowerCut

    await exchange.send(*[exchange.an_event(number) for number in range(5)])
    with pytest.raises(PowerCut):
        await exchange.a_consumer(end).run(asyncio.Event())
    assert await exchange.effects() == []

    async with at_work(exchange.a_consumer()):
        await eventually(handled(exchange, 5))
    assert await exchange.effects() == list(range(5))


async def test_after_each_commit_the_service_is_told_and_not_before(exchange: Any, at_work: Any) -> None:
    told: list[int] = []
    seen: list[bool] = []

    async def handle(connection: Any, event: Any, view: Any) -> None:
        seen.append(bool(told))
        await exchange.write_effect(connection, event, view)

    await exchange.send(exchange.an_event(1))
    async with at_work(exchange.a_consumer(handle, after_commit=lambda: told.append(1))):
        await eventually(handled(exchange, 1))
        await eventually(lambda: _is_filled(told))
    assert seen == [False]


async def _is_filled(found: list[Any]) -> bool:
    return bool(found)


async def test_a_handler_works_in_the_trace_of_the_request_that_caused_the_event(exchange: Any, at_work: Any) -> None:
    traces: list[str | None] = []

    async def handle(_connection: Any, _event: Any, _view: Any) -> None:
        traces.append(current_trace_id())

    event = exchange.an_event(1)
    traced = [*event.headers(), ("ce_traceparent", f"00-{'a' * 32}-{'b' * 16}-01".encode())]
    await exchange.send(Message(exchange.topic, "one", b'{"number": 1}', traced))
    async with at_work(exchange.a_consumer(handle)):
        await eventually(lambda: _is_filled(traces))
    assert traces == ["a" * 32]


async def taken(database: Any, event_id: Any) -> set[Any]:
    """Enter an event in a transaction on a connection of its own; return what was new."""
    kept = database.keep_one()
    async with kept.transaction(entry_of([event_id])) as transaction:
        new = await new_among([event_id], transaction)
    await kept.close()
    return new


async def test_of_two_transactions_with_one_event_the_second_waits_and_finds_it_handled(database: Any) -> None:
    event_id, first = new_id(), database.keep_one()
    async with first.transaction(entry_of([event_id, new_id()])):
        second = asyncio.create_task(taken(database, event_id))
        done, _ = await asyncio.wait([second], timeout=0.2)
        assert not done
    assert await second == set()
    await first.close()


async def test_of_two_transactions_with_one_event_the_second_has_it_when_the_first_fails(database: Any) -> None:
    event_id, first = new_id(), database.keep_one()
    seconds: list[asyncio.Task[set[Any]]] = []

    async def fail() -> None:
        async with first.transaction(entry_of([event_id])):
            seconds.append(asyncio.create_task(taken(database, event_id)))
            done, _ = await asyncio.wait(seconds, timeout=0.2)
            assert not done
            raise PowerCut

    with pytest.raises(PowerCut):
        await fail()
    assert await seconds[0] == {event_id}


async def test_of_several_events_those_are_new_that_no_earlier_transaction_entered(database: Any) -> None:
    known, new, twice = new_id(), new_id(), new_id()
    assert await taken(database, known) == {known}
    kept = database.keep_one()
    ids = [twice, known, new, twice]
    async with kept.transaction(entry_of(ids)) as transaction:
        assert await new_among(ids, transaction) == {new, twice}
    await kept.close()


async def test_what_comes_while_a_round_is_handled_is_fetched_meanwhile_but_not_without_limit(
    exchange: Any, at_work: Any
) -> None:
    go_on, rounds = asyncio.Event(), []

    async def handle(connection: Any, event: Any, view: Any) -> None:
        rounds.append(view.number)
        await go_on.wait()
        await exchange.write_effect(connection, event, view)

    async with at_work(exchange.a_consumer(handle)):
        try:
            await exchange.send(exchange.an_event(0))
            await eventually(lambda: _is_filled(rounds))
            await exchange.send(*[exchange.an_event(number) for number in range(1, MOST_WAITING + 50)])
            await eventually(lambda: _are_waiting(exchange, MOST_WAITING))
            assert exchange.metrics.events_waiting._value.get() == MOST_WAITING
        finally:
            go_on.set()
        await eventually(handled(exchange, MOST_WAITING + 50))
    assert await exchange.effects() == list(range(MOST_WAITING + 50))


async def _are_waiting(exchange: Any, count: int) -> bool:
    return bool(exchange.metrics.events_waiting._value.get() >= count)
