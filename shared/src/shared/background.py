"""What works beside an app or a consumer for as long as that lives."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette

from shared.database import Database

_AGAIN_SECONDS = 0.5
Work = Callable[[], Coroutine[Any, Any, None]]


@asynccontextmanager
async def in_background(*works: Work) -> AsyncIterator[None]:
    """Run each of `works` until the block ends."""
    tasks = [asyncio.create_task(work()) for work in works]
    try:
        yield
    finally:
        await end(tasks)


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel `tasks` and return when each has ended, however it did."""
    # again and again: in Python 3.11 `wait_for` loses a cancellation that comes when what it waited for is there
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)


def lifespan_with(
    database: Database, http: httpx.AsyncClient, *works: Work, first: Callable[[], Awaitable[object]] | None = None
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Return the lifespan of an app: `first` is done before it answers, `works` go on beside it, all is closed at its end."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if first is not None:
            await first()
        async with in_background(*works):
            yield
        await http.aclose()
        await database.dispose()

    return lifespan
