"""Every refusal is an RFC 9457 problem with a page; what broke inside stays inside."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Header, HTTPException, Query
from pydantic import BaseModel, Field

from shared.database import DatabaseUnavailable
from shared.http import PeerUnavailable
from shared.idempotency import IdempotencyKeyReused
from shared.problems import COMMON, FORBIDDEN, Problem, ProblemType
from tests.support.apps import client_for

SECRET = "password=hunter2 for 10.1.2.3"


class DoorClosed(Exception):
    def __init__(self, opens_at: str) -> None:
        super().__init__("The door is closed.")
        self.opens_at = opens_at
        self.faults = [("/a~1b", "is shut")]


class SideDoorClosed(DoorClosed):
    pass


DOOR_CLOSED = ProblemType("door-closed", 409, "Closed <now>", "Come & knock.", members=("opens_at",), errors="faults")


class Thing(BaseModel):
    name: str = Field(max_length=5)
    parts: dict[str, list[int]] = {}


def routes() -> APIRouter:
    router = APIRouter()

    @router.post("/things")
    async def make(
        thing: Thing, depth: Annotated[int, Query()] = 1, x_size: Annotated[int, Header()] = 1
    ) -> dict[str, str]:
        return {"name": thing.name}

    @router.get("/fails/{how}")
    async def fail(how: str) -> None:
        raise {
            "broken": RuntimeError(SECRET),
            "upstream": HTTPException(502, SECRET),
            "teapot": HTTPException(418, SECRET),
            "domain": DoorClosed("08:00"),
            "derived": SideDoorClosed("09:00"),
            "raised": Problem(FORBIDDEN, "Not you."),
            "database": DatabaseUnavailable(SECRET),
            "peer": PeerUnavailable("auth"),
            "reused": IdempotencyKeyReused(),
        }[how]

    return router


@pytest.fixture
async def client(make_app: Callable[..., FastAPI]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(make_app(routes(), problems={DoorClosed: DOOR_CLOSED})) as made:
        yield made


def problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"http://service.test/problems/{slug}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert len(body["trace_id"]) == 32
    return body


@pytest.mark.parametrize(
    ("how", "status", "slug"),
    [
        ("domain", 409, "door-closed"),
        ("derived", 409, "door-closed"),
        ("raised", 403, "forbidden"),
        ("database", 503, "temporarily-unavailable"),
        ("peer", 503, "temporarily-unavailable"),
        ("reused", 422, "idempotency-key-reused"),
        ("broken", 500, "internal-error"),
        ("upstream", 500, "internal-error"),
        ("teapot", 400, "malformed-request"),
    ],
)
async def test_every_error_is_a_problem_and_its_type_leads_to_its_page(
    how: str, status: int, slug: str, client: httpx.AsyncClient
) -> None:
    body = problem(await client.get(f"/fails/{how}"), status, slug)
    assert body["instance"] == f"/fails/{how}"
    assert "hunter2" not in str(body)

    page = await client.get(body["type"])

    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert slug in page.text


async def test_an_internal_error_says_its_title_and_trace_only(client: httpx.AsyncClient) -> None:
    answer = await client.get("/fails/broken")
    body = problem(answer, 500, "internal-error")
    assert body.keys() == {"type", "title", "status", "detail", "instance", "trace_id"}
    assert body["detail"] == body["title"]
    assert "RuntimeError" not in answer.text


async def test_a_domain_error_gives_its_members_and_violations(client: httpx.AsyncClient) -> None:
    body = problem(await client.get("/fails/domain"), 409, "door-closed")
    assert body["detail"] == "The door is closed."
    assert body["opens_at"] == "08:00"
    assert body["errors"] == [{"pointer": "/a~1b", "detail": "is shut"}]


async def test_what_does_not_answer_says_when_to_try_again(client: httpx.AsyncClient) -> None:
    assert (await client.get("/fails/database")).headers["retry-after"] == "2"


async def test_each_violation_names_its_place(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/things?depth=deep", json={"name": "too long", "parts": {"a/b~c": [1, "x"]}}, headers={"x-size": "big"}
    )
    body = problem(answer, 422, "invalid-request")
    assert {error["pointer"] for error in body["errors"]} == {"/name", "/parts/a~1b~0c/1", "?depth", "x-size:"}
    assert all(error["detail"] for error in body["errors"])


async def test_an_absent_address_and_a_wrong_method_are_problems(client: httpx.AsyncClient) -> None:
    problem(await client.get("/nowhere"), 404, "not-found")
    refused = await client.delete("/things")
    problem(refused, 405, "method-not-allowed")
    assert refused.headers["allow"] == "POST"


async def test_the_list_of_problems_links_to_a_page_for_each(client: httpx.AsyncClient) -> None:
    listed = await client.get("/problems")
    slugs = {kind.slug for kind in COMMON} | {"door-closed", "idempotency-key-reused"}
    for slug in slugs:
        assert f'href="problems/{slug}"' in listed.text
        assert (await client.get(f"/problems/{slug}")).status_code == 200


async def test_a_page_shows_its_words_as_text_and_runs_nothing(client: httpx.AsyncClient) -> None:
    page = await client.get("/problems/door-closed")
    assert "Closed &lt;now&gt;" in page.text
    assert "Come &amp; knock." in page.text
    assert page.headers["content-security-policy"] == "default-src 'none'"


async def test_a_problem_that_does_not_exist_has_no_page(client: httpx.AsyncClient) -> None:
    problem(await client.get("/problems/none-such"), 404, "not-found")


async def test_the_documentation_describes_problems_and_no_other_shape_of_error(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in str(document)
    responses = document["paths"]["/things"]["post"]["responses"]
    for status in ("400", "422", "500", "503"):
        assert "application/problem+json" in responses[status]["content"]
