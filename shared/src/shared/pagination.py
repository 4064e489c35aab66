"""Keyset pagination: a page begins after the last row of the one before, however many rows came or went meanwhile."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel
from starlette.requests import Request

from shared.problems import INVALID, Problem

Row = TypeVar("Row")
Limit = Annotated[int, Query(ge=1, le=100, description="Rows on a page")]
CursorParameter = Annotated[str | None, Query(max_length=500, description="`cursor` of the `next` link")]


class Page(BaseModel, Generic[Row]):
    """One page of a list; `next` is the address of the one after it."""

    items: list[Row]
    next: str | None = None


@dataclass(frozen=True)
class Window(Generic[Row]):
    """Rows of one page and the key of the last, if there are more."""

    rows: Sequence[Row]
    after: Sequence[Any] | None


def encode_cursor(key: Sequence[Any]) -> str:
    """Return a key (values of the sort columns) as an opaque text."""
    return urlsafe_b64encode(orjson.dumps(list(key), default=str)).decode().rstrip("=")


def decode_cursor(cursor: str | None, *types: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """Return the key in a cursor, each value read by its type (None stays None); a cursor not ours is a 422."""
    if cursor is None:
        return None
    try:
        values = orjson.loads(b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        return tuple(_read(value, read) for value, read in zip(values, types, strict=True))
    except (ValueError, TypeError, AttributeError, ArithmeticError):
        raise Problem(INVALID, errors=[("?cursor", "is not a cursor of this list")]) from None


def _read(value: Any, read: Callable[[Any], Any]) -> Any:
    if isinstance(value, list | dict) or (isinstance(value, str) and "\0" in value):
        raise ValueError("no key holds such a value")
    return None if value is None else read(value)


def next_link(request: Request, after: Sequence[Any] | None) -> str | None:
    """Return the address of the next page, relative to the service, or None on the last one."""
    if after is None:
        return None
    url = request.url.include_query_params(cursor=encode_cursor(after))
    return f"{url.path}?{url.query}"
