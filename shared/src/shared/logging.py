"""Structured logs: one JSON object a line on standard output, with the trace id of the work in hand.

Lines of finished requests are gathered for a moment before they are written; every other line is written at once, after
those that were gathered before it.
"""

import asyncio
import atexit
import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from shared import telemetry

GATHER_SECONDS = 0.05
MOST_GATHERED = 256
_Event = MutableMapping[str, Any]


class _Output:
    """Standard output, and what waits to be written there."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self.origin: dict[str, str] = {}
        self.takes_requests = True

    def gather(self, line: bytes) -> None:
        """Write a line within a moment, together with others."""
        if not self._waiting:
            try:
                asyncio.get_running_loop().call_later(GATHER_SECONDS, self.flush)
            except RuntimeError:
                sys.stdout.buffer.write(line)
                return
        self._waiting.append(line)
        if len(self._waiting) >= MOST_GATHERED:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            waiting, self._waiting = b"".join(self._waiting), []
            sys.stdout.buffer.write(waiting)
        sys.stdout.flush()

    def msg(self, line: str) -> None:
        """Write a line now (what structlog calls, under each level's name)."""
        self.flush()
        sys.stdout.write(line + "\n")
        self.flush()

    log = debug = info = warning = error = critical = fatal = exception = msg


_output = _Output()
atexit.register(_output.flush)


def log_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """Log one finished request. The hottest line of a process: made without structlog's chain, of the same members."""
    if not _output.origin:
        ms = round(seconds * 1000, 2)
        get_logger("access").info("request", method=method, route=route, status=status, ms=ms)
    elif _output.takes_requests:
        line = {
            "component": "access",
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "event": "request",
            "level": "info",
            "timestamp": datetime.now(UTC),
            **_output.origin,
            "trace_id": telemetry.current_trace_id(),
        }
        _output.gather(orjson.dumps(line, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE))


def _add_trace(_logger: Any, _name: str, event: _Event) -> _Event:
    trace_id = telemetry.current_trace_id()
    if trace_id:
        event["trace_id"] = trace_id
    return event


def _to_json(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def configure_logging(*, service: str, role: str, level: str) -> None:
    """Send the logs of this process, libraries included, to standard output as JSON lines."""
    _output.origin = {"service": service, "role": role}
    _output.takes_requests = getattr(logging, level) <= logging.INFO

    def add_origin(_logger: Any, _name: str, event: _Event) -> _Event:
        event["service"] = service
        event["role"] = role
        return event

    chain: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_origin,
        _add_trace,
    ]
    structlog.configure(
        processors=[*chain, structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_to_json)],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=lambda *_: _output,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*chain, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(_to_json),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, getattr(logging, level)), force=True)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of one module; fields are given as keyword arguments, never personal data."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(component=name)
    return logger
