"""Rebuilds projections: every event that their topics hold is handled again, while the consumer goes on beside it.

Nothing is emptied and nobody waits. That is safe because the handlers of projections leave the same rows in whatever
order and however often events come (a service marks as projections only handlers that do); the inbox is not asked.
Each event is a transaction of its own: whoever holds one row at a time can wait for the consumer, but not be stuck with it.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from shared.broker import Received, read_again
from shared.consumer import Handler, take
from shared.contracts import Contracts
from shared.database import Database, DatabaseUnavailable
from shared.logging import get_logger

_log = get_logger("rebuilding")


@dataclass(frozen=True)
class PassedOver:
    """A record that could not be taken in, and why; the consumer put it among the dead letters when it came."""

    record: Received
    reason: str

    def __str__(self) -> str:
        return f"{self.record.topic}, partition {self.record.partition}, offset {self.record.offset}: {self.reason}"


@dataclass
class Rebuilt:
    """What a rebuild did: how many records each topic held, how many events of each type were taken in."""

    read: Counter[str] = field(default_factory=Counter)
    taken_in: Counter[str] = field(default_factory=Counter)
    passed_over: list[PassedOver] = field(default_factory=list)


async def rebuild(
    database: Database, contracts: Contracts, handlers: Mapping[str, Handler], *, bootstrap_servers: str
) -> Rebuilt:
    """Handle again all events of the types in `handlers`, up to the end that their topics have now.

    Raises BrokerUnavailable and DatabaseUnavailable; what was done by then is right, and a repeat does the rest.
    """
    topics = contracts.topics_of(handlers)
    done = Rebuilt(read=Counter(dict.fromkeys(topics, 0)), taken_in=Counter(dict.fromkeys(sorted(handlers), 0)))
    async with aclosing(read_again(bootstrap_servers, topics)) as batches:
        async for records in batches:
            for record in records:
                done.read[record.topic] += 1
                try:
                    if event_type := await _handle(database, contracts, handlers, record):
                        done.taken_in[event_type] += 1
                except DatabaseUnavailable:
                    raise
                except Exception as error:  # noqa: BLE001  one event's fault must not keep the others out
                    passed = PassedOver(record, f"{type(error).__name__}: {error}"[:300])
                    _log.warning("event passed over", topic=record.topic, offset=record.offset, reason=passed.reason)
                    done.passed_over.append(passed)
    return done


async def _handle(
    database: Database, contracts: Contracts, handlers: Mapping[str, Handler], record: Received
) -> str | None:
    """Take one record in and return its type, or None when nobody handles it."""
    taken = take(record, contracts, handlers)
    if taken is None:
        return None
    async with database.transaction() as connection:
        await taken.handler.handle(connection, taken.event, taken.view)
    return taken.event.type
