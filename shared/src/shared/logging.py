"""Structured logs: one JSON object a line on standard output, with the trace id of the work in hand."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

from shared import telemetry

_Event = MutableMapping[str, Any]


def _add_trace(_logger: Any, _name: str, event: _Event) -> _Event:
    trace_id = telemetry.current_trace_id()
    if trace_id:
        event["trace_id"] = trace_id
    return event


def _to_json(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def configure_logging(*, service: str, role: str, level: str) -> None:
    """Send the logs of this process, libraries included, to standard output as JSON lines."""

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
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
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
