"""Liveness and readiness: a process without its database is alive and not ready, and is ready again when it is back."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from shared import health
from shared.database import Database
from tests.support.apps import client_for


async def test_without_its_database_a_process_lives_and_is_not_ready_until_it_is_back(
    make_app: Callable[..., FastAPI], link_to_postgres: Any, database_behind_link: Database
) -> None:
    async with client_for(make_app(APIRouter(), ready={"database": database_behind_link.check})) as client:
        assert await told(client, "/readyz") == (200, {"database": "ok"})

        link_to_postgres.cut()
        assert await told(client, "/readyz") == (503, {"database": "The database does not answer."})
        assert await told(client, "/livez") == (200, {})

        link_to_postgres.mend()
        assert await told(client, "/readyz") == (200, {"database": "ok"})


async def told(client: httpx.AsyncClient, path: str) -> tuple[int, dict[str, str]]:
    answer = await client.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["status"] == ("ok" if answer.status_code == 200 else "failing")
    return answer.status_code, answer.json()["checks"]


async def test_a_check_that_hangs_fails_in_time_and_the_others_are_told(
    make_app: Callable[..., FastAPI], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_CHECK_SECONDS", 0.05)

    async def well() -> None:
        return

    async def nameless() -> None:
        raise LookupError

    checks = {"slow": asyncio.Event().wait, "well": well, "nameless": nameless}
    async with client_for(make_app(APIRouter(), ready=checks)) as client:
        assert await told(client, "/readyz") == (
            503,
            {"slow": "no answer in time", "well": "ok", "nameless": "LookupError"},
        )
