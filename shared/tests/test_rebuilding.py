"""Rebuilding: every event that a topic holds is handled again, past the inbox, beside the consumer, up to the end it had."""

import asyncio
from collections import Counter
from functools import partial
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import delete

from shared import broker
from shared.broker import BrokerUnavailable, Message, create_topics
from shared.database import DatabaseUnavailable
from shared.rebuilding import Rebuilt, rebuild
from tests.support.eventually import eventually

pytestmark = pytest.mark.kafka


class CannotBe(Exception):
    """Something that a handler does not take."""


async def rebuild_on(exchange: Any, handle: Any = None, database: Any = None) -> Rebuilt:
    """Rebuild what the imagined service's consumer writes, or what `handle` does, in its own or another database."""
    handlers = exchange.a_consumer(handle)._parts.handlers
    parts = (database or exchange.database, exchange.contracts, handlers)
    return await rebuild(*parts, bootstrap_servers=exchange.brokers)


@pytest.fixture
def rebuilt(exchange: Any) -> Any:
    """Rebuild on the exchange."""
    return partial(rebuild_on, exchange)


def happened(exchange: Any) -> str:
    return f"ua.virtual-office.{exchange.service}.happened.v1"


async def effects_are(exchange: Any, count: int) -> bool:
    return len(await exchange.effects()) >= count


async def test_what_the_consumer_handled_is_handled_again_though_its_inbox_knows_it(
    exchange: Any, rebuilt: Any, at_work: Any, tables: Any
) -> None:
    await exchange.send(*[exchange.an_event(number) for number in range(5)])
    async with at_work(exchange.a_consumer()):
        await eventually(lambda: effects_are(exchange, 5))
        async with exchange.database.transaction() as connection:
            await connection.execute(delete(tables.effects))
        done = await rebuilt()
        assert await exchange.effects() == [0, 1, 2, 3, 4]
    assert (done.read, done.taken_in, done.passed_over) == ({exchange.topic: 5}, {happened(exchange): 5}, [])


async def test_all_partitions_are_read_to_their_end_each_in_its_order(exchange: Any, rebuilt: Any) -> None:
    for start in range(0, 1200, 300):
        events = [exchange.an_event(number, subject=f"s-{number % 7}") for number in range(start, start + 300)]
        await exchange.send(*events)
    assert len({record.partition for record in await exchange.records(1200)}) == 3
    done = await rebuilt()
    assert done.taken_in[happened(exchange)] == 1200
    for subject in range(7):
        assert await exchange.effects(f"s-{subject}") == list(range(subject, 1200, 7))


async def test_a_repeat_does_the_same_again(exchange: Any, rebuilt: Any) -> None:
    await exchange.send(*[exchange.an_event(number) for number in range(3)])
    assert await rebuilt() == await rebuilt()
    assert Counter(await exchange.effects()) == {0: 2, 1: 2, 2: 2}


async def test_the_consumer_loses_nothing_and_gets_nothing_twice_by_a_rebuild(
    exchange: Any, rebuilt: Any, at_work: Any, tables: Any
) -> None:
    """The rebuild takes neither partitions nor positions of the group, and enters nothing in the inbox."""
    await exchange.send(exchange.an_event(1))
    await rebuilt()
    async with at_work(exchange.a_consumer()):
        await eventually(lambda: effects_are(exchange, 2))
        await rebuilt()
        await exchange.send(exchange.an_event(2))
        await eventually(lambda: effects_are(exchange, 4))
    assert Counter(await exchange.effects()) == {1: 3, 2: 1}


async def test_what_comes_after_the_start_is_left_to_the_consumer(exchange: Any, rebuilt: Any) -> None:
    """Each event causes another on the topic: the rebuild ends all the same."""

    async def cause_another(connection: Any, event: Any, view: Any) -> None:
        await exchange.write_effect(connection, event, view)
        await exchange.send(exchange.an_event(view.number + 100))

    await exchange.send(exchange.an_event(1), exchange.an_event(2))
    done = await rebuilt(cause_another)
    assert done.read == {exchange.topic: 2}
    assert await exchange.effects() == [1, 2]


async def test_an_empty_topic_is_read_to_its_end(exchange: Any, rebuilt: Any) -> None:
    done = await rebuilt()
    assert (done.read, done.taken_in) == ({exchange.topic: 0}, {happened(exchange): 0})


