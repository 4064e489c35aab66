"""A client that people sign in to, and the browser of somebody who is signed in, as both meet auth over HTTP."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import httpx
import pytest

from auth.use_cases.sessions import Proved, open_session
from shared.ids import new_id

OPERATOR = "0198f2c0-7b1a-7c3d-8e4f-5a6b7c8d9e0f"
REDIRECT = "https://portal.test/signed-in"
PORTAL = {
    "client_id": "portal",
    "name": "Portal",
    "kind": "web-confidential",
    "scopes": ["openid", "profile", "phone", "email", "offline_access"],
    "redirect_uris": [REDIRECT],
    "post_logout_redirect_uris": ["https://portal.test/bye"],
}


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def answer_of(response: httpx.Response) -> dict[str, str]:
    """Return what a browser brings back to a client; each parameter once."""
    assert response.status_code == 303, response.text
    pairs = parse_qsl(urlsplit(response.headers["location"]).query)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@dataclass
class RelyingParty:
    """One client and the browser in front of it."""

    office: Any
    client_id: str
    secret: str | None
    redirect_uri: str
    browser: httpx.AsyncClient
    verifier: str = field(default_factory=lambda: token_urlsafe(48))

    def parameters(self, **changes: Any) -> dict[str, Any]:
        """Return a request that is right; a change to None leaves the parameter out."""
        right = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid profile offline_access",
            "state": "state-of-the-client",
            "nonce": "nonce-of-the-client",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (right | changes).items() if value is not None}

    async def ask(self, **changes: Any) -> httpx.Response:
        return await self.browser.get("/oauth/authorize", params=self.parameters(**changes))

    async def code(self, **changes: Any) -> str:
        response = await self.ask(**changes)
        answer = answer_of(response)
        assert "code" in answer, (response.headers["location"], answer)
        return answer["code"]

    def proof(self) -> dict[str, str]:
        return {"client_id": self.client_id, **({"client_secret": self.secret} if self.secret else {})}

    async def redeem(self, code: str, **changes: Any) -> httpx.Response:
        right = {"code": code, "redirect_uri": self.redirect_uri, "code_verifier": self.verifier, **self.proof()}
        return await self.post("token", grant_type="authorization_code", **(right | changes))

    async def refresh(self, refresh_token: str, **changes: Any) -> httpx.Response:
        right = {"refresh_token": refresh_token, **self.proof()}
        return await self.post("token", grant_type="refresh_token", **(right | changes))

    async def tokens(self, **changes: Any) -> dict[str, Any]:
        answer = await self.redeem(await self.code(**changes))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, endpoint: str, **form: Any) -> httpx.Response:
        wanted = {name: value for name, value in form.items() if value is not None}
        return await self.office.client.post(f"/oauth/{endpoint}", data=wanted)


@pytest.fixture
def create(office):
    """Create a client as the operator does; return the answer."""

    async def do(body, *, key=None, **changes):
        headers = office.headers(subject=OPERATOR, scopes=["operator"])
        headers["Idempotency-Key"] = key or f"client-{new_id()}"
        return await office.client.post("/v1/clients", json=body | changes, headers=headers)

    return do


@pytest.fixture
async def party(office, create):
    """Make a client that people sign in to, with a browser of its own."""
    browsers = []

    async def make(body=PORTAL, **changes) -> RelyingParty:
        answer = await create(body, **changes)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        browser = httpx.AsyncClient(transport=httpx.ASGITransport(office.app), base_url=office.client.base_url)
        browsers.append(browser)
        redirect = made["redirect_uris"][0]
        return RelyingParty(office, made["client_id"], made["client_secret"], redirect, browser)

    yield make
    for browser in browsers:
        await browser.aclose()


@pytest.fixture
def enter(office):
    """Let somebody sign in, in a browser; return the session's id."""

    async def do(browser, account_id, methods=("pwd", "otp")) -> UUID:
        proved = Proved(UUID(str(account_id)), tuple(methods))
        async with office.deps.database.transaction() as connection:
            opened = await open_session(office.deps, connection, proved, in_browser=True)
        browser.cookies.set("session", opened.cookie)
        return opened.session_id

    return do


@pytest.fixture
async def portal(office, party, enter):
    """The portal, with a citizen signed in before it."""
    made = await party()
    made.account_id = await office.a_citizen()
    made.session_id = await enter(made.browser, made.account_id)
    return made


@pytest.fixture
def refused():
    """The check that an answer is an OAuth error (RFC 6749 §5.2) and brings nothing."""

    def check(answer: httpx.Response, error: str, status: int = 400) -> bool:
        assert (answer.status_code, answer.json().get("error")) == (status, error), answer.text
        assert set(answer.json()) == {"error", "error_description"}
        assert answer.headers["cache-control"] == "no-store"
        return True

    return check
