"""Who asks: the address of the connection, or what a proxy says that is trusted by name."""

import json
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from shared.serving import server_config
from shared.settings import ServiceSettings

FORWARDED = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7", "X-Forwarded-Proto": "https"}


def some_settings(**changes: Any) -> ServiceSettings:
    return ServiceSettings(
        **{
            "database_url": "postgresql://nowhere/none",
            "kafka_bootstrap_servers": "127.0.0.1:9",
            "auth_issuer": "http://auth.test",
            "auth_url": "http://auth.test",
            "public_url": "http://service.test",
            **changes,
        }
    )


async def address_seen(settings: ServiceSettings, connected_from: str) -> str:
    async def tell(scope: Any, receive: Any, send: Any) -> None:
        client = Request(scope).client
        await JSONResponse(client.host if client else None)(scope, receive, send)

    config = server_config(tell, settings)
    config.load()
    transport = httpx.ASGITransport(config.loaded_app, client=(connected_from, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        return str(json.loads((await client.get("/", headers=FORWARDED)).text))


@pytest.mark.parametrize("connected_from", ["127.0.0.1", "10.1.2.3"])
async def test_without_a_trusted_proxy_nobody_chooses_the_address_that_is_seen(
    connected_from: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    assert await address_seen(some_settings(), connected_from) == connected_from


async def test_what_a_trusted_proxy_says_is_believed_as_far_as_proxies_are_trusted() -> None:
    settings = some_settings(trusted_proxies="10.0.0.0/8, 192.0.2.1")
    assert await address_seen(settings, "10.1.2.3") == "203.0.113.7"
    assert await address_seen(settings, "192.0.2.1") == "203.0.113.7"
    assert await address_seen(settings, "192.0.2.2") == "192.0.2.2"


@pytest.mark.parametrize("wrong", ["*", "proxy.internal", "10.0.0.0/8,*", "10.1.2.3/8"])
def test_a_proxy_is_named_by_its_address(wrong: str) -> None:
    with pytest.raises(ValidationError):
        some_settings(trusted_proxies=wrong)
