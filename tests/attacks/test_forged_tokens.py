"""Forged tokens against every service: none is accepted, none is answered with an error of the server, nothing is written."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest
import pytest_asyncio

from dev.policies import policy_of
from dev.topology import SERVICES, by_name
from shared.ids import new_id
from tests.support.forgeries import FORGERIES, Forge
from tests.support.platform import RunningPlatform

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.kafka]

# a reading and a writing route of each service get every forgery, all other routes a few each
EVERY_FORGERY = {
    "auth": ("GET /v1/me", "POST /v1/clients"),
    "catalog": ("GET /v1/my-public-services", "POST /v1/public-services"),
    "applications": ("GET /v1/applications", "POST /v1/applications"),
    "registry-gateway": ("GET /v1/registers", "POST /v1/verifications"),
    "notifications": ("GET /v1/me/messages", "PUT /v1/me/contact"),
}
A_FEW = 12
AT_ONCE = 16
Headers = list[tuple[bytes, bytes]]


def protected(service: str) -> list[str]:
    """Return the routes of a service that ask for a token."""
    return [name for name, rule in policy_of(by_name(service)).items() if not rule.is_public]


class Attacker:
    """Sends requests to one service, with exactly the headers given, and keeps count of the reasons it should be told."""

    def __init__(self, http: httpx.AsyncClient, address: str) -> None:
        self._http = http
        self._address = address
        self._turn = asyncio.Semaphore(AT_ONCE)
        self.told: Counter[str] = Counter()

    async def ask(self, route: str, headers: Headers, **options: Any) -> httpx.Response:
        method, _, path = route.partition(" ")
        filled = "/".join(str(new_id()) if part.startswith("{") else part for part in path.split("/"))
        key = (b"Idempotency-Key", str(new_id()).encode())
        async with self._turn:
            return await self._http.request(
                method, self._address + filled, headers=[key, *headers], **{"json": {}, **options}
            )

    async def is_refused(self, route: str, headers: Headers, reason: str, name: str, **options: Any) -> None:
        """Ask and check the refusal; an empty reason is that of a request without a token."""
        answer = await self.ask(route, headers, **options)
        error = f'Bearer error="invalid_token", error_description="{reason}"' if reason else "Bearer"
        found = (answer.status_code, answer.headers.get("www-authenticate"), answer.headers["content-type"])
        assert found == (401, error, "application/problem+json"), (name, route, answer.text)
        assert answer.json()["type"].endswith("/problems/unauthenticated")
        self.told.update([reason] if reason else [])

    async def counted(self) -> Counter[str]:
        """Return how many tokens the service says that it refused, by reason."""
        text = (await self._http.get(f"{self._address}/metrics")).text
        found = re.findall(r'^refused_tokens_total\{reason="([^"]+)"\} ([\d.e+]+)$', text, re.MULTILINE)
        return Counter({reason: int(float(number)) for reason, number in found})


def bearer(token: str) -> Headers:
    return [(b"Authorization", f"Bearer {token}".encode())]


@pytest_asyncio.fixture(loop_scope="module")
async def attackers(platform: RunningPlatform):
    """One attacker a service; at its end the service has counted each refusal under its reason, and no other."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        made = {service.name: Attacker(http, platform.ports.url(service.name)) for service in SERVICES}
        before = {name: await attacker.counted() for name, attacker in made.items()}
        yield made
        for name, attacker in made.items():
            assert await attacker.counted() - before[name] == attacker.told, name


async def test_a_token_made_by_hand_with_the_true_key_passes_so_that_what_follows_means_something(
    attackers: Mapping[str, Attacker], forge_for: Callable[[str], Awaitable[Forge]]
) -> None:
    for service, attacker in attackers.items():
        forge = await forge_for(service)
        for route in protected(service):
            answer = await attacker.ask(route, bearer(forge.signed()))
            assert answer.status_code != 401, (route, answer.text)


async def test_no_forgery_is_accepted_by_any_service(
    attackers: Mapping[str, Attacker],
    forge_for: Callable[[str], Awaitable[Forge]],
    what_is_written: Callable[[], Awaitable[dict[str, str]]],
    record_property: Callable[[str, object], None],
) -> None:
    before, sent = await what_is_written(), Counter[str]()
    for service, attacker in attackers.items():
        forge, requests = await forge_for(service), []
        for route, forgery in _attacks(service):
            requests.append(attacker.is_refused(route, bearer(forgery.make(forge)), forgery.reason, forgery.name))
        await asyncio.gather(*requests)
        sent[service] = len(requests)
    assert await what_is_written() == before
    for service, number in sent.items():
        routes = len(protected(service))
        line = f"{len(FORGERIES)} forged tokens, {service}: {number} requests to {routes} routes, 0 accepted, 0 errors"
        record_property("counted", line)


