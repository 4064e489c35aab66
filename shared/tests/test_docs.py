"""The page that explains the API needs nothing from outside."""

import re
from collections.abc import Callable

import httpx
from fastapi import APIRouter, FastAPI

from tests.support.apps import client_for


async def test_the_page_loads_everything_from_the_service_itself(make_app: Callable[..., FastAPI]) -> None:
    async with client_for(make_app(APIRouter())) as client:
        page = await client.get("/docs")
        assert page.status_code == httpx.codes.OK
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(loaded) == 3
        assert not [address for address in loaded if not address.startswith("/docs/files/")]
        for address in (*loaded, "/openapi.json"):
            assert (await client.get(address)).status_code == httpx.codes.OK
