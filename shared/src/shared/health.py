"""Liveness, readiness and metrics (`/livez`, `/readyz`, `/metrics`) of every process, whatever its role."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.metrics import Metrics

Check = Callable[[], Awaitable[None]]
_CHECK_SECONDS = 2.0


def health_routes(
    metrics: Metrics, ready: Mapping[str, Check], alive: Mapping[str, Check] | None = None
) -> list[Route]:
    """Return the three routes. A check passes by returning; the text of what it raises is shown."""

    async def livez(_request: Request) -> Response:
        return await _answer(alive or {})

    async def readyz(_request: Request) -> Response:
        return await _answer({**(alive or {}), **ready})

    async def show_metrics(_request: Request) -> Response:
        return Response(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", show_metrics)]


async def _answer(checks: Mapping[str, Check]) -> Response:
    outcomes = dict(zip(checks, await asyncio.gather(*map(_outcome, checks.values())), strict=True))
    is_well = all(outcome == "ok" for outcome in outcomes.values())
    body = {"status": "ok" if is_well else "failing", "checks": outcomes}
    return JSONResponse(body, 200 if is_well else 503, headers={"Cache-Control": "no-store"})


async def _outcome(check: Check) -> str:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            await check()
    except TimeoutError:
        return "no answer in time"
    except Exception as error:  # noqa: BLE001  the text of whatever a check raises is shown
        return str(error) or type(error).__name__
    return "ok"
