"""Who asks: only the bearer of a good token passes, and only with the scope that the route needs."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI

from shared.actors import Actor, CurrentActor, with_scope
from tests.support.apps import client_for
from tests.support.tokens import TestIssuer


@pytest.fixture
async def client(make_app: Callable[..., FastAPI]) -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter()

    @router.get("/me")
    async def me(actor: CurrentActor) -> str:
        return actor.subject

    @router.get("/contacts")
    async def contacts(actor: Annotated[Actor, Depends(with_scope("accounts:contact"))]) -> str:
        return actor.client_id

    async with client_for(make_app(router)) as made:
        yield made


async def test_the_bearer_of_a_good_token_is_known(client: httpx.AsyncClient, tokens: TestIssuer) -> None:
    for scheme in ("Bearer", "bearer", "BEARER "):
        answer = await client.get("/me", headers={"Authorization": f"{scheme} {tokens.token(subject='s-1')}"})
        assert answer.json() == "s-1"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Token a.b.c"])
async def test_without_a_bearer_token_the_answer_says_what_is_needed(
    header: str | None, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/me", headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["type"].endswith("/problems/unauthenticated")


@pytest.mark.parametrize("token", ["a.b.c", "x" * 9000, "ґ.ґ.ґ".encode(), "a b.c.d"])
async def test_a_token_that_is_none_is_refused_with_its_reason(token: str | bytes, client: httpx.AsyncClient) -> None:
    raw = token if isinstance(token, bytes) else token.encode()
    answer = await client.get("/me", headers=[(b"authorization", b"Bearer " + raw)])
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token", error_description="')


async def test_a_token_of_another_audience_does_not_pass(client: httpx.AsyncClient, tokens: TestIssuer) -> None:
    answer = await client.get("/me", headers=tokens.headers(aud=["applications"]))
    assert (answer.status_code, answer.json()["detail"]) == (401, "The access token is refused: other-audience.")


async def test_a_route_with_a_scope_takes_only_tokens_that_hold_it(
    client: httpx.AsyncClient, tokens: TestIssuer
) -> None:
    held = await client.get("/contacts", headers=tokens.headers(scopes=["other", "accounts:contact"]))
    assert held.status_code == 200
    for scopes in ([], ["accounts"], ["accounts:contact:all"]):
        refused = await client.get("/contacts", headers=tokens.headers(scopes=scopes))
        assert refused.status_code == 403
        assert "accounts:contact" in refused.json()["detail"]
