"""Bodies: whatever is sent, a route sees only JSON of bounded size and depth in which every text can be stored."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Form, Request
from hypothesis import given
from hypothesis import strategies as st

from shared.body_guard import MAX_DEPTH, read_json
from shared.problems import Problem
from tests.support.apps import client_for

LIMIT = 1_048_576
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def routes() -> APIRouter:
    router = APIRouter()

    @router.post("/echo")
    async def echo(body: dict[str, Any]) -> dict[str, Any]:
        return body

    @router.post("/form")
    async def form(code: str = Form()) -> str:
        return code

    @router.put("/files/{name}")
    async def store(name: str, request: Request) -> int:
        return sum([len(chunk) async for chunk in request.stream()])

    @router.post("/empty")
    async def empty() -> str:
        return "done"

    return router


@pytest.fixture
async def client(make_app: Callable[..., FastAPI]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(make_app(routes(), streamed=("/files/",))) as made:
        yield made


async def send(client: httpx.AsyncClient, body: Any, media_type: str | None = JSON, path: str = "/echo") -> Any:
    return await client.post(path, content=body, headers={"content-type": media_type} if media_type else {})


def nested(levels: int) -> bytes:
    return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


REFUSED: dict[str, tuple[bytes, str, int, str]] = {
    "10 MB": (b'{"a": "' + b"x" * 10_000_000 + b'"}', JSON, 413, "body-too-large"),
    "one byte over the limit": (b'{"a":"' + b"x" * (LIMIT - 7) + b'"}', JSON, 413, "body-too-large"),
    "a depth bomb": (nested(100_000), JSON, 400, "malformed-request"),
    "one level too deep": (nested(MAX_DEPTH + 1), JSON, 400, "malformed-request"),
    "objects too deep": (b'{"a":' * 40 + b"1" + b"}" * 40, JSON, 400, "malformed-request"),
    "U+0000 in a value": (b'{"a": {"b": ["x", "\\u0000"]}}', JSON, 422, "invalid-request"),
    "U+0000 in a key": (b'{"a": {"b\\u0000": 1}}', JSON, 422, "invalid-request"),
    "U+0000 as a byte": (b'{"a": "\0"}', JSON, 400, "malformed-request"),
    "a lone high surrogate": (b'{"a": "\\ud800"}', JSON, 400, "malformed-request"),
    "a lone low surrogate": (b'{"a": "\\udfff"}', JSON, 400, "malformed-request"),
    "a surrogate in UTF-8": (b'{"a": "\xed\xa0\x80"}', JSON, 400, "malformed-request"),
    "bytes that are not UTF-8": (b'{"a": "\xff"}', JSON, 400, "malformed-request"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), JSON, 400, "malformed-request"),
    "NaN": (b'{"a": NaN}', JSON, 400, "malformed-request"),
    "Infinity": (b'{"a": -Infinity}', JSON, 400, "malformed-request"),
    "a number beyond doubles": (b'{"a": 1e400}', JSON, 400, "malformed-request"),
    "a number of 5,000 digits": (b'{"a": ' + b"9" * 5000 + b"}", JSON, 400, "malformed-request"),
    "half an object": (b'{"a": 1', JSON, 400, "malformed-request"),
    "two objects": (b'{"a": 1}{"a": 2}', JSON, 400, "malformed-request"),
    "XML": (b"<a/>", "application/xml", 415, "unsupported-media-type"),
    "JSON said to be text": (b'{"a": 1}', "text/plain", 415, "unsupported-media-type"),
    "JSON said to be nothing": (b'{"a": 1}', "", 415, "unsupported-media-type"),
    "a file to an address that takes none": (b"x", "application/pdf", 415, "unsupported-media-type"),
    "no object": (b"[1]", JSON, 422, "invalid-request"),
    "nothing": (b"", JSON, 422, "invalid-request"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_a_body_that_no_route_should_see_is_refused_by_name(what: str, client: httpx.AsyncClient) -> None:
    body, media_type, status, slug = REFUSED[what]
    answer = await send(client, body, media_type or None)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["type"].endswith(f"/problems/{slug}")


async def test_a_body_without_a_declared_length_is_cut_at_the_limit(client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * LIMIT:
            sent += 65536
            yield b" " * 65536

    answer = await send(client, endless())

    assert answer.status_code == 413
    assert sent <= LIMIT + 65536


async def test_the_violation_points_at_the_text_with_u_0000(client: httpx.AsyncClient) -> None:
    answer = await send(client, b'{"a": {"b/c": ["x", "y\\u0000"]}}')
    assert answer.json()["errors"] == [{"pointer": "/a/b~1c/1", "detail": "U+0000 cannot be stored"}]


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"' + b"x" * (LIMIT - 8) + b'"}',
        nested(MAX_DEPTH),
        json.dumps({"a": [[]] * 5000}).encode(),
        b'{"a": "\\\\u0000 is how it is written"}',
        '{"a": "Ґанок 🏠 \\ud83c\\udfe0 \u202e"}'.encode(),
    ],
    ids=["as large as allowed", "as deep as allowed", "wide", "an escaped backslash", "letters of every kind"],
)
async def test_what_can_be_stored_reaches_the_route_unchanged(body: bytes, client: httpx.AsyncClient) -> None:
    answer = await send(client, body)
    assert answer.status_code == 200
    assert answer.json() == json.loads(body)


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON", "application/ld+json"])
async def test_every_way_to_say_json_is_understood(media_type: str, client: httpx.AsyncClient) -> None:
    assert (await send(client, b'{"a": 1}', media_type)).json() == {"a": 1}


async def test_of_a_member_that_comes_twice_the_last_one_counts(client: httpx.AsyncClient) -> None:
    assert (await send(client, b'{"a": 1, "a": 2}')).json() == {"a": 2}
    assert (await send(client, b'{"a": 1, "a": "\\u0000"}')).status_code == 422


@pytest.mark.parametrize("body", [b"code=%00", b"code=a%00b", b"code=a\0b"])
async def test_a_form_field_with_u_0000_is_refused(body: bytes, client: httpx.AsyncClient) -> None:
    answer = await send(client, body, FORM, "/form")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "invalid-request")


async def test_a_form_reaches_its_route(client: httpx.AsyncClient) -> None:
    assert (await send(client, b"code=%D2%91-%2500", FORM, "/form")).json() == "ґ-%00"


async def test_a_file_streams_past_the_guard_whatever_its_size(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/pdf"}
    answer = await client.put("/files/a", content=b"\0" * (2 * LIMIT), headers=headers)
    assert answer.json() == 2 * LIMIT


async def test_json_to_an_address_of_files_is_guarded(client: httpx.AsyncClient) -> None:
    answer = await client.put("/files/a", content=b" " * (LIMIT + 1), headers={"content-type": JSON})
    assert answer.status_code == 413


async def test_no_body_needs_no_media_type(client: httpx.AsyncClient) -> None:
    assert (await client.post("/empty")).json() == "done"


async def test_a_body_that_broke_off_never_reaches_the_route(make_app: Callable[..., FastAPI]) -> None:
    reached: list[str] = []
    router = APIRouter()

    @router.post("/form")
    async def form(code: str = Form()) -> None:
        reached.append(code)

    parts = iter([
        {"type": "http.request", "body": b"code=12", "more_body": True},
        {"type": "http.disconnect"},
    ])  # fmt: skip
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/form",
        "raw_path": b"/form",
        "query_string": b"",
        "headers": [(b"content-type", FORM.encode()), (b"content-length", b"20")],
        "client": ("127.0.0.1", 1),
        "server": ("service.test", 80),
    }

    async def receive() -> Any:
        return next(parts, {"type": "http.disconnect"})

    async def send_nowhere(_message: Any) -> None:
        return

    await make_app(router)(scope, receive, send_nowhere)

    assert reached == []


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"],
                                                                         exclude_characters="\0")), inner),
    max_leaves=20,
)  # fmt: skip


@given(JSON_VALUES, st.booleans())
def test_any_json_in_bounds_is_read_as_it_was_written(value: Any, ascii_only: bool) -> None:
    assert read_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary())
def test_any_bytes_are_read_or_refused_by_name(body: bytes) -> None:
    try:
        read_json(body)
    except Problem as problem:
        assert problem.kind.status in {400, 422}  # noqa: PT017  the error is the second of two good outcomes
