"""Dead letters: listed with their reason as often as asked, replayed once, and never lost on the way back."""

from typing import Any

import pytest

from shared.broker import BrokerUnavailable
from shared.consumer import RetryPolicy
from shared.dead_letters import DeadLetter, read_dead_letters, replay_dead_letters
from tests.support.eventually import eventually

pytestmark = pytest.mark.kafka


class CannotYet(Exception):
    """Something that is mended later."""


async def listed(exchange: Any) -> list[DeadLetter]:
    letters = read_dead_letters(
        exchange.brokers, service=exchange.service, topics=[exchange.topic], keep_position=False
    )
    return [letter async for letter in letters]


async def replay(exchange: Any) -> int:
    return await replay_dead_letters(exchange.brokers, service=exchange.service, topics=[exchange.topic])


async def put_aside(exchange: Any, at_work: Any, *events: Any) -> None:
    """Have the events fail until they are among the dead letters."""

    async def fail(connection: Any, event: Any, view: Any) -> None:
        raise CannotYet("the register is closed")

    await exchange.send(*events)
    async with at_work(exchange.a_consumer(fail, retry=RetryPolicy(attempts=1))):
        await eventually(lambda: exchange.buried(len(events)))


async def test_dead_letters_are_listed_with_their_reason_as_often_as_asked(exchange: Any, at_work: Any) -> None:
    event = exchange.an_event(1)
    await put_aside(exchange, at_work, event)
    for _ in range(2):
        [letter] = await listed(exchange)
        assert letter.event_id == str(event.id)
        assert letter.reason == "CannotYet: the register is closed"
        assert letter.record.value == b'{"number": 1}'


async def test_a_replayed_event_is_handled_once_though_it_is_replayed_and_sent_again(
    exchange: Any, at_work: Any
) -> None:
    events = [exchange.an_event(number) for number in (1, 2)]
    await put_aside(exchange, at_work, *events)
    assert await exchange.effects() == []

    async with at_work(exchange.a_consumer()):
        assert await replay(exchange) == 2
        await eventually(lambda: _are_handled(exchange, 2))
        assert await replay(exchange) == 0
        await exchange.send(*events, exchange.an_event(3))
        await eventually(lambda: _are_handled(exchange, 3))
    assert await exchange.effects() == [1, 2, 3]
    again = (await exchange.records(4))[2:4]
    assert [list(record.headers) for record in again] == [event.headers() for event in events]


async def _are_handled(exchange: Any, count: int) -> bool:
    return len(await exchange.effects()) >= count


async def test_a_letter_that_the_broker_refuses_stays_to_be_replayed(exchange: Any, at_work: Any) -> None:
    await put_aside(exchange, at_work, exchange.an_event(1, filler="x" * 5000))
    await exchange.limit_size(1000)
    with pytest.raises(BrokerUnavailable):
        await replay(exchange)

    await exchange.limit_size(1_000_000)
    assert await replay(exchange) == 1
    assert len(await exchange.records(2)) == 2
