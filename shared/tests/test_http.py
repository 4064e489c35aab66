"""Outgoing HTTP: a peer that is slow, broken or rude becomes one named error; tokens are kept, renewed and dropped."""

import asyncio
import contextlib
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from dev.ports import free_port
from shared import http as shared_http
from shared import telemetry
from shared.http import Peer, PeerUnavailable, ServiceTokens, build_http_client
from shared.settings import ServiceSettings
from shared.telemetry import build_tracer


class Platform:
    """Auth and a peer as one app, which remembers what it was asked and answers what it is told to."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.forms: list[dict[str, Any]] = []
        self.lifetime: Any = 600
        self.token_answer: Response | None = None
        self.answer: Callable[[], Response] = lambda: JSONResponse({"ok": True})
        self.app = Starlette(
            routes=[
                Route("/oauth/token", self._token, methods=["POST"]),
                Route("/{path:path}", self._anything, methods=["GET", "POST"]),
            ]
        )

    async def _token(self, request: Request) -> Response:
        self.forms.append({**await request.form(), "authorization": request.headers["authorization"]})
        body = {"access_token": f"token-{len(self.forms)}", "expires_in": self.lifetime}
        return self.token_answer or JSONResponse(body)

    async def _anything(self, request: Request) -> Response:
        self.asked.append(request)
        return self.answer()


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def peer(platform: Platform, settings: ServiceSettings) -> AsyncIterator[Peer]:
    async with build_http_client(httpx.ASGITransport(platform.app)) as http:
        yield Peer(http, ServiceTokens(http, settings), name="notifications", url="http://notifications.test/")


async def test_a_peer_is_asked_in_the_name_of_this_service(peer: Peer, platform: Platform) -> None:
    answer = await peer.request("POST", "/v1/things?a=1", json={"b": 2}, headers={"Accept-Language": "en"})

    assert answer.json() == {"ok": True}
    [asked] = platform.asked
    assert (asked.method, str(asked.url)) == ("POST", "http://notifications.test/v1/things?a=1")
    assert (asked.headers["authorization"], asked.headers["accept-language"]) == ("Bearer token-1", "en")
    [form] = platform.forms
    credentials = b64encode(b"probe:synthetic-secret").decode()
    assert form == {
        "grant_type": "client_credentials",
        "resource": "notifications",
        "authorization": f"Basic {credentials}",
    }


@pytest.mark.parametrize("status", [500, 502, 503, 504, 401, 429])
async def test_a_peer_that_cannot_now_is_unavailable_and_its_words_stay_there(
    status: int, peer: Peer, platform: Platform
) -> None:
    platform.answer = lambda: JSONResponse({"detail": "hunter2"}, status)
    with pytest.raises(PeerUnavailable) as refused:
        await peer.request("GET", "/v1/things")
    assert str(refused.value) == "notifications does not answer now."


@pytest.mark.parametrize("status", [200, 201, 204, 403, 404, 409, 422])
async def test_what_a_peer_decides_is_given_to_the_caller(status: int, peer: Peer, platform: Platform) -> None:
    platform.answer = lambda: Response(status_code=status)
    assert (await peer.request("GET", "/v1/things")).status_code == status


async def test_a_redirect_is_not_followed(peer: Peer, platform: Platform) -> None:
    platform.answer = lambda: RedirectResponse("http://attacker.test/", 307)
    assert (await peer.request("GET", "/v1/things")).status_code == 307
    assert len(platform.asked) == 1


async def test_a_token_is_kept_until_a_minute_before_it_expires(
    peer: Peer, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = time.monotonic()
    for later, tokens in ((0, 1), (539, 1), (541, 2)):
        monkeypatch.setattr(shared_http.time, "monotonic", lambda now=started + later: now)
        await peer.request("GET", "/v1/things")
        assert len(platform.forms) == tokens


async def test_a_token_that_was_refused_is_not_used_again(peer: Peer, platform: Platform) -> None:
    platform.answer = lambda: Response(status_code=401)
    with pytest.raises(PeerUnavailable):
        await peer.request("GET", "/v1/things")
    platform.answer = lambda: Response(status_code=200)

    await peer.request("GET", "/v1/things")

    assert [asked.headers["authorization"] for asked in platform.asked] == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize(
    "answer",
    [
        Response(status_code=500),
        Response(status_code=401),
        RedirectResponse("http://attacker.test/", 307),
        Response("<html>"),
        JSONResponse([]),
        JSONResponse({}),
        JSONResponse({"access_token": "t", "expires_in": None}),
        JSONResponse({"access_token": "t", "expires_in": "soon"}),
        JSONResponse(None),
    ],
)
async def test_when_auth_gives_no_token_the_peer_is_not_asked(answer: Response, peer: Peer, platform: Platform) -> None:
    platform.token_answer = answer
    with pytest.raises(PeerUnavailable) as refused:
        await peer.request("GET", "/v1/things")
    assert refused.value.peer == "auth"
    assert platform.asked == []


async def test_the_trace_in_hand_goes_along_with_every_call(peer: Peer, platform: Platform) -> None:
    with telemetry.span(build_tracer("probe", None), "work", traceparent=f"00-{'a' * 32}-{'b' * 16}-01"):
        await peer.request("GET", "/v1/things")
    [asked] = platform.asked
    assert asked.headers["traceparent"].split("-")[1] == "a" * 32


async def test_without_a_trace_none_is_made_up(peer: Peer, platform: Platform) -> None:
    await peer.request("GET", "/v1/things")
    assert "traceparent" not in platform.asked[0].headers


async def test_a_trace_that_is_recorded_goes_on_as_recorded() -> None:
    with telemetry.span(TracerProvider().get_tracer("probe"), "work", traceparent=None):
        flags = telemetry.outgoing_headers()["traceparent"].rpartition("-")[2]
        assert int(flags, 16) & 1


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def a_server(serve: Serve) -> AsyncIterator[str]:
    """Listen on a free port and do `serve` with each connection."""
    served: list[asyncio.Task[Any] | None] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.current_task())
        with contextlib.suppress(OSError):
            await serve(reader, writer)
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.gather(*[task for task in served if task])


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read the request and never answer."""
    await reader.read(65536)
    await reader.read()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(65536)
    writer.transport.abort()


async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(65536)
    writer.write(b"this is not HTTP\r\n\r\n")


async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(65536)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")


@pytest.mark.parametrize("serve", [hang, hang_up, babble, break_off])
async def test_a_peer_that_breaks_the_protocol_or_hangs_is_unavailable(
    serve: Serve, platform: Platform, settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_http, "TIMEOUT", httpx.Timeout(0.3))
    mounts = {"http://auth.test": httpx.ASGITransport(platform.app)}
    async with a_server(serve) as url, build_http_client(mounts=mounts) as http:
        peer = Peer(http, ServiceTokens(http, settings), name="registry", url=url)
        with pytest.raises(PeerUnavailable):
            await peer.request("GET", "/v1/things")


async def test_a_peer_where_nobody_listens_is_unavailable(platform: Platform, settings: ServiceSettings) -> None:
    mounts = {"http://auth.test": httpx.ASGITransport(platform.app)}
    async with build_http_client(mounts=mounts) as http:
        url = f"http://127.0.0.1:{free_port()}"
        with pytest.raises(PeerUnavailable):
            await Peer(http, ServiceTokens(http, settings), name="registry", url=url).request("GET", "/")


async def test_every_call_has_time_limits() -> None:
    async with build_http_client() as http:
        limits = http.timeout
        assert all(limit and limit <= 5 for limit in (limits.connect, limits.read, limits.write, limits.pool))
