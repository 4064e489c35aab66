"""Keeps the snapshot new beside an API: after every piece of news, and when a day begins in Kyiv."""

import asyncio
from contextlib import suppress
from datetime import date

from catalog.storage.news import Hearing
from catalog.use_cases.make_snapshot import SnapshotParts, make_snapshot
from shared.database import DatabaseUnavailable
from shared.logging import get_logger

_LOOK_SECONDS = 30.0
# a burst of publications becomes one snapshot
_GATHER_SECONDS = 0.2
_PAUSE_SECONDS = 5.0
_log = get_logger("snapshots")


class SnapshotRenewal:
    """The work of one process; several of them make each snapshot once."""

    def __init__(self, parts: SnapshotParts) -> None:
        self._parts = parts
        self._due = asyncio.Event()
        self._day: date | None = None
        self.hearing = Hearing(self._due.set)

    async def run(self) -> None:
        """Renew until cancelled; what fails is told and tried again."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._due.wait()
            if self._due.is_set() or self._day != self._parts.today:
                await self._renew()

    async def _renew(self) -> None:
        await asyncio.sleep(_GATHER_SECONDS)
        self._due.clear()
        today = self._parts.today
        try:
            version = await make_snapshot(self._parts)
            self._day = today
        except DatabaseUnavailable:
            _log.warning("waiting", waiting_for="database")
            await self._try_again()
        except Exception as error:  # noqa: BLE001  whatever is wrong, the work beside an API goes on and says so
            _log.exception("no snapshot could be made", error=type(error).__name__)
            await self._try_again()
        else:
            if version is not None:
                _log.info("snapshot made", version=version)

    async def _try_again(self) -> None:
        await asyncio.sleep(_PAUSE_SECONDS)
        self._due.set()
