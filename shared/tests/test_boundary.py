"""The boundary: every request has a trace and one log line that tells the route, never what the address held."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from fastapi import APIRouter, FastAPI
from starlette.responses import StreamingResponse

from tests.support.apps import client_for

SECRET = "one-time-code-90210"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def app(make_app: Callable[..., FastAPI]) -> FastAPI:
    router = APIRouter()

    @router.get("/track/{reference}")
    async def track(reference: str, code: str = "") -> str:
        return reference

    @router.get("/broken/{reference}")
    async def fail(reference: str) -> None:
        raise RuntimeError("broken")

    @router.get("/streams")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"first"
            raise RuntimeError("broken")

        return StreamingResponse(parts())

    return make_app(router)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app) as made:
        yield made


@pytest.fixture
def logged() -> Any:
    with structlog.testing.capture_logs() as lines:
        yield lines


async def test_the_trace_of_the_caller_goes_on(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    assert answer.json()["trace_id"] == TRACE


@pytest.mark.parametrize(
    "traceparent", [None, "", "garbage", f"00-{'0' * 32}-{'0' * 16}-01", f"ff-{TRACE}-00f067aa0ba902b7-01"]
)
async def test_a_request_without_a_good_trace_gets_one_of_its_own(
    traceparent: str | None, client: httpx.AsyncClient
) -> None:
    headers = {} if traceparent is None else {"traceparent": traceparent}
    first, second = [(await client.get("/nowhere", headers=headers)).json()["trace_id"] for _ in range(2)]
    assert first != second
    assert TRACE not in (first, second)
    assert all(len(trace) == 32 and int(trace, 16) for trace in (first, second))


async def test_the_access_log_tells_the_route_and_nothing_that_the_address_held(
    client: httpx.AsyncClient, logged: list[dict[str, Any]]
) -> None:
    await client.get(
        f"/track/{SECRET}?code={SECRET}", headers={"authorization": f"Bearer {SECRET}", "cookie": f"s={SECRET}"}
    )
    await client.get(f"/nowhere/{SECRET}?token={SECRET}")

    lines = [line for line in logged if line["event"] == "request"]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/track/{reference}", 200),
        ("GET", "unmatched", 404),
    ]
    assert all(line["ms"] >= 0 for line in lines)
    assert SECRET not in str(logged)


async def test_an_error_is_logged_once_with_its_traceback_and_without_the_address(
    client: httpx.AsyncClient, logged: list[dict[str, Any]]
) -> None:
    answer = await client.get(f"/broken/{SECRET}?code={SECRET}")
    assert answer.status_code == 500
    [failure] = [line for line in logged if line["log_level"] == "error"]
    assert (failure["path"], failure["error"]) == ("/broken/{reference}", "RuntimeError")
    assert failure["exc_info"]
    assert SECRET not in str(logged)
    assert logged[-1]["status"] == 500


async def test_an_answer_that_broke_off_is_logged_and_left_unfinished(
    app: FastAPI, logged: list[dict[str, Any]]
) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "method": "GET", "path": "/streams"}
    await app({**scope, "raw_path": b"/streams", "query_string": b"", "headers": []}, receive, send)

    assert [message.get("status") or message["body"] for message in sent] == [200, b"first"]
    assert [line["event"] for line in logged] == ["request failed", "request"]


async def test_probes_leave_no_line(client: httpx.AsyncClient, logged: list[dict[str, Any]]) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        assert (await client.get(path)).status_code == 200
    assert logged == []


@pytest.mark.parametrize("address", ["/track/a%00b", "/track/a?code=%00", "/nowhere%00"])
async def test_an_address_with_u_0000_is_refused(address: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(address)
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/problems/malformed-request")


LOGGING = """
import logging
from shared.logging import configure_logging, get_logger
from shared.telemetry import build_tracer, span

configure_logging(service="catalog", role="serve", level="INFO")
get_logger("probe").debug("unheard")
with span(build_tracer("probe", None), "work", traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"):
    get_logger("probe").info("said", number=7, name="ґ")
    logging.getLogger("a.library").warning("warned of %s", "it")
    logging.getLogger("a.library").info("chatter")
try:
    1 / 0
except ZeroDivisionError:
    get_logger("probe").exception("failed")
"""


def test_a_process_logs_json_lines_with_its_name_role_and_trace() -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", LOGGING]
    done = subprocess.run(command, cwd=root, capture_output=True, check=True)  # noqa: S603  our own lines
    said, warned, failed = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.stderr == b""
    assert (said["event"], said["number"], said["name"], said["component"]) == ("said", 7, "ґ", "probe")
    assert (warned["event"], warned["logger"], warned["level"]) == ("warned of it", "a.library", "warning")
    for line in (said, warned):
        assert (line["service"], line["role"], line["trace_id"]) == ("catalog", "serve", TRACE)
        assert line["timestamp"].endswith("Z")
    assert "ZeroDivisionError" in failed["exception"]
