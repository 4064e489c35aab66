"""The news that the catalogue changed (NOTIFY), heard on one connection for all in a process who ask for it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
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


async def hear_news(dsn: str, channel: str, *hearings: Hearing) -> None:
    """Listen until cancelled."""
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=5)
            await _listen(connection, channel, hearings)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            _call([hearing.lost for hearing in hearings])
            await asyncio.sleep(_PAUSE_SECONDS)


async def _listen(connection: Any, channel: str, hearings: Sequence[Hearing]) -> None:
    ended = asyncio.Event()
    tell = [hearing.tell for hearing in hearings]

    def end(_connection: Any) -> None:
        _call([hearing.lost for hearing in hearings])
        ended.set()

    try:
        connection.add_termination_listener(end)
        await connection.add_listener(channel, lambda *_: _call(tell))
        _call(tell)
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PING_SECONDS):
                    await ended.wait()
            await connection.execute("SELECT 1", timeout=5)
            _call([hearing.look for hearing in hearings])
    finally:
        connection.terminate()


def _call(functions: Iterable[Callable[[], None]]) -> None:
    for function in functions:
        function()
