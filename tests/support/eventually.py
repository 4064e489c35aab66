"""Waiting for what happens elsewhere, without guessing how long it takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Outcome = TypeVar("Outcome")


async def eventually(probe: Callable[[], Awaitable[Outcome]], *, timeout: float = 10.0) -> Outcome:
    """Return the first true outcome of `probe`; fail with the last error or outcome after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        error: Exception | None = None
        outcome = None
        try:
            outcome = await probe()
            if outcome:
                return outcome
        except (AssertionError, LookupError) as caught:
            error = caught
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {outcome!r}") from error
        await asyncio.sleep(0.02)
