"""Auth under test: the app on real PostgreSQL; the codes it sends are taken by a stand-in for notifications."""

import asyncio
import re
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import orjson
import pyotp
import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from auth.__main__ import SERVICE
from auth.app import create_app
from auth.settings import AuthSettings
from auth.storage import tables
from auth.use_cases.provision import Declaration, provision
from dev.topology import by_name
from shared.http import build_http_client
from shared.ids import new_id
from shared.tokens import TokenVerifier
from tests.support.apps import client_for
from tests.support.audit_watch import by_hand, private_in_the_trail, watch
from tests.support.tokens import ISSUER

PASSWORD = "long and easy to keep in mind"
CLIENT_SECRET = "s" * 40
CENTRE, OTHER_CENTRE = "cnap-dnipro", "cnap-nikopol"
AGENCY, OTHER_AGENCY = "municipal-registrar--dnipro", "municipal-registrar--nikopol"
KINDS = {
    CENTRE: "service-centre",
    OTHER_CENTRE: "service-centre",
    AGENCY: "executive-agency",
    OTHER_AGENCY: "executive-agency",
}


class CodeBox:
    """Takes codes as notifications does: only from a client whose token is for it and has the scope."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.down_for: set[str] = set()
        self.refused: set[str] = set()
        self.verifier: TokenVerifier | None = None

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/v1/codes", self.take, methods=["POST"])])

    async def take(self, request: Request) -> Response:
        body = await request.json()
        if body["channel"] in self.down_for:
            return Response(status_code=503)
        if body["channel"] in self.refused:
            return Response(status_code=422)
        claims = await self.verifier.verify(request.headers["authorization"].removeprefix("Bearer "))
        if "notifications:codes" not in claims.scopes:
            return Response(status_code=403)
        self.taken.append(body)
        return Response(status_code=202)

    def latest(self) -> dict[str, str]:
        """Return the last code of each channel, as the confirmation wants them."""
        return {f"{code['channel']}_code": code["code"] for code in self.taken}


@dataclass(frozen=True)
class Officer:
    """An officer as the one who appointed them knows them."""

    account_id: str
    mandate_id: str
    login: str
    totp_secret: str
    recovery_codes: list[str] = field(default_factory=list)


class TestKeysToo:
    """The keys of the app under test, and the key of the test's own tokens."""

    __test__ = False

    def __init__(self, of_tests: Any) -> None:
        self._of_tests = of_tests
        self.own: Any = None

    async def find(self, kid: str) -> Mapping[str, Any] | None:
        return await self._of_tests.find(kid) or await self.own.find(kid)


