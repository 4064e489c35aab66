"""Apache Kafka: the only module that knows the client library.

Topics, a producer that keeps order, a subscription, and reading a topic again from its first record.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError, for_code

from shared.contracts import Contracts

_TOPIC_EXISTS = 36
_HARD_REQUEST_LIMIT = 4_194_304
_SILENCE_SECONDS = 30


class BrokerUnavailable(Exception):
    """Kafka does not answer, or did not acknowledge."""


@dataclass(frozen=True)
class Message:
    """One record to send: same key, same partition, same order."""

    topic: str
    key: str
    value: bytes
    headers: list[tuple[str, bytes]]


@dataclass(frozen=True)
class Received:
    """One record that arrived."""

    topic: str
    partition: int
    offset: int
    key: str | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


def _received(record: Any) -> Received:
    key = record.key.decode(errors="replace") if record.key else None
    return Received(record.topic, record.partition, record.offset, key, record.value, record.headers)


@asynccontextmanager
async def _naming_outages() -> AsyncIterator[None]:
    try:
        yield
    except (KafkaError, OSError) as error:
        raise BrokerUnavailable(str(error) or type(error).__name__) from error


async def _started(client: Any) -> Any:
    try:
        async with _naming_outages():
            await client.start()
    except BrokerUnavailable:
        await client.stop()
        raise
    return client


async def create_topics(bootstrap_servers: str, contracts: Contracts, *, replicas: int = 1) -> list[str]:
    """Create the declared topics that are absent and return their names; those that exist are left as they are."""
    wanted: list[NewTopic] = []
    for topic in contracts.topics.values():
        wanted.append(NewTopic(topic.name, topic.partitions, replicas, topic_configs=dict(topic.config)))
        if topic.has_dead_letters:
            keep = {"retention.ms": str(30 * 24 * 3600 * 1000)}
            wanted.append(NewTopic(topic.dead_letters, 1, replicas, topic_configs=keep))
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    async with _naming_outages():
        await admin.start()
        try:
            existing = set(await admin.list_topics())
            absent = [topic for topic in wanted if topic.name not in existing]
            answer = await admin.create_topics(absent) if absent else None
        finally:
            await admin.close()
    for name, code, *reason in answer.topic_errors if answer else ():
        if code not in {0, _TOPIC_EXISTS}:
            raise BrokerUnavailable(f"{name}: {for_code(code).__name__} {reason}")
    return [topic.name for topic in absent]


class Producer:
    """Sends with `acks=all` and an idempotent producer: the broker refuses a gap or a repeat in a partition."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._options = {
            "bootstrap_servers": bootstrap_servers,
            "acks": "all",
            "enable_idempotence": True,
            "request_timeout_ms": 10_000,
            "max_request_size": _HARD_REQUEST_LIMIT,
        }
        self._client: Any = None

    async def start(self) -> None:
        """Connect, or raise BrokerUnavailable."""
        self._client = await _started(AIOKafkaProducer(**self._options))

    async def stop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.stop()

    async def send(self, messages: Iterable[Message]) -> int:
        """Send in order; return how many, counted from the first, the broker acknowledged without a gap.

        After a failure the producer is spent: stop it, start another, and send again from the first that is missing.
        """
        acknowledged = 0
        async with _naming_outages():
            futures = [
                await self._client.send(m.topic, m.value, key=m.key.encode(), headers=m.headers) for m in messages
            ]
            failed = False
            for future in futures:
                try:
                    await future
                except KafkaError:
                    failed = True
                acknowledged += not failed
        return acknowledged


class Subscription:
    """One member of a consumer group. Offsets are committed by the caller, after its own commit."""

    def __init__(self, bootstrap_servers: str, *, group: str, topics: Sequence[str]) -> None:
        self._topics = topics
        self._options = {
            "bootstrap_servers": bootstrap_servers,
            "group_id": group,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "session_timeout_ms": 6_000,
            "heartbeat_interval_ms": 1_000,
            "max_poll_interval_ms": 300_000,
        }
        self._client: Any = None

    async def start(self) -> None:
        """Join the group, or raise BrokerUnavailable."""
        self._client = await _started(AIOKafkaConsumer(*self._topics, **self._options))

    async def stop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.stop()

    async def poll(self, *, timeout_ms: int, limit: int) -> Mapping[tuple[str, int], list[Received]]:
        """Return what arrived, by topic and partition; empty when nothing did in time."""
        async with _naming_outages():
            batches = await self._client.getmany(timeout_ms=timeout_ms, max_records=limit)
        return {
            (place.topic, place.partition): [_received(record) for record in records]
            for place, records in batches.items()
        }

    async def commit(self, positions: Mapping[tuple[str, int], int]) -> None:
        """Commit the next offset of each place. One that was taken away meanwhile is the other member's now."""
        assigned = self._client.assignment()
        offsets = {
            TopicPartition(*place): offset for place, offset in positions.items() if TopicPartition(*place) in assigned
        }
        if not offsets:
            return
        async with _naming_outages():
            try:
                await self._client.commit(offsets)
            except (CommitFailedError, IllegalStateError):
                return

    def pause_at(self, place: tuple[str, int], offset: int) -> None:
        """Go back to `offset` in one place and take nothing from it until `resume`."""
        partition = TopicPartition(*place)
        try:
            self._client.seek(partition, offset)
            self._client.pause(partition)
        except IllegalStateError:
            return

    def resume(self, place: tuple[str, int]) -> None:
        """Take from a paused place again, if it is still ours."""
        partition = TopicPartition(*place)
        if self._client is not None and partition in self._client.assignment():
            self._client.resume(partition)


async def read_again(
    bootstrap_servers: str, topics: Sequence[str], *, limit: int = 500
) -> AsyncGenerator[list[Received], None]:
    """Yield every record that `topics` hold now, from the first: in the order of each partition, in batches of one.

    A few that come meanwhile may be among the last. The reader is of no group: it takes nothing from anybody and leaves
    no position. Raises BrokerUnavailable, also when nothing comes for half a minute: a part is never taken for the whole.
    """
    options = {"bootstrap_servers": bootstrap_servers, "auto_offset_reset": "earliest", "request_timeout_ms": 10_000}
    client = await _started(AIOKafkaConsumer(*topics, group_id=None, **options))
    try:
        async with _naming_outages():
            ends: Mapping[TopicPartition, int] = await client.end_offsets(list(client.assignment()))
        unread = {place for place, end in ends.items() if end}
        while unread:
            async with _naming_outages(), asyncio.timeout(_SILENCE_SECONDS):
                batches: Mapping[TopicPartition, Sequence[Any]] = {}
                while unread and not batches:
                    batches = await client.getmany(*unread, timeout_ms=500, max_records=limit)
                    # not the last record's offset: compaction may have taken the last ones away
                    unread = {place for place in unread if await client.position(place) < ends[place]}
            for records in batches.values():
                yield [_received(record) for record in records]
    finally:
        await client.stop()