def _attacks(service: str) -> Iterator[tuple[str, Any]]:
    others = [route for route in protected(service) if route not in EVERY_FORGERY[service]]
    yield from ((route, forgery) for route in EVERY_FORGERY[service] for forgery in FORGERIES)
    for place, route in enumerate(others):
        yield from ((route, FORGERIES[(place * A_FEW + step) % len(FORGERIES)]) for step in range(A_FEW))


async def test_no_route_is_asked_that_is_not_there() -> None:
    for service, routes in EVERY_FORGERY.items():
        assert set(routes) <= set(protected(service))
    assert set(EVERY_FORGERY) == {service.name for service in SERVICES}


def presentations(forge: Forge) -> Iterator[tuple[str, str, Headers, dict[str, Any]]]:
    """Yield ways to bring a token that is good: (name, reason, headers, what else the request has)."""
    token = forge.signed()
    good = token.encode()
    twice = [(b"Authorization", b"Bearer " + good), (b"authorization", b"Bearer " + good)]
    yield "two headers", "presented-twice", twice, {}
    yield "a good and a bad header", "presented-twice", [*bearer(token), (b"Authorization", b"Bearer x.y.z")], {}
    yield (
        "a header for another scheme before it",
        "presented-twice",
        [(b"Authorization", b"Basic eDp5"), *twice[:1]],
        {},
    )
    yield "the scheme twice", "malformed", [(b"Authorization", b"Bearer Bearer " + good)], {}
    yield "a no-break space before it", "malformed", [(b"Authorization", b"Bearer \xa0" + good)], {}
    yield "a parameter beside it", "malformed", [(b"Authorization", b"Bearer " + good + b", realm=x")], {}
    schemes = (
        b"Basic",
        b"Token",
        b"DPoP",
        b"JWT",
        b"Bearer:",
        b"Bearer,",
        b"Bearer\t",
        b"Bearer\xa0",
        b"B\xd0\xb5arer",
    )
    for scheme in (*schemes, "Ｂｅａｒｅｒ".encode(), "Bea\u200drer".encode(), b"Bearer=", b"'Bearer'"):
        yield f"scheme {scheme!r}", "", [(b"Authorization", scheme + b" " + good)], {}
    yield "no space", "", [(b"Authorization", b"Bearer" + good)], {}
    yield "the token alone", "", [(b"Authorization", good)], {}
    yield "the scheme alone", "", [(b"Authorization", b"Bearer")], {}
    yield "an empty header", "", [(b"Authorization", b"")], {}
    yield "in the address", "", [], {"params": {"access_token": token, "token": token}}
    yield "in a form", "", [], {"json": None, "data": {"access_token": token}}
    yield "in the body", "", [], {"json": {"access_token": token}}
    yield "in a cookie", "", [(b"Cookie", b"access_token=" + good + b"; Authorization=Bearer " + good)], {}
    for name in (
        b"X-Authorization",
        b"X-Forwarded-Authorization",
        b"Proxy-Authorization",
        b"Authorisation",
        b"Authorization-",
    ):
        yield f"as {name!r}", "", [(name, b"Bearer " + good)], {}


async def test_a_good_token_that_is_brought_in_another_way_is_none(
    attackers: Mapping[str, Attacker],
    forge_for: Callable[[str], Awaitable[Forge]],
    what_is_written: Callable[[], Awaitable[dict[str, str]]],
) -> None:
    before = await what_is_written()
    for service, attacker in attackers.items():
        forge = await forge_for(service)
        for route in EVERY_FORGERY[service]:
            for name, reason, headers, more in presentations(forge):
                await attacker.is_refused(route, headers, reason, name, **more)
    assert await what_is_written() == before


async def test_to_who_asks_auth_no_forgery_is_active(
    platform: RunningPlatform, forge_for: Callable[[str], Awaitable[Forge]]
) -> None:
    forge = await forge_for("auth")

    async def asked(token: str) -> Any:
        return await platform.client.json(
            "POST", "auth", "/oauth/introspect", data={"token": token, **platform.machine}
        )

    assert (await asked(forge.signed()))["active"] is True
    for forgery in FORGERIES:
        answer = await platform.client.send(
            "POST", "auth", "/oauth/introspect", data={"token": forgery.make(forge), **platform.machine}
        )
        assert answer.status_code in {200, 422}, (forgery.name, answer.text)
        assert answer.json().get("active", False) is False, forgery.name
