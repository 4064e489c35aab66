"""Cursors: what went in comes out; what was not made here is a clear 422; pages lose and repeat nothing."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from fastapi import APIRouter, FastAPI, Request
from hypothesis import example, given
from hypothesis import strategies as st

from shared.pagination import CursorParameter, Limit, Page, decode_cursor, encode_cursor, next_link
from shared.problems import Problem
from tests.support.apps import client_for

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
KINDS: list[tuple[st.SearchStrategy[Any], Callable[[Any], Any]]] = [
    (st.uuids(), UUID),
    (st.dates(), date.fromisoformat),
    (st.datetimes(timezones=st.just(UTC)), datetime.fromisoformat),
    (st.decimals(allow_nan=False, allow_infinity=False, places=6), Decimal),
    (st.integers(-(2**63), 2**63 - 1), int),
    (TEXTS, str),
]
KEYS = st.lists(
    st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.none() | kind[0], st.just(kind[1]))), max_size=4
)


@given(KEYS)
def test_a_cursor_gives_back_the_key_that_it_was_made_of(key: list[tuple[Any, Callable[[Any], Any]]]) -> None:
    values, types = tuple(value for value, _ in key), [read for _, read in key]
    cursor = encode_cursor(values)
    assert decode_cursor(cursor, *types) == values
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=200) | st.binary().map(lambda raw: encode_cursor([raw.hex()])), KEYS)
@example("é", [(None, str)])
@example("A", [(None, str)])
def test_any_text_is_a_key_or_a_named_refusal(cursor: str, key: list[tuple[Any, Callable[[Any], Any]]]) -> None:
    try:
        decode_cursor(cursor, *(read for _, read in key))
    except Problem as problem:
        assert problem.kind.slug == "invalid-request"  # noqa: PT017  the error is the second of two good outcomes


@pytest.mark.parametrize(
    ("forged", "reader"),
    [
        ([1], UUID),
        ([[]], UUID),
        ([{}], date.fromisoformat),
        ([True], UUID),
        (["2026-02-30"], date.fromisoformat),
        (["a\0b"], str),
        ([{"a": "\0"}], str),
        (["NaN of sorts"], Decimal),
        ([1.5, 2], int),
        ([], str),
        ({"a": 1}, UUID),
        (7, str),
        (None, str),
    ],
)
def test_a_key_of_other_values_is_refused(forged: Any, reader: Callable[[Any], Any]) -> None:
    cursor = encode_cursor([]) if forged == [] else encode_raw(forged)
    with pytest.raises(Problem) as refused:
        decode_cursor(cursor, reader)
    assert refused.value.violations == [("?cursor", "is not a cursor of this list")]


def encode_raw(value: Any) -> str:
    from base64 import urlsafe_b64encode  # noqa: PLC0415

    return urlsafe_b64encode(orjson.dumps(value)).decode()


def test_no_cursor_is_the_first_page() -> None:
    assert decode_cursor(None, str) is None


@pytest.fixture
async def client(make_app: Callable[..., FastAPI]) -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter()
    router.numbers = list(range(25))  # type: ignore[attr-defined]

    @router.get("/numbers")
    async def numbers(request: Request, limit: Limit = 10, cursor: CursorParameter = None) -> Page[int]:
        after = decode_cursor(cursor, int)
        rest = [number for number in router.numbers if after is None or number > after[0]]  # type: ignore[attr-defined]
        page = rest[:limit]
        return Page(items=page, next=next_link(request, page[-1:] if len(rest) > limit else None))

    @router.delete("/numbers/{number}")
    async def delete(number: int) -> None:
        router.numbers.remove(number)  # type: ignore[attr-defined]

    async with client_for(make_app(router)) as made:
        yield made


async def test_following_the_links_gives_every_row_once_though_rows_leave_meanwhile(client: httpx.AsyncClient) -> None:
    seen: list[int] = []
    link: str | None = "/numbers?limit=7&kind=odd"
    while link:
        page = (await client.get(link)).json()
        seen += page["items"]
        await client.delete(f"/numbers/{page['items'][-1]}")
        link = page["next"]
        assert link is None or ("limit=7" in link and "kind=odd" in link)
    assert seen == list(range(25))


@pytest.mark.parametrize("query", ["cursor=~~~", "cursor=WzFd%21", "limit=0", "limit=101", f"cursor={'A' * 501}"])
async def test_a_wrong_cursor_or_limit_is_a_422(query: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/numbers?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?" + query.partition("=")[0]
