"""Dead letters: list what was put aside and why; replay it once the cause is mended.

Replaying sends the record to its own topic again with the same event id: consumers that had handled it know it.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from shared.broker import BrokerUnavailable, Message, Producer, Received, Subscription

_REASON = "dead-letter-reason"


@dataclass(frozen=True)
class DeadLetter:
    """One record put aside."""

    record: Received

    @property
    def reason(self) -> str:
        return next((value.decode() for name, value in self.record.headers if name == _REASON), "unknown")

    @property
    def event_id(self) -> str:
        return next((value.decode(errors="replace") for name, value in self.record.headers if name == "ce_id"), "?")


async def read_dead_letters(
    bootstrap_servers: str, *, service: str, topics: Sequence[str], keep_position: bool
) -> AsyncIterator[DeadLetter]:
    """Yield the dead letters of `topics`; with `keep_position`, only those not yet replayed, and remember them as done."""
    group = f"{service}-dead-letters" if keep_position else f"{service}-dead-letters-list"
    subscription = Subscription(bootstrap_servers, group=group, topics=[f"{topic}.dlq" for topic in topics])
    await subscription.start()
    try:
        while batches := await subscription.poll(timeout_ms=3000, limit=100):
            for place, records in batches.items():
                for record in records:
                    yield DeadLetter(record)
                if keep_position:
                    await subscription.commit({place: records[-1].offset + 1})
    finally:
        await subscription.stop()


async def replay_dead_letters(bootstrap_servers: str, *, service: str, topics: Sequence[str]) -> int:
    """Send every dead letter not yet replayed to its topic again; return how many. Raises BrokerUnavailable."""
    producer = Producer(bootstrap_servers)
    await producer.start()
    replayed = 0
    try:
        async for letter in read_dead_letters(bootstrap_servers, service=service, topics=topics, keep_position=True):
            record = letter.record
            headers = [(name, value) for name, value in record.headers if name != _REASON]
            topic = record.topic.removesuffix(".dlq")
            if await producer.send([Message(topic, record.key or "", record.value or b"", headers)]) != 1:
                raise BrokerUnavailable(f"{letter.event_id} was not acknowledged and stays among the dead letters")
            replayed += 1
    finally:
        await producer.stop()
    return replayed
