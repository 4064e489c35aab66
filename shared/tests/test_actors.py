"""Who asks: only the bearer of a good token passes, and only where the rule of the route admits them."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from shared.actors import AdmittedPlaces, CurrentActor
from shared.policy import ANYONE, PUBLIC, Rule, role, scope
from tests.support.apps import client_for
from tests.support.tokens import TestIssuer

POLICY = {
    "GET /me": Rule("see who one is", {ANYONE: "oneself"}),
    "GET /contacts": Rule("read contacts", {scope("accounts:contact"): "all"}),
    "GET /plans": Rule("read plans", {role("head"): "of the own house"}, hides=True),
    "POST /plans": Rule("make plans", {role("head"): "of the own house"}, hides=True, seen_by=[role("reader")]),
    "GET /news": Rule("read news", {PUBLIC: "they concern all"}),
    "POST /news": Rule("write news", {role("writer"): "all"}),
}


@pytest.fixture
async def client(make_app: Callable[..., FastAPI]) -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter()

    @router.get("/me")
    async def me(actor: CurrentActor) -> str:
        return actor.subject

    @router.get("/contacts")
    async def contacts(actor: CurrentActor) -> str:
        return actor.client_id

    @router.api_route("/plans", methods=["GET", "POST"])
    async def plans(houses: AdmittedPlaces) -> list[str]:
        return sorted(houses)

    async with client_for(make_app(router, policy=POLICY)) as made:
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
        assert refused.json()["detail"] == "Only the scope accounts:contact may read contacts."


async def test_a_rule_that_hides_answers_others_as_if_there_were_nothing(
    client: httpx.AsyncClient, tokens: TestIssuer
) -> None:
    mandates = [("head", "b"), ("reader", "c"), ("head", "a")]
    assert (await client.get("/plans", headers=tokens.headers(mandates=mandates))).json() == ["a", "b"]
    for bearer in ({}, {"role": "reader", "organisation": "c"}, {"scopes": ["head"]}):
        answer = await client.get("/plans", headers=tokens.headers(**bearer))
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (404, "not-found")


async def test_whoever_sees_a_thing_is_let_through_to_be_told_why_not(
    client: httpx.AsyncClient, tokens: TestIssuer
) -> None:
    seeing = await client.post("/plans", headers=tokens.headers(role="reader", organisation="c"))
    assert (seeing.status_code, seeing.json()) == (200, [])
    assert (await client.post("/plans", headers=tokens.headers())).status_code == 404


async def test_a_route_without_a_rule_refuses_everybody(make_app: Callable[..., FastAPI], tokens: TestIssuer) -> None:
    router = APIRouter()

    @router.get("/without-a-rule")
    async def without_a_rule(actor: CurrentActor) -> str:
        return actor.subject

    async with client_for(make_app(router, policy=POLICY)) as client:
        assert (await client.get("/without-a-rule")).status_code == 401
        for bearer in ({}, {"role": "head", "organisation": "a"}, {"scopes": ["operator", "accounts:contact"]}):
            answer = await client.get("/without-a-rule", headers=tokens.headers(**bearer))
            assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "forbidden")


@pytest.mark.parametrize("forgotten", ["rule", "dependency"])
async def test_a_route_that_asks_nobody_is_closed_unless_its_rule_is_public(
    forgotten: str, make_app: Callable[..., FastAPI], tokens: TestIssuer
) -> None:
    router = APIRouter()

    @router.api_route("/news", methods=["GET", "POST"])
    async def news() -> str:
        return "there are some"

    policy = {name: rule for name, rule in POLICY.items() if forgotten == "dependency" or name != "POST /news"}
    async with client_for(make_app(router, policy=policy)) as client:
        assert (await client.get("/news")).status_code == 200
        assert (await client.post("/news")).status_code == 401
        assert (await client.post("/news", headers=tokens.headers())).status_code == 403
        written = await client.post("/news", headers=tokens.headers(role="writer", organisation="a"))
        assert written.status_code == (200 if forgotten == "dependency" else 403)
