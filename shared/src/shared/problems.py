"""Errors as RFC 9457 problem details: one type per way to fail, each with a page at its `type` address.

Every non-2xx answer of a service is made here. What an upstream said, a stack or a value never gets out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared import telemetry

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class ProblemType:
    """One way a service refuses.

    `advice` tells the reader of its page what to do; `members` are attributes of the error that become extension
    members; `errors` names the attribute that lists (pointer, detail) pairs. `headers` may name members: `{retry_after}`.
    """

    slug: str
    status: int
    title: str
    advice: str
    members: tuple[str, ...] = ()
    errors: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Problem(Exception):
    """A refusal with its type, for what has no domain error of its own."""

    def __init__(
        self,
        kind: ProblemType,
        detail: str = "",
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or kind.title)
        self.kind = kind
        self.violations = errors
        self.headers = headers or {}


ProblemTable = Mapping[type[Exception], ProblemType]

MALFORMED = ProblemType("malformed-request", 400, "The request could not be read", "Send well-formed JSON in UTF-8.")
UNAUTHENTICATED = ProblemType(
    "unauthenticated",
    401,
    "A valid access token is needed",
    "Ask auth for a token and send it as a Bearer token. Tokens live ten minutes.",
    headers={"WWW-Authenticate": "Bearer"},
)
FORBIDDEN = ProblemType("forbidden", 403, "Your role does not allow this", "Ask somebody whose role allows it.")
NOT_FOUND = ProblemType("not-found", 404, "There is no such thing, or it is not yours", "Check the address.")
METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", 405, "This address does not take that method", "See /docs.")
TOO_LARGE = ProblemType("body-too-large", 413, "The body is too large", "Send less; files have their own addresses.")
MEDIA_TYPE_REFUSED = ProblemType("unsupported-media-type", 415, "This media type is not taken", "See /docs.")
INVALID = ProblemType(
    "invalid-request",
    422,
    "The request breaks the rules of this address",
    "`errors` lists each violation with a JSON Pointer (RFC 6901) to the value. Mend them and send again.",
    errors="violations",
)
INTERNAL = ProblemType("internal-error", 500, "Something broke on our side", "Try later; name the trace id to support.")
KEY_REUSED = ProblemType(
    "idempotency-key-reused",
    422,
    "This Idempotency-Key came before with another request",
    "Use a new key for a new request; repeat a request unchanged to get its first answer.",
)
UNAVAILABLE = ProblemType(
    "temporarily-unavailable",
    503,
    "A part that this needs does not answer now",
    "Nothing was changed. Try again after the time in Retry-After.",
    headers={"Retry-After": "2"},
)

COMMON = (MALFORMED, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, TOO_LARGE, MEDIA_TYPE_REFUSED,
          INVALID, INTERNAL, UNAVAILABLE)  # fmt: skip
_BY_STATUS = {kind.status: kind for kind in COMMON}


def pointer(path: Sequence[str | int]) -> str:
    """Return the JSON Pointer (RFC 6901) of a path of keys and indexes."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def describe(*kinds: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI `responses` of a route that can answer with these problems."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in sorted(kinds, key=lambda kind: (kind.status, kind.slug)):
        content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
        known = responses.setdefault(kind.status, {"description": "", "content": {MEDIA_TYPE: content}})
        line = f"`{kind.slug}`: {kind.title}"
        known["description"] = f"{known['description']} · {line}" if known["description"] else line
        known["content"][MEDIA_TYPE]["examples"][kind.slug] = {"$ref": f"#/components/examples/{kind.slug}"}
        if kind.headers:
            known["headers"] = {name: {"schema": {"type": "string"}} for name in kind.headers}
    return responses


class ProblemResponses:
    """Turns errors into answers for one service, with the addresses of its own problem pages."""

    def __init__(self, public_url: str, table: ProblemTable) -> None:
        self._public_url = public_url.rstrip("/")
        self.table = table
        self.kinds = {kind.slug: kind for kind in (*COMMON, *table.values())}

    def install(self, app: FastAPI) -> None:
        """Make every error that leaves a route of `app` a problem."""
        app.add_exception_handler(Problem, self._on_problem)
        app.add_exception_handler(RequestValidationError, self._on_invalid)
        app.add_exception_handler(HTTPException, self._on_http)
        for error_type in self.table:
            app.add_exception_handler(error_type, self._on_domain)

    def render(
        self,
        kind: ProblemType,
        *,
        instance: str,
        detail: str | None = None,
        errors: Sequence[tuple[str, str]] = (),
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the answer for one problem."""
        body: dict[str, Any] = {
            "type": f"{self._public_url}/problems/{kind.slug}",
            "title": kind.title,
            "status": kind.status,
            "detail": detail or kind.title,
            "instance": instance,
        }
        if errors:
            body["errors"] = [{"pointer": where, "detail": what} for where, what in errors]
        if trace_id := telemetry.current_trace_id():
            body["trace_id"] = trace_id
        body.update(members or {})
        merged = {**kind.headers, **(headers or {})}
        return Response(orjson.dumps(body, default=str), kind.status, merged, MEDIA_TYPE)

    def answer(self, problem: Problem, *, instance: str) -> Response:
        """Return the answer for a problem that was raised."""
        return self.render(
            problem.kind,
            instance=instance,
            detail=str(problem),
            errors=problem.violations,
            headers=problem.headers,
        )

    async def _on_problem(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)  # noqa: S101  narrows the type that Starlette leaves open
        return self.answer(error, instance=request.url.path)

    async def _on_domain(self, request: Request, error: Exception) -> Response:
        kind = next(self.table[cls] for cls in type(error).__mro__ if cls in self.table)
        members = {name: getattr(error, name) for name in kind.members}
        headers = {name: value.format(**members) for name, value in kind.headers.items()}
        if hasattr(error, "retry_after"):
            headers["Retry-After"] = str(error.retry_after)
        return self.render(
            kind,
            instance=request.url.path,
            detail=str(error) or kind.title,
            errors=getattr(error, kind.errors) if kind.errors else (),
            members=members,
            headers=headers,
        )

    async def _on_invalid(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101  narrows the type that Starlette leaves open
        if any(fault["type"] == "json_invalid" for fault in error.errors()):
            return self.render(MALFORMED, instance=request.url.path)
        errors = [(_where(fault["loc"]), fault["msg"]) for fault in error.errors()]
        return self.render(INVALID, instance=request.url.path, errors=errors)

    async def _on_http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  narrows the type that Starlette leaves open
        kind = _BY_STATUS.get(error.status_code, INTERNAL if error.status_code >= 500 else MALFORMED)
        return self.render(kind, instance=request.url.path, headers=error.headers)


def _where(loc: Sequence[str | int]) -> str:
    """Body members by pointer; a parameter as `?name`, a header as `name:`."""
    place, *path = loc
    if place == "body":
        return pointer(path)
    name = ".".join(map(str, path))
    return f"{name}:" if place == "header" else f"?{name}" if place == "query" else f"{{{name}}}"
