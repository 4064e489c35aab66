"""A worker over a table of things to do: leases what is due and works on several at once.

The lease is the service's own statement (`FOR UPDATE SKIP LOCKED`); what a killed worker held is taken when its lease ends.
"""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any

from shared.database import DatabaseUnavailable
from shared.logging import get_logger

POLL_SECONDS = 1.0
_log = get_logger("worker")


class LeasingWorker(ABC):
    """Subclasses say how to lease up to `limit` items and how to work on one."""

    def __init__(self, name: str, *, parallel: int) -> None:
        self._name = name
        self._parallel = parallel
        self._woken = asyncio.Event()
        self.halted: str | None = None

    @abstractmethod
    async def lease(self, limit: int) -> list[Any]:
        """Return items that are now this worker's for the time of the lease."""

    @abstractmethod
    async def work(self, item: Any) -> None:
        """Bring one item to its end, or to its next try."""

    def wake(self) -> None:
        """Look for work at once."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`, then finish what is in hand."""
        in_hand: set[asyncio.Task[None]] = set()

        def done(task: asyncio.Task[None]) -> None:
            in_hand.discard(task)
            self._woken.set()

        while not stop.is_set():
            self._woken.clear()
            free = self._parallel - len(in_hand)
            try:
                items = await self.lease(free) if free else []
            except DatabaseUnavailable as error:
                _log.warning("worker waits", worker=self._name, error=str(error))
                items = []
            for item in items:
                task = asyncio.create_task(self._one(item))
                in_hand.add(task)
                task.add_done_callback(done)
            if len(items) < free or not free:
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._woken.wait()
        await asyncio.gather(*in_hand)

    async def _one(self, item: Any) -> None:
        try:
            await self.work(item)
        except DatabaseUnavailable as error:
            _log.warning("work is left to the next lease", worker=self._name, error=str(error))
        except Exception:  # noqa: BLE001  one item's fault must not stop the others; its lease brings it back
            _log.exception("work failed", worker=self._name)
