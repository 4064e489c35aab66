"""A client of the running platform that behaves as a careful client does: it repeats what got no answer."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import httpx

from dev.topology import Ports

_RETRY = {429, 502, 503, 504}
PATIENCE_SECONDS = 60.0
NOT_RUNNING = "[red]The platform does not run.[/] Start it in another terminal: make run"


class StepFailed(Exception):
    """An answer that was not expected; the text shows it."""


async def does_run(ports: Ports) -> bool:
    """Tell whether a platform answers there."""
    try:
        async with httpx.AsyncClient(timeout=3, trust_env=False) as http:
            await http.get(f"{ports.url('auth')}/livez")
    except httpx.HTTPError:
        return False
    return True


class PlatformClient:
    """Speaks HTTP to the services of a run. Requests without an answer, or told to come later, are sent again."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._http = httpx.AsyncClient(timeout=15, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def send(
        self, method: str, service: str, path: str, *, token: str | None = None, **options: Any
    ) -> httpx.Response:
        """Return the answer, whatever its status, except those that say: come later."""
        headers = {**options.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                url = self._ports.url(service) + path
                answer = await self._http.request(method, url, headers=headers, **options)
                if answer.status_code not in _RETRY or time.monotonic() > deadline:
                    return answer
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise StepFailed(f"{method} {service}{path}: no answer ({type(error).__name__})") from error
            await asyncio.sleep(0.2)

    async def json(self, method: str, service: str, path: str, *, token: str | None = None, **options: Any) -> Any:
        """Return the body of a 2xx answer, or raise StepFailed with the problem."""
        answer = await self.send(method, service, path, token=token, **options)
        if not answer.is_success:
            raise StepFailed(f"{method} {service}{path}: {answer.status_code} {answer.text[:600]}")
        return answer.json() if answer.content else None

    async def eventually(self, probe: Any, *, what: str, timeout_seconds: float = PATIENCE_SECONDS) -> Any:
        """Return the first true outcome of the coroutine function `probe`, or raise StepFailed."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            outcome = await probe()
            if outcome:
                return outcome
            if time.monotonic() > deadline:
                raise StepFailed(f"After {timeout_seconds:.0f} s still not so: {what}")
            await asyncio.sleep(0.1)


def key_of(*parts: str) -> Mapping[str, str]:
    """Return the header that makes a creation safe to repeat."""
    return {"Idempotency-Key": "-".join(parts)}
