"""The relay: every event leaves the outbox in order, whatever dies on the way, and one relay at a time carries them."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
from sqlalchemy import distinct, func, select

from shared.broker import Message, Producer, Received, create_topics
from shared.cloudevents import event_from_record
from shared.database import Database
from shared.relay import BUSY_PACE_SECONDS, POLL_SECONDS
from tests.support.eventually import eventually

pytestmark = pytest.mark.kafka

ROOT = Path(__file__).parents[2]
RELAY_PROCESS = """
import asyncio, sys
from pathlib import Path
from shared.broker import Producer
from shared.contracts import Contracts
from shared.database import Database
from shared.metrics import Metrics
from shared.relay import Relay

url, brokers, contracts = sys.argv[1:]
relay = Relay(Database(url), Contracts(Path(contracts)), lambda: Producer(brokers), Metrics())
asyncio.run(relay.run(asyncio.Event()))
"""


def numbers(records: list[Received]) -> list[int]:
    return [orjson.loads(record.value or b"")["number"] for record in records]


def of_subject(records: list[Received], subject: str) -> list[int]:
    return numbers([record for record in records if record.key == subject])


async def all_left(exchange: Any) -> None:
    async def none_waits() -> bool:
        return not await exchange.waiting()

    await eventually(none_waits, timeout=60)


async def test_events_leave_whole_and_in_the_order_of_their_aggregate(exchange: Any, at_work: Any) -> None:
    for start in range(0, 1200, 10):
        await exchange.write(*range(start, start + 10), subject=f"s-{start % 7}")
    async with at_work(exchange.a_relay()):
        await all_left(exchange)
    records = await exchange.records(1200)

    assert len(records) == 1200
    for subject in {record.key for record in records}:
        assert of_subject(records, subject) == sorted(of_subject(records, subject))
        assert len({record.partition for record in records if record.key == subject}) == 1
    event = event_from_record(records[0].headers, records[0].value)
    assert event.type == f"ua.virtual-office.{exchange.service}.happened.v1"
    assert (event.source, event.dataschema) == (
        f"/{exchange.service}",
        f"urn:virtual-office:schemas:{exchange.service}:happened.v1",
    )
    exchange.contracts.check(event)


async def test_a_wake_up_sends_at_once_and_a_lost_one_costs_the_polling_interval(exchange: Any, at_work: Any) -> None:
    relay = exchange.a_relay()
    async with at_work(relay):
        await eventually(lambda: _is_active(relay), timeout=20)
        await exchange.write(1)
        await all_left(exchange)

        loop = asyncio.get_running_loop()
        waits = []
        for number in range(5):
            await exchange.write(number)
            written_at = loop.time()
            async with exchange.database.reading() as connection:
                await connection.exec_driver_sql("NOTIFY outbox")
            await all_left(exchange)
            waits.append(loop.time() - written_at)
    assert min(waits) < 0.3
    assert len(await exchange.records(6)) == 6


async def test_while_events_come_the_relay_looks_for_them_without_being_woken(exchange: Any, at_work: Any) -> None:
    relay, loop = exchange.a_relay(), asyncio.get_running_loop()
    async with at_work(relay):
        await eventually(lambda: _is_active(relay), timeout=20)
        began = loop.time()
        await exchange.write(0)
        async with exchange.database.reading() as connection:
            await connection.exec_driver_sql("NOTIFY outbox")
        for number in range(1, 300):
            await exchange.write(number)
        await all_left(exchange)
        spent = loop.time() - began
    async with exchange.database.reading() as connection:
        marks = await connection.execute(select(func.count(distinct(exchange.tables.outbox.c.published_at))))
    assert marks.scalar_one() > 3 + 2 * spent / POLL_SECONDS
    assert numbers(await exchange.records(300)) == list(range(300))


class HeldProducer(Producer):
    """Sends nothing before `go`, and notes its batches and when each began."""

    def __init__(self, brokers: str) -> None:
        super().__init__(brokers)
        self.batches: list[list[Message]] = []
        self.began: list[float] = []
        self.go = asyncio.Event()

    async def send(self, messages: Iterable[Message]) -> int:
        self.batches.append(list(messages))
        self.began.append(asyncio.get_running_loop().time())
        await self.go.wait()
        return await super().send(self.batches[-1])


async def test_what_comes_while_a_batch_is_sent_is_looked_for_and_leaves_after_it(exchange: Any, at_work: Any) -> None:
    producer = HeldProducer(exchange.brokers)
    async with at_work(exchange.a_relay(lambda: producer)):
        try:
            await exchange.write(0)
            await eventually(lambda: _has_begun(producer), timeout=20)
            await exchange.write(1, 2, 3)
            await eventually(lambda: _sees_waiting(exchange, 3))
            assert len(producer.batches) == 1
        finally:
            producer.go.set()
        await all_left(exchange)
    assert [len(batch) for batch in producer.batches] == [1, 3]
    assert numbers(await exchange.records(4)) == [0, 1, 2, 3]


async def _has_begun(producer: HeldProducer) -> bool:
    return bool(producer.batches)


async def _sees_waiting(exchange: Any, count: int) -> bool:
    return bool(exchange.metrics.registry.get_sample_value("outbox_waiting") == count)


async def test_under_load_the_relay_looks_less_often(exchange: Any, at_work: Any) -> None:
    producer, loop = HeldProducer(exchange.brokers), asyncio.get_running_loop()
    producer.go.set()
    async with at_work(exchange.a_relay(lambda: producer)):
        began, written = loop.time(), 0
        while loop.time() < began + 4:
            await exchange.write(*range(written, written + 50))
            written += 50
            await asyncio.sleep(0.01)
        await all_left(exchange)
    in_the_last_second = [at for at in producer.began if began + 3 <= at < began + 4]
    assert 1 <= len(in_the_last_second) <= 1.2 / BUSY_PACE_SECONDS
    assert numbers(await exchange.records(written)) == list(range(written))


async def _is_active(relay: Any) -> bool:
    return bool(relay.is_active)


@pytest.fixture
def relay_process(
    kafka_servers: str, database_url: str, contracts_folder: Path
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start a relay in a process of its own by calling it."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", RELAY_PROCESS, database_url, kafka_servers, str(contracts_folder)]
        started.append(subprocess.Popen(command, cwd=ROOT))  # noqa: S603  our own lines
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


async def test_a_relay_killed_between_sending_and_marking_sends_the_same_events_again(
    exchange: Any, at_work: Any, relay_process: Callable[[], subprocess.Popen[bytes]]
) -> None:
    await exchange.write(1, 2, 3)
    blocker = await asyncpg.connect(exchange.database.dsn)
    transaction = blocker.transaction()
    await transaction.start()
    await blocker.execute("SELECT FROM outbox FOR UPDATE")  # the rows can be read, not marked

    process = relay_process()
    first = await exchange.records(3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    # a statement that reached the server would be carried out without the one who sent it
    await blocker.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    await transaction.rollback()
    await blocker.close()
    assert len(await exchange.waiting()) == 3

    async with at_work(exchange.a_relay()):
        await all_left(exchange)
    both = await exchange.records(6)
    assert numbers(both) == [1, 2, 3, 1, 2, 3]
    assert ids(both) == ids(first) * 2


def ids(records: list[Received]) -> list[Any]:
    return [event_from_record(record.headers, record.value).id for record in records]


async def test_of_two_relays_one_carries_and_the_other_takes_over_when_it_is_killed(
    exchange: Any, at_work: Any, relay_process: Callable[[], subprocess.Popen[bytes]]
) -> None:
    process = relay_process()
    await exchange.write(0)
    await all_left(exchange)
    standby = exchange.a_relay()
    async with at_work(standby):
        for number in range(1, 100):
            await exchange.write(number)
        await all_left(exchange)
        assert not standby.is_active
        assert numbers(await exchange.records(100)) == list(range(100))

        process.kill()
        process.wait()
        await exchange.write(100)
        await all_left(exchange)
        assert standby.is_active
    assert numbers(await exchange.records(101)) == list(range(101))


async def test_two_relays_at_once_send_each_event_once(exchange: Any, at_work: Any) -> None:
    relays = [exchange.a_relay(), exchange.a_relay()]
    async with at_work(*relays):
        for number in range(300):
            await exchange.write(number)
            assert sum(relay.is_active for relay in relays) <= 1
        await all_left(exchange)
    assert numbers(await exchange.records(300)) == list(range(300))


async def test_a_relay_that_lost_its_lock_stops_carrying_until_it_has_it_again(exchange: Any, at_work: Any) -> None:
    relay = exchange.a_relay()
    async with at_work(relay):
        await eventually(lambda: _is_active(relay), timeout=20)
        await exchange.write(1)
        await all_left(exchange)
        admin = await asyncpg.connect(exchange.database.dsn)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        await admin.close()
        await exchange.write(2)
        await all_left(exchange)
        assert Counter(numbers(await exchange.records(2))) == {1: 1, 2: 1}


async def test_a_relay_waits_out_a_lost_database(
    exchange: Any, at_work: Any, link_to_postgres: Any, database_behind_link: Database
) -> None:
    relay = replace(exchange, database=database_behind_link).a_relay()
    async with at_work(relay):
        await exchange.write(1)
        await all_left(exchange)
        link_to_postgres.cut()
        await exchange.write(2, 3)
        await eventually(lambda: _is_idle(relay))
        link_to_postgres.mend()
        await all_left(exchange)
    assert set(numbers(await exchange.records(3))) == {1, 2, 3}


async def _is_idle(relay: Any) -> bool:
    return not relay.is_active


async def test_an_event_that_the_broker_refuses_stays_and_none_after_it_is_marked_as_sent(
    exchange: Any, at_work: Any
) -> None:
    await exchange.limit_size(1000)
    await exchange.write(1, subject="a")
    await exchange.write(2, subject="b", filler="x" * 5000)
    await exchange.write(3, subject="c")
    async with at_work(exchange.a_relay()):
        await eventually(lambda: _waits_only(exchange, 2), timeout=20)
        await exchange.limit_size(1_000_000)
        await all_left(exchange)
    found = Counter(numbers(await exchange.records(3)))
    assert found.keys() == {1, 2, 3}
    assert (found[1], found[2]) == (1, 1)


async def _waits_only(exchange: Any, count: int) -> bool:
    return len(await exchange.waiting()) == count


async def test_events_written_while_the_broker_is_killed_and_started_again_all_arrive_in_order(
    own_broker: Any, an_exchange_on: Callable[[str], Any], contracts: Any, at_work: Any
) -> None:
    brokers = own_broker.broker.bootstrap_servers
    await create_topics(brokers, contracts)
    exchange = an_exchange_on(brokers)
    filler = "x" * 2000
    async with at_work(exchange.a_relay(lambda: Producer(brokers))):
        await exchange.write(*range(100), filler=filler)
        await all_left(exchange)
        writing = asyncio.create_task(_keep_writing(exchange, range(100, 3000), filler))
        await eventually(lambda: _holds(exchange, 400))
        own_broker.broker.kill()
        await eventually(lambda: _waits(exchange, 500), timeout=30)
        await asyncio.to_thread(own_broker.start)
        await writing
        await all_left(exchange)
        records = await exchange.records(3000)

    first_seen = list(dict.fromkeys(numbers(records)))
    assert first_seen == list(range(3000))
    assert len(set(ids(records))) == 3000
    _assert_repeats_are_runs(numbers(records))


async def _keep_writing(exchange: Any, wanted: range, filler: str) -> None:
    for start in range(wanted.start, wanted.stop, 20):
        await exchange.write(*range(start, start + 20), filler=filler)
        await asyncio.sleep(0.02)


async def _holds(exchange: Any, count: int) -> bool:
    async with exchange.database.reading() as connection:
        held = await connection.exec_driver_sql("SELECT count(*) FROM outbox")
        return bool(held.scalar() >= count)


async def _waits(exchange: Any, count: int) -> bool:
    return len(await exchange.waiting()) >= count


def _assert_repeats_are_runs(found: list[int]) -> None:
    """What was sent again starts over at one place and goes on from there in order: no event overtakes another."""
    for before, after in pairwise(found):
        assert after == before + 1 or after <= before
