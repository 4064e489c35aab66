"""Idempotency keys: one request, one effect, one answer, however often and at once it is sent."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from sqlalchemy import insert

from shared.actors import CurrentActor
from shared.database import Database
from shared.headers import IdempotencyKey
from shared.idempotency import IdempotencyKeys, StoredAnswer, fingerprint
from shared.ids import new_id
from tests.support.apps import client_for
from tests.support.tokens import TestIssuer

KEY = "8e03978e-40d5-43dd"


class WorkFailed(Exception):
    pass


@pytest.fixture
async def client(
    make_app: Callable[..., FastAPI], database: Database, tables: Any, exchange_effects: Any, tokens: TestIssuer
) -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter()

    @router.post("/things", status_code=201)
    async def make(request: Request, actor: CurrentActor, key: IdempotencyKey, fails: bool = False) -> dict[str, Any]:
        body = await request.json()
        async with database.transaction() as connection:
            keys = IdempotencyKeys(tables.idempotency_keys, connection)
            wanted = fingerprint("make-thing", await request.body())
            if known := await keys.claim(actor.subject, key, wanted):
                return known.body
            made = {"event_id": new_id(), "subject": actor.subject, "number": body["number"]}
            await connection.execute(insert(tables.effects).values(made))
            answer = {"id": str(made["event_id"])}
            await keys.keep(actor.subject, key, StoredAnswer(201, answer))
            if fails:
                raise WorkFailed
        return answer

    async with client_for(make_app(router)) as made:
        made.headers.update(tokens.headers(subject="citizen-1"))
        yield made


@pytest.fixture
def exchange_effects(database: Database, tables: Any) -> Callable[[], Any]:
    async def numbers() -> list[int]:
        async with database.reading() as connection:
            return list((await connection.execute(tables.effects.select())).scalars())

    return numbers


async def make(client: httpx.AsyncClient, number: int = 1, key: str = KEY, **options: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key, **options.pop("headers", {})}
    return await client.post("/things", json={"number": number}, headers=headers, **options)


async def test_a_repeated_request_has_one_effect_and_the_first_answer(
    client: httpx.AsyncClient, exchange_effects: Any
) -> None:
    first, again = await make(client), await make(client)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(await exchange_effects()) == 1


async def test_fifty_at_once_have_one_effect_and_one_answer(client: httpx.AsyncClient, exchange_effects: Any) -> None:
    answers = await asyncio.gather(*[make(client) for _ in range(50)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await exchange_effects()) == 1


async def test_the_same_key_with_another_body_is_refused(client: httpx.AsyncClient, exchange_effects: Any) -> None:
    await make(client, 1)
    refused = await make(client, 2)
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/problems/idempotency-key-reused")
    assert len(await exchange_effects()) == 1


async def test_the_same_key_of_another_person_is_another_key(
    client: httpx.AsyncClient, tokens: TestIssuer, exchange_effects: Any
) -> None:
    mine = await make(client)
    theirs = await make(client, 2, headers=tokens.headers(subject="citizen-2"))
    assert theirs.status_code == 201
    assert theirs.json() != mine.json()
    assert len(await exchange_effects()) == 2


async def test_a_key_whose_work_failed_is_free_again(client: httpx.AsyncClient, exchange_effects: Any) -> None:
    failed = await make(client, params={"fails": True})
    assert failed.status_code == 500
    assert await exchange_effects() == []

    assert (await make(client)).status_code == 201
    assert len(await exchange_effects()) == 1


async def test_of_many_at_once_another_does_the_work_of_the_one_that_failed(
    client: httpx.AsyncClient, exchange_effects: Any
) -> None:
    answers = await asyncio.gather(*[make(client, params={"fails": number == 0}) for number in range(5)])
    assert sorted({answer.status_code for answer in answers}) in ([201], [201, 500])
    assert len(await exchange_effects()) == 1


@pytest.mark.parametrize("key", [None, "short", "x" * 129, "has a space in it", "tab\there-and-there"])
async def test_a_request_needs_a_key_of_the_right_form(key: str | None, client: httpx.AsyncClient) -> None:
    answer = await client.post("/things", json={"number": 1}, headers={"Idempotency-Key": key} if key else {})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "Idempotency-Key:"


def test_the_fingerprint_tells_operations_and_bodies_apart() -> None:
    prints = {fingerprint("a", b"bc"), fingerprint("ab", b"c"), fingerprint("a", b"bd"), fingerprint("a", b"")}
    assert len(prints) == 4
    assert fingerprint("a", b"b") == fingerprint("a", b"b")
