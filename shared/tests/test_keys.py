"""The issuer's keys: fetched when needed, kept through its absence, asked for anew seldom however many ask."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.http import PeerUnavailable
from shared.keys import RemoteKeys
from shared.tokens import TokenRefused, TokenVerifier
from tests.support.clock import SettableClock
from tests.support.eventually import eventually
from tests.support.tokens import ISSUER, SigningKey, TestIssuer, a_signing_key


class Issuer:
    """Publishes keys, or fails in the way it is told."""

    def __init__(self, *keys: SigningKey) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.answer: Response | None = None
        self.hold = asyncio.Event()
        self.hold.set()
        self.app = Starlette(routes=[Route("/jwks.json", self._jwks)])

    async def _jwks(self, request: Request) -> Response:
        assert request.headers["cache-control"] == "no-cache"  # a cache between would keep withdrawn keys
        self.asked += 1
        await self.hold.wait()
        return self.answer or JSONResponse({"keys": [dict(key.jwk) for key in self.keys]})


class Seconds:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


OLD, NEW = a_signing_key("old"), a_signing_key("new")


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(OLD)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
async def keys(issuer: Issuer, seconds: Seconds) -> AsyncIterator[RemoteKeys]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(issuer.app)) as http:
        yield RemoteKeys(http, "http://auth.test/jwks.json", monotonic=seconds)


async def test_keys_are_fetched_when_first_needed_and_kept(keys: RemoteKeys, issuer: Issuer, seconds: Seconds) -> None:
    assert issuer.asked == 0
    for _ in range(5):
        seconds.now += 10
        assert await keys.find("old") == OLD.jwk
    assert issuer.asked == 1


async def test_a_key_that_is_not_known_yet_is_asked_for(keys: RemoteKeys, issuer: Issuer, seconds: Seconds) -> None:
    await keys.find("old")
    issuer.keys = [OLD, NEW]
    seconds.now += 3

    assert await keys.find("new") == NEW.jwk
    assert await keys.find("old") == OLD.jwk
    assert issuer.asked == 2


async def test_made_up_key_ids_do_not_make_the_issuer_work(keys: RemoteKeys, issuer: Issuer, seconds: Seconds) -> None:
    for number in range(100):
        seconds.now += 0.1
        assert await keys.find(f"made-up-{number}") is None
    assert issuer.asked <= 6


async def test_many_who_ask_at_once_make_one_request(keys: RemoteKeys, issuer: Issuer) -> None:
    assert await asyncio.gather(*[keys.find("old") for _ in range(50)]) == [OLD.jwk] * 50
    assert issuer.asked == 1


async def test_a_withdrawn_key_is_forgotten_with_the_next_refresh_within_a_minute(
    keys: RemoteKeys, issuer: Issuer, seconds: Seconds
) -> None:
    await keys.find("old")
    issuer.keys = [NEW]
    seconds.now += 51
    assert await keys.find("old") is None


@pytest.mark.parametrize(
    "answer",
    [Response(status_code=503), Response("<html>"), JSONResponse([]), JSONResponse({"keys": [{}]}),
     JSONResponse({"keys": [7]}), JSONResponse({"keys": [{"kid": []}]}), JSONResponse({"keys": None})],
)  # fmt: skip
async def test_while_the_issuer_fails_known_keys_stay_good_and_it_is_asked_seldom(
    answer: Response, keys: RemoteKeys, issuer: Issuer, seconds: Seconds
) -> None:
    await keys.find("old")
    issuer.answer = answer
    seconds.now += 51
    for _ in range(100):
        seconds.now += 0.1
        assert await keys.find("old") == OLD.jwk
        with pytest.raises(PeerUnavailable):
            await keys.find("made-up")
    assert issuer.asked <= 7

    issuer.answer, issuer.keys = None, [OLD, NEW]
    seconds.now += 3
    assert await keys.find("new") == NEW.jwk
    assert await keys.find("made-up") is None


async def test_no_token_is_called_bad_before_the_issuer_could_be_asked(
    keys: RemoteKeys, issuer: Issuer, seconds: Seconds, clock: SettableClock
) -> None:
    verifier, token = (
        TokenVerifier(keys, issuer=ISSUER, audience="catalog", clock=clock),
        TestIssuer(clock, OLD).token(),
    )
    issuer.answer = Response(status_code=503)
    for _ in range(2):
        with pytest.raises(PeerUnavailable):
            await verifier.verify(token)
    issuer.answer = None
    seconds.now += 3
    await verifier.verify(token)


async def test_while_the_issuer_hangs_bearers_of_known_keys_do_not_wait_for_it(
    keys: RemoteKeys, issuer: Issuer, seconds: Seconds
) -> None:
    await keys.find("old")
    seconds.now += 51
    issuer.hold.clear()
    first = asyncio.create_task(keys.find("old"))
    await eventually(lambda: _was_asked(issuer, 2))
    try:
        async with asyncio.timeout(1):
            assert await asyncio.gather(*[keys.find("old") for _ in range(20)]) == [OLD.jwk] * 20
    finally:
        issuer.hold.set()
        assert await first == OLD.jwk


async def _was_asked(issuer: Issuer, times: int) -> bool:
    return issuer.asked >= times


async def test_a_remembered_token_is_refused_once_its_key_is_withdrawn(
    keys: RemoteKeys, issuer: Issuer, seconds: Seconds, clock: SettableClock
) -> None:
    verifier = TokenVerifier(keys, issuer=ISSUER, audience="catalog", clock=clock)
    token = TestIssuer(clock, OLD).token()
    await verifier.verify(token)
    issuer.keys = [NEW]
    await verifier.verify(token)
    seconds.now += 51
    for _ in range(2):
        with pytest.raises(TokenRefused, match="unknown-key"):
            await verifier.verify(token)


async def test_a_token_signed_with_the_next_key_is_taken_and_one_of_a_stranger_is_not(
    keys: RemoteKeys, issuer: Issuer, seconds: Seconds, clock: SettableClock
) -> None:
    verifier = TokenVerifier(keys, issuer=ISSUER, audience="catalog", clock=clock)
    await verifier.verify(TestIssuer(clock, OLD).token())
    issuer.keys = [NEW]
    seconds.now += 3
    await verifier.verify(TestIssuer(clock, NEW).token())
    for stranger in (a_signing_key("new"), a_signing_key("stranger")):
        with pytest.raises(TokenRefused):
            await verifier.verify(TestIssuer(clock, stranger).token())
