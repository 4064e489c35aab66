"""Where a request enters: its trace, its access log line, its time, and the last net under every error.

A plain ASGI middleware: it costs microseconds, and streams pass through it untouched.
"""

import time
from typing import Any

from opentelemetry.trace import SpanKind, Tracer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import telemetry
from shared.logging import get_logger, log_request
from shared.metrics import Metrics
from shared.problems import INTERNAL, MALFORMED, ProblemResponses

_QUIET = frozenset({"/livez", "/readyz", "/metrics"})
_log = get_logger("access")


class RequestBoundary:
    """Wraps one app. A request whose address holds U+0000 is refused here: no column can keep one."""

    def __init__(self, app: ASGIApp, *, tracer: Tracer, metrics: Metrics, problems: ProblemResponses) -> None:
        self._app = app
        self._tracer = tracer
        self._metrics = metrics
        self._problems = problems
        self._timers: dict[tuple[str, str, int], Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _QUIET:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        traceparent = next((value.decode("latin-1") for key, value in scope["headers"] if key == b"traceparent"), None)
        with telemetry.span(self._tracer, scope["method"], traceparent=traceparent, kind=SpanKind.SERVER) as span:
            try:
                if "\0" in scope["path"] or b"%00" in scope["query_string"]:
                    await self._problems.render(MALFORMED, instance="/")(scope, receive, watch)
                else:
                    await self._app(scope, receive, watch)
            except Exception as error:  # noqa: BLE001  whatever escaped the app is answered, logged and counted here
                _log.exception("request failed", path=_route(scope), error=type(error).__name__)
                span.record_exception(error)
                if not status:
                    await self._problems.render(INTERNAL, instance=scope["path"])(scope, receive, watch)
            finally:
                self._record(scope, status, time.perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        key = (scope["method"], route, status)
        timer = self._timers.get(key)
        if timer is None:
            timer = self._timers[key] = self._metrics.requests.labels(*map(str, key))
        timer.observe(seconds)
        log_request(method=scope["method"], route=route, status=status, seconds=seconds)


def _route(scope: Scope) -> str:
    """The template of the route, never the address: an address can hold an identifier."""
    route = scope.get("route")
    return getattr(route, "path", None) or "unmatched"