@dataclass
class Office:
    """The app under test and what surrounds it."""

    app: Any
    client: httpx.AsyncClient
    clock: Any
    tokens: Any
    settings: AuthSettings
    codes: CodeBox = field(default_factory=CodeBox)

    @property
    def deps(self) -> Any:
        return self.app.state.dependencies

    async def rows(self, table: Any) -> list[Any]:
        async with self.deps.database.reading() as connection:
            return list((await connection.execute(select(table))).all())

    def by_hand(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction in which a test writes what no use case does."""
        return by_hand(self.deps.database)

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the outbox without the audit trail: (type without its prefix, data)."""
        rows = sorted(await self.rows(tables.outbox), key=lambda row: row.position)
        told = [(row.type.removeprefix("ua.virtual-office.auth."), orjson.loads(row.data)) for row in rows]
        return [(kind, data) for kind, data in told if kind != "recorded.v1"]

    async def trail(self) -> list[tuple[str, str]]:
        """Return the audit trail: (action, outcome), in order."""
        rows = sorted(await self.rows(tables.audit_log), key=lambda row: row.position)
        return [(row.action, row.outcome) for row in rows]

    async def dump(self) -> str:
        """Return every row of every table as text, bytes in hexadecimal."""
        async with self.deps.database.reading() as connection:
            lines = [
                str(line)
                for table in tables.metadata.tables
                for line in (await connection.execute(text(f'SELECT t::text FROM "{table}" t'))).scalars()  # noqa: S608
            ]
        return "\n".join(lines)

    async def register(self, *, key: str | None = None, **body: Any) -> httpx.Response:
        wanted = {"password": PASSWORD, **body}
        return await self.client.post(
            "/v1/accounts", json=wanted, headers={"Idempotency-Key": key or f"register-{new_id()}"}
        )

    async def confirm(self, registration: httpx.Response, **codes: str) -> httpx.Response:
        return await self.client.post(
            f"/v1/accounts/{registration.json()['registration_id']}/confirm", json=codes or self.codes.latest()
        )

    async def a_citizen(self, phone: str = "+380000000001") -> str:
        self.codes.taken.clear()
        answer = await self.confirm(await self.register(phone=phone))
        assert answer.status_code == 201, answer.text
        return answer.json()["account_id"]

    def headers(self, **bearer: Any) -> dict[str, str]:
        return self.tokens.headers(**bearer)

    def operator(self) -> dict[str, str]:
        return self.headers(scopes=["operator"])

    def head(self, organisation: str = AGENCY) -> dict[str, str]:
        role = "head_of_service_centre" if KINDS[organisation] == "service-centre" else "head_of_executive_agency"
        return self.headers(role=role, organisation=organisation)

    async def appoint(
        self, headers: dict[str, str], *, key: str | None = None, role: str, organisation: str, **body: Any
    ) -> httpx.Response:
        times = {name: body.pop(name) for name in ("valid_from", "valid_to") if name in body}
        wanted = {
            "login": f"officer.{new_id()}",
            "full_name": "Зразкова Марія Тестівна",
            "mandate": {"role": role, "organisation": organisation, **times},
            **body,
        }
        idempotency = {"Idempotency-Key": key or f"appoint-{new_id()}"}
        return await self.client.post("/v1/officers", json=wanted, headers=headers | idempotency)

    async def an_officer(self, login: str = "representative", organisation: str = AGENCY) -> Officer:
        role = "agency_representative" if KINDS[organisation] == "executive-agency" else "service_centre_administrator"
        answer = await self.appoint(self.head(organisation), login=login, role=role, organisation=organisation)
        assert answer.status_code == 201, answer.text
        body = answer.json()
        secret, codes = await self.activate(login, body["activation_code"])
        return Officer(body["account_id"], body["mandate_id"], login, secret, codes)

    async def activate(self, login: str, code: str, password: str = PASSWORD) -> tuple[str, list[str]]:
        """Set password and second factor as an officer does; return the secret and the recovery codes."""
        begun = await self.begin_activation(login, code, password)
        assert begun.status_code == 200, begun.text
        secret = secret_of(begun.json()["totp_uri"])
        # the code of half a minute ago: that of now is left for signing in
        done = await self.confirm_activation(login, code, self.totp(secret, steps=-1))
        assert done.status_code == 201, done.text
        return secret, done.json()["recovery_codes"]

    async def begin_activation(self, login: str, code: str, password: str = PASSWORD) -> httpx.Response:
        body = {"login": login, "activation_code": code, "password": password}
        return await self.client.post("/v1/officers/activate", json=body)

    async def confirm_activation(self, login: str, code: str, totp: str) -> httpx.Response:
        body = {"login": login, "activation_code": code, "totp": totp}
        return await self.client.post("/v1/officers/activate/confirm", json=body)

    def totp(self, secret: str, *, steps: int = 0) -> str:
        """Return the code that an authenticator shows now, or some steps of 30 seconds from now."""
        return pyotp.TOTP(secret).at(int(self.clock.now().timestamp()) + 30 * steps)

    async def sign_in(self, login: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        return await self.client.post("/v1/sessions", json={"login": login, "password": password, **more})

    async def sign_in_officer(self, officer: Officer) -> httpx.Response:
        return await self.sign_in(officer.login, totp=self.totp(officer.totp_secret))

    async def enter(self, login: str, **more: Any) -> dict[str, Any]:
        """Sign in; return the session, with the `headers` of requests in it."""
        answer = await self.sign_in(login, **more)
        assert answer.status_code == 201, answer.text
        return answer.json() | {"headers": bearer_of(answer.json())}

    async def enter_officer(self, officer: Officer) -> dict[str, Any]:
        return await self.enter(officer.login, totp=self.totp(officer.totp_secret))

    async def refresh(self, refresh_token: str) -> httpx.Response:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self.client.post("/oauth/token", data=form)

    async def client_token(self, client_id: str = "auth", secret: str = CLIENT_SECRET, **form: str) -> httpx.Response:
        wanted = {"grant_type": "client_credentials", "resource": "notifications", **form}
        return await self.client.post("/oauth/token", data=wanted, auth=(quote(client_id, safe=""), secret))

    @asynccontextmanager
    async def from_elsewhere(self, address: str) -> AsyncIterator[httpx.AsyncClient]:
        """Yield a client whose requests come from another address."""
        transport = httpx.ASGITransport(self.app, client=(address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
            yield client


def bearer_of(session: Mapping[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['access_token']}"}


def secret_of(totp_uri: str) -> str:
    return parse_qs(urlsplit(totp_uri).query)["secret"][0]


def is_problem(answer: httpx.Response, status: int, slug: str) -> bool:
    """Tell whether the answer is this problem, as RFC 9457 has it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert re.fullmatch(rf"{ISSUER}/problems/{slug}", answer.json()["type"]), answer.text
    return True


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch):
    """Argon2id as ever, at the least cost: these tests hash hundreds of passwords."""
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr("auth.use_cases.dependencies.PasswordHasher", cheap)


@pytest.fixture
async def settings(databases, service_databases) -> AuthSettings:
    url, server = await databases(SERVICE), service_databases.server
    await watch(server.url(by_name(SERVICE.name).database, server.superuser, server.password))
    return AuthSettings(
        database_url=url,
        kafka_bootstrap_servers="127.0.0.1:9",
        auth_issuer=ISSUER,
        auth_url=ISSUER,
        public_url=ISSUER,
        client_id="auth",
        client_secret=CLIENT_SECRET,
        field_keys=f"k1:{b64encode(b'f' * 32).decode()}",
        lookup_key=b64encode(b"l" * 32).decode(),
        notifications_url="http://notifications.test",
    )


@pytest.fixture
async def office(settings, clock, tokens) -> AsyncIterator[Office]:
    """The app with its own client and four organisations, reached over HTTP by the test, by itself and by the stand-in."""
    codes = CodeBox()

    async def itself(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    apps = {ISSUER: itself, settings.notifications_url: codes.app()}
    http = build_http_client(mounts={url: httpx.ASGITransport(asgi) for url, asgi in apps.items()})
    keys = TestKeysToo(tokens.keys)
    app = create_app(settings, clock=clock, http=http, keys=keys)
    keys.own = app.state.dependencies.keys
    codes.verifier = TokenVerifier(keys.own, issuer=ISSUER, audience="notifications", clock=clock)
    async with client_for(app, ISSUER) as client:
        office = Office(app, client, clock, tokens, settings, codes)
        own = {"client_id": "auth", "secret": CLIENT_SECRET, "scopes": ["notifications:codes"]}
        await provision(office.deps, Declaration(clients=[own]))
        known = [{"id": name, "kind": kind, "is_active": True} for name, kind in KINDS.items()]
        async with office.deps.database.transaction() as connection:
            await connection.execute(insert(tables.organisations).values(known))
        yield office
        assert await private_in_the_trail(office.deps.database, PASSWORD, CLIENT_SECRET) == {}


@pytest.fixture
def problem():
    """The check that an answer is one named problem."""
    return is_problem


@pytest.fixture
def command(settings):
    """Run `python -m auth …` as the operations team does; return its exit code and what it said."""

    async def run(*arguments, stdin="", settings=settings):
        values = {
            name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            for name, value in settings.model_dump(exclude_none=True, warnings=False).items()
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "auth", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={name.upper(): value for name, value in values.items()},
        )
        output, _ = await process.communicate(stdin.encode())
        return process.returncode, output.decode()

    return run
