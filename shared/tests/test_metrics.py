"""Metrics: what a process did, in Prometheus's text, by route and never by address."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from shared.actors import CurrentActor
from shared.metrics import Metrics
from tests.support.apps import client_for


@pytest.fixture
async def client(make_app: Callable[..., FastAPI]) -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter()

    @router.get("/people/{name}")
    async def person(name: str) -> str:
        return name

    @router.get("/me")
    async def me(actor: CurrentActor) -> str:
        return actor.subject

    async with client_for(make_app(router)) as made:
        yield made


async def exposed(client: httpx.AsyncClient) -> str:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return answer.text


async def test_requests_are_counted_by_route_and_hold_nothing_of_their_addresses(client: httpx.AsyncClient) -> None:
    for name in ("olena", "taras"):
        await client.get(f"/people/{name}")
    await client.get("/people/olena/secret-page?code=1234")

    text = await exposed(client)

    assert 'http_request_seconds_count{method="GET",route="/people/{name}",status="200"} 2.0' in text
    assert 'http_request_seconds_count{method="GET",route="unmatched",status="404"} 1.0' in text
    assert not any(word in text for word in ("olena", "taras", "secret-page", "1234"))


async def test_refused_tokens_are_counted_by_reason(client: httpx.AsyncClient) -> None:
    await client.get("/me", headers={"Authorization": "Bearer a.b.c"})
    assert 'refused_tokens_total{reason="malformed"} 1.0' in await exposed(client)


async def test_probes_are_not_counted_among_the_requests(client: httpx.AsyncClient) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        await client.get(path)
    assert "http_request_seconds_count{" not in await exposed(client)


def test_two_apps_of_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.events_published.labels("catalog.organisation").inc()
    assert b'events_published_total{topic="catalog.organisation"} 1.0' in one.render()
    assert b"catalog.organisation" not in other.render()
    assert b"process_resident_memory_bytes" in one.render()
