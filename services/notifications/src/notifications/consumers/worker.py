"""The worker that sends messages: takes what is due, several at once, until told to stop."""

from typing import Any

from notifications.use_cases.dependencies import Dependencies
from notifications.use_cases.send_message import lease_due, send_message
from shared.worker import LeasingWorker


class MessageWorker(LeasingWorker):
    """Sends due messages."""

    def __init__(self, deps: Dependencies) -> None:
        super().__init__("messages", parallel=deps.settings.parallel_messages)
        self._deps = deps

    async def lease(self, limit: int) -> list[Any]:
        return list(await lease_due(self._deps, limit))

    async def work(self, item: Any) -> None:
        await send_message(self._deps, item)
