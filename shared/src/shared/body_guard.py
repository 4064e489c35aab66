"""What a body may be before a route sees it: JSON or a form of bounded size and depth, in which every text can be stored.

Refuses with a named problem: too large (413), not JSON (415), malformed, too deep, lone surrogates (400), U+0000 (422).
A body that broke off is not passed on: half a form reads like a whole one.
Addresses that stream files read and bound their bodies themselves.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import INVALID, MALFORMED, MEDIA_TYPE_REFUSED, TOO_LARGE, Problem, ProblemResponses, pointer

MAX_DEPTH = 32
_FORM = b"application/x-www-form-urlencoded"


class BodyGuard:
    """Reads and checks bodies; `streamed` lists the paths whose other media types pass through.

    A path that ends in `/` stands for all below it.
    """

    def __init__(self, app: ASGIApp, *, limit: int, streamed: Sequence[str], problems: ProblemResponses) -> None:
        self._app = app
        self._limit = limit
        self._streamed = tuple(streamed)
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        is_json = media_type == b"application/json" or media_type.endswith(b"+json")
        if not is_json and media_type and self._is_streamed(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            body = await self._read(headers, receive)
            self._judge(body, is_json=is_json, media_type=media_type)
        except Problem as problem:
            await self._problems.answer(problem, instance=scope["path"])(scope, receive, send)
            return
        except ClientDisconnect:
            return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)

    async def _read(self, headers: dict[bytes, bytes], receive: Receive) -> bytes | None:
        """Return the body, or None once it is known to be over the limit; raises ClientDisconnect."""
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._limit:
            return None
        chunks = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunks += message.get("body", b"")
            if len(chunks) > self._limit:
                return None
            if not message.get("more_body"):
                return bytes(chunks)

    def _is_streamed(self, path: str) -> bool:
        return any(path == known or (known.endswith("/") and path.startswith(known)) for known in self._streamed)

    def _judge(self, body: bytes | None, *, is_json: bool, media_type: bytes) -> None:
        if body is None:
            raise Problem(TOO_LARGE, f"At most {self._limit} bytes are read.")
        if not body:
            return
        if media_type == _FORM:
            if b"%00" in body or b"\0" in body:
                raise Problem(INVALID, "U+0000 cannot be stored.")
            return
        if not is_json:
            raise Problem(MEDIA_TYPE_REFUSED, "Send application/json.")
        read_json(body)


def read_json(body: bytes) -> Any:
    """Return the value of a JSON text that can be stored whole, or raise Problem."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(MALFORMED, f"Not JSON: {error.msg}.") from None
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise Problem(MALFORMED, f"Nested deeper than {MAX_DEPTH} levels.")
    if b"\\u0000" in body and (where := _find_nul(value, ())) is not None:
        raise Problem(INVALID, errors=[(pointer(where), "U+0000 cannot be stored")])
    return value


def _depth(value: Any) -> int:
    level, layer = 0, [value]
    while layer:
        level += 1
        layer = [
            child
            for node in layer
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if level > MAX_DEPTH:
            break
    return level


def _find_nul(value: Any, path: tuple[str | int, ...]) -> tuple[str | int, ...] | None:
    if isinstance(value, str):
        return path if "\0" in value else None
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        if isinstance(key, str) and "\0" in key:
            return path
        if (found := _find_nul(child, (*path, key))) is not None:
            return found
    return None
