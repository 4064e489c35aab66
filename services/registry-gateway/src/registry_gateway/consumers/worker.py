"""The worker that asks registers: takes what is due, several questions at once, until told to stop."""

from typing import Any

from registry_gateway.use_cases.ask_register import ask_register, lease_due
from registry_gateway.use_cases.dependencies import Dependencies
from shared.worker import LeasingWorker


class VerificationWorker(LeasingWorker):
    """Asks due verifications."""

    def __init__(self, deps: Dependencies) -> None:
        super().__init__("verifications", parallel=deps.settings.parallel_questions)
        self._deps = deps

    async def lease(self, limit: int) -> list[Any]:
        return list(await lease_due(self._deps, limit))

    async def work(self, item: Any) -> None:
        await ask_register(self._deps, item)
