"""Faults that can be switched on in a simulated party: for the next N requests, or until switched off."""

import asyncio
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_FOREVER_SECONDS = 3600


class FaultWanted(BaseModel):
    """What is to go wrong; `target` is a register or channel, or * for all, and `none` mends it."""

    model_config = ConfigDict(extra="forbid")

    target: str = "*"
    kind: Literal["down", "error", "garbage", "huge", "slow", "timeout", "none"]
    delay_ms: int = Field(1000, ge=0)
    count: int | None = Field(None, ge=1)


@dataclass
class Fault:
    """A fault in force; `left` requests still meet it, None means every one."""

    target: str
    kind: str
    delay_ms: int
    left: int | None


class Faults:
    """The faults of one party."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}

    async def meet(self, target: str) -> str | None:
        """Return the kind of fault that this request meets, after its delay, or None."""
        fault = self._faults.get(target) or self._faults.get("*")
        if fault is None:
            return None
        if fault.left is not None:
            fault.left -= 1
            if fault.left <= 0:
                del self._faults[fault.target]
        if fault.kind == "slow":
            await asyncio.sleep(fault.delay_ms / 1000)
            return None
        if fault.kind == "timeout":
            await asyncio.sleep(_FOREVER_SECONDS)
        return fault.kind

    def shown(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._faults.values()]

    def route(self) -> Route:
        """Return `/faults`: GET shows them, POST switches one on, DELETE switches all off."""

        async def faults(request: Request) -> Response:
            if request.method == "DELETE":
                self._faults.clear()
            elif request.method == "POST":
                try:
                    wanted = FaultWanted.model_validate_json(await request.body())
                except ValidationError as error:
                    return JSONResponse({"title": "No such fault", "errors": error.errors(include_url=False)}, 422)
                if wanted.kind == "none":
                    self._faults.pop(wanted.target, None)
                else:
                    fault = Fault(wanted.target, wanted.kind, wanted.delay_ms, wanted.count)
                    self._faults[wanted.target] = fault
            return JSONResponse(self.shown())

        return Route("/faults", faults, methods=["GET", "POST", "DELETE"])


async def healthy(_request: Request) -> Response:
    """Answer that the simulated party is up."""
    return JSONResponse({"status": "ok"})


HEALTH = [Route("/livez", healthy), Route("/readyz", healthy)]
