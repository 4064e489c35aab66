"""Signing keys change while everybody works: nobody's good token is refused, and a withdrawn key's tokens soon are."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from jose import jwt

from auth.use_cases.rotate_keys import rotate_keys
from auth.use_cases.withdraw_key import withdraw_key
from dev import demo_logins
from dev.ports import free_ports
from dev.run_folder import RunFolder
from shared.ids import new_id
from tests.support.databases import ServiceDatabases
from tests.support.eventually import eventually
from tests.support.platform import RunningPlatform, platform_in_process

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.kafka]

AHEAD_SECONDS = 5  # the least that the setting allows; six minutes otherwise
REFRESH_SECONDS = 4.0  # fifty otherwise
ROTATIONS = 3
# a route of each service that any person's good token opens
READS = {
    "auth": "/v1/me",
    "catalog": "/v1/my-public-services",
    "applications": "/v1/applications",
    "registry-gateway": "/v1/registers",
    "notifications": "/v1/me/messages",
}
MACHINE_READS = {
    "applications": "/v1/applications",
    "registry-gateway": "/v1/registers",
    "notifications": f"/v1/notifications?application_id={new_id()}",
}
# what a citizen may not see in the catalogue is refused for who they are, not for their token
GOOD = {"catalog": 403}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    service_databases: ServiceDatabases, kafka_servers: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningPlatform]:
    folder = RunFolder(tmp_path_factory.mktemp("platform"))
    ahead = {"key_publish_ahead_seconds": AHEAD_SECONDS}
    with pytest.MonkeyPatch.context() as shortened:
        shortened.setattr("shared.keys.REFRESH_SECONDS", REFRESH_SECONDS)
        async with platform_in_process(service_databases, kafka_servers, folder, free_ports(), **ahead) as running:
            yield running


class Clients:
    """Two who work all the time: one signs in over and over and uses each service, one is a machine with its own secret."""

    def __init__(self, platform: RunningPlatform, http: httpx.AsyncClient) -> None:
        self._platform = platform
        self._http = http  # repeats nothing: an answer is counted as it is
        self.answers: Counter[tuple[str, int]] = Counter()
        self.signed_by: Counter[str] = Counter()
        self.tokens: list[str] = []

    async def person(self, refresh_token: str) -> None:
        """Renew the session again and again; each token is used with every service, and so is one a little older."""
        while True:
            form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
            renewed = await self._tokens(form)
            refresh_token = renewed["refresh_token"]
            latest = self.tokens[-20::19]
            await asyncio.gather(*(self._use(name, READS[name], token) for name in READS for token in latest))

    async def machine(self) -> None:
        """Ask for a token for each service again and again, and use it there."""
        while True:
            for name, path in MACHINE_READS.items():
                tokens = await self._tokens(
                    {"grant_type": "client_credentials", "resource": name, **self._platform.machine}
                )
                await self._use(f"machine: {name}", path, tokens["access_token"])

    async def _tokens(self, form: dict[str, str]) -> dict[str, str]:
        answer = await self._http.post(self._platform.ports.url("auth") + "/oauth/token", data=form)
        self.answers["token", answer.status_code] += 1
        tokens: dict[str, str] = answer.json()
        if "refresh_token" in tokens:
            self.tokens.append(tokens["access_token"])
        self.signed_by[jwt.get_unverified_header(tokens["access_token"])["kid"]] += 1
        return tokens

    async def _use(self, name: str, path: str, token: str) -> None:
        url = self._platform.ports.url(name.removeprefix("machine: ")) + path
        answer = await self._http.get(url, headers={"Authorization": f"Bearer {token}"})
        self.answers[name, answer.status_code] += 1

    def failed(self) -> dict[tuple[str, int], int]:
        return {(name, status): n for (name, status), n in self.answers.items() if status != GOOD.get(name, 200)}


async def test_no_request_fails_while_keys_are_rotated(
    platform: RunningPlatform, record_property: Callable[[str, object], None]
) -> None:
    logins = demo_logins.read(platform.folder)
    session = await platform.client.json("POST", "auth", "/v1/sessions", json=_credentials(logins["citizen"]))
    http = httpx.AsyncClient(timeout=30, trust_env=False)
    clients = Clients(platform, http)
    working = [asyncio.create_task(clients.person(session["refresh_token"])), asyncio.create_task(clients.machine())]
    try:
        async with platform.auth() as deps:
            for _ in range(ROTATIONS):
                following = await rotate_keys(deps)
                await eventually(_signs(clients, following), timeout=AHEAD_SECONDS + 10)
    finally:
        for task in working:
            task.cancel()
        ended = await asyncio.gather(*working, return_exceptions=True)
        await http.aclose()
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in ended), ended
    total, keys, failed = sum(clients.answers.values()), len(clients.signed_by), sum(clients.failed().values())
    record_property("counted", f"{ROTATIONS} rotations: {total} requests with tokens of {keys} keys, {failed} failed")
    assert clients.failed() == {}
    assert len(clients.signed_by) == ROTATIONS + 1
    assert {name for name, _ in clients.answers} == {"token", *READS, *(f"machine: {name}" for name in MACHINE_READS)}


def _signs(clients: Clients, kid: str) -> Callable[[], Any]:
    async def probe() -> bool:
        return clients.signed_by[kid] >= 5

    return probe


def _credentials(login: Any) -> dict[str, str]:
    return {"login": login["login"], "password": login["password"]}


async def test_a_withdrawn_key_is_refused_by_every_service_at_the_next_refresh_and_new_tokens_are_good(
    platform: RunningPlatform,
) -> None:
    citizen = _credentials(demo_logins.read(platform.folder)["citizen"])

    async def a_token() -> str:
        session = await platform.client.json("POST", "auth", "/v1/sessions", json=citizen)
        return str(session["access_token"])

    stolen = await a_token()
    kid = jwt.get_unverified_header(stolen)["kid"]
    for name, path in READS.items():
        assert (await platform.client.send("GET", name, path, token=stolen)).status_code == GOOD.get(name, 200)
    async with platform.auth() as deps:
        await withdraw_key(deps, kid)

    async def everywhere(token: str, status: int | None) -> bool:
        answers = {
            name: (await platform.client.send("GET", name, path, token=token)).status_code
            for name, path in READS.items()
        }
        return answers == {name: status or GOOD.get(name, 200) for name in READS}

    async def another_signs() -> str | None:
        token = await a_token()
        return token if jwt.get_unverified_header(token)["kid"] != kid else None

    fresh = await eventually(another_signs)
    assert await eventually(lambda: everywhere(fresh, None))
    assert await eventually(lambda: everywhere(stolen, 401), timeout=REFRESH_SECONDS + 5)
