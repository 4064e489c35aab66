"""The news that the catalogue changed (NOTIFY), heard on a connection of its own."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg

_PAUSE_SECONDS = 1.0
_PING_SECONDS = 5.0


async def hear_news(dsn: str, channel: str, tell: Callable[[], None]) -> None:
    """Call `tell` whenever there is news, until cancelled; also when listening begins: something may have been missed."""
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=5)
            await _listen(connection, channel, tell)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            await asyncio.sleep(_PAUSE_SECONDS)


async def _listen(connection: Any, channel: str, tell: Callable[[], None]) -> None:
    lost = asyncio.Event()
    try:
        connection.add_termination_listener(lambda _connection: lost.set())
        await connection.add_listener(channel, lambda *_: tell())
        tell()
        while not lost.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_PING_SECONDS):
                    await lost.wait()
            await connection.execute("SELECT 1", timeout=5)
    finally:
        connection.terminate()
