"""The news that the catalogue changed (NOTIFY), heard on a connection of its own."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import asyncpg

_PAUSE_SECONDS = 1.0
_PING_SECONDS = 5.0


def _nothing() -> None:
    """What is called when nobody asks for more."""


@dataclass(frozen=True)
class Hearing:
    """Whom to call.

    `tell` on news, also when listening begins, since some may have been missed; `lost` when the connection ends or none is
    to be had; `look` every few seconds while it lives.
    """

    tell: Callable[[], None]
    lost: Callable[[], None] = _nothing
    look: Callable[[], None] = _nothing


async def hear_news(dsn: str, channel: str, hearing: Hearing) -> None:
    """Listen until cancelled."""
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=5)
            await _listen(connection, channel, hearing)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            hearing.lost()
            await asyncio.sleep(_PAUSE_SECONDS)


async def _listen(connection: Any, channel: str, hearing: Hearing) -> None:
    ended = asyncio.Event()

    def end(_connection: Any) -> None:
        hearing.lost()
        ended.set()

    try:
        connection.add_termination_listener(end)
        await connection.add_listener(channel, lambda *_: hearing.tell())
        hearing.tell()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PING_SECONDS):
                    await ended.wait()
            await connection.execute("SELECT 1", timeout=5)
            hearing.look()
    finally:
        connection.terminate()