async def test_what_cannot_be_taken_in_is_passed_over_and_told(exchange: Any, rebuilt: Any) -> None:
    async def refuse_two(connection: Any, event: Any, view: Any) -> None:
        await exchange.write_effect(connection, event, view)
        if view.number == 2:
            raise CannotBe("two")

    await exchange.send(
        exchange.an_event(1),
        exchange.an_event("no number"),
        exchange.an_event(7, event="unwatched.v1"),
        Message(exchange.topic, "one", b"", []),
        exchange.an_event(2),
        exchange.an_event(3),
    )
    done = await rebuilt(refuse_two)
    assert await exchange.effects() == [1, 3]
    assert (done.read[exchange.topic], done.taken_in[happened(exchange)]) == (6, 2)
    assert [(passed.record.offset, passed.reason.partition(":")[0]) for passed in done.passed_over] == [
        (1, "InvalidEvent"),
        (3, "InvalidEvent"),
        (4, "CannotBe"),
    ]
    assert f"{exchange.topic}, partition" in str(done.passed_over[0])
    assert await exchange.records(0, topic=f"{exchange.topic}.dlq") == []


async def test_each_event_is_a_transaction_of_its_own(exchange: Any, rebuilt: Any) -> None:
    """Who holds one row at a time cannot be stuck with a consumer that holds others."""
    await exchange.send(exchange.an_event(1), exchange.an_event(2))
    seen: list[int] = []

    async def look(connection: Any, event: Any, view: Any) -> None:
        seen.append(len(await exchange.effects()))
        await exchange.write_effect(connection, event, view)

    await rebuilt(look)
    assert seen == [0, 1]


async def test_a_lost_database_ends_a_rebuild_that_can_be_repeated(
    exchange: Any, rebuilt: Any, database_behind_link: Any, link_to_postgres: Any
) -> None:
    async def cut_at_two(connection: Any, event: Any, view: Any) -> None:
        if view.number == 2:
            link_to_postgres.cut()
        await exchange.write_effect(connection, event, view)

    await exchange.send(*[exchange.an_event(number) for number in (1, 2, 3)])
    with pytest.raises(DatabaseUnavailable):
        await rebuilt(cut_at_two, database_behind_link)
    assert await exchange.effects() == [1]
    link_to_postgres.mend()
    assert (await rebuilt(database=database_behind_link)).taken_in[happened(exchange)] == 3


async def test_no_broker_is_said_and_not_taken_for_an_empty_topic(an_exchange_on: Any) -> None:
    with pytest.raises(BrokerUnavailable):
        await rebuild_on(an_exchange_on("127.0.0.1:1"))


async def test_a_broker_that_sends_nothing_in_time_ends_a_rebuild(
    own_broker: Any, an_exchange_on: Any, contracts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of records so large that each is fetched alone, most are still to come when the broker falls silent."""
    monkeypatch.setattr(broker, "_SILENCE_SECONDS", 2)
    exchange = an_exchange_on(own_broker.broker.bootstrap_servers)

    async def silence_the_broker(connection: Any, event: Any, view: Any) -> None:
        await exchange.write_effect(connection, event, view)
        if view.number == 0:
            own_broker.silence()

    await create_topics(exchange.brokers, contracts)
    await exchange.send(*[exchange.an_event(number, filler="x" * 900_000) for number in range(10)])
    with pytest.raises(BrokerUnavailable):
        await asyncio.wait_for(rebuild_on(exchange, silence_the_broker), timeout=40)
    assert len(await exchange.effects()) < 10


async def test_a_topic_that_goes_away_before_its_end_was_read_ends_a_rebuild(
    exchange: Any, rebuilt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of records so large that each is fetched alone, most are still to come when their topic is gone."""
    monkeypatch.setattr(broker, "_SILENCE_SECONDS", 2)
    admin = AIOKafkaAdminClient(bootstrap_servers=exchange.brokers)

    async def delete_the_topic(connection: Any, event: Any, view: Any) -> None:
        await exchange.write_effect(connection, event, view)
        if view.number == 0:
            await admin.delete_topics([exchange.topic])

    await exchange.send(*[exchange.an_event(number, filler="x" * 900_000) for number in range(10)])
    await admin.start()
    try:
        with pytest.raises(BrokerUnavailable):
            await rebuilt(delete_the_topic)
    finally:
        await admin.close()
    assert len(await exchange.effects()) < 10
