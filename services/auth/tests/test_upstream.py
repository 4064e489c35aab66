"""Signing in through another provider: a second instance of this very service, with its own database, keys and pages."""

import asyncio
import json
import socket
from base64 import b64encode
from contextlib import asynccontextmanager

import httpx
import pyotp
import pytest
import uvicorn
from pydantic import SecretStr
from sqlalchemy import insert

from auth.__main__ import SERVICE
from auth.app import create_app
from auth.storage import tables
from shared.ids import new_id
from tests.support.audit_watch import by_hand
from tests.support.browsing import Browser
from tests.support.eventually import eventually
from tests.support.tokens import ISSUER

PASSWORD, PHONE = "long and easy to keep in mind", "+380000000001"
SECRET = "the secret that both sides know, of 40 characters"
LOW, SUBSTANTIAL = (f"http://eidas.europa.eu/LoA/{level}" for level in ("low", "substantial"))


class Instance:
    """The second instance: its app, its address, and the people who have an account there."""

    def __init__(self, app, address, clock):
        self.app, self.address, self.clock = app, address, clock
        self.deps = app.state.dependencies
        self.secrets = {}

    async def a_person(self, login, name):
        account_id, secret = new_id(), pyotp.random_base32()
        row = {
            "id": account_id,
            "kind": "citizen",
            "language": "uk",
            "password_hash": await self.deps.passwords.hash(PASSWORD),
            "full_name_sealed": self.deps.cipher.encrypt(name.encode(), f"name:{account_id}"),
            "totp_sealed": self.deps.cipher.encrypt(secret.encode(), f"totp:{account_id}"),
            "identity_level": "substantial",
            "created_at": self.clock.now(),
        }
        login_row = {"login_hash": self.deps.cipher.lookup(f"login:{login}"), "account_id": account_id}
        async with by_hand(self.deps.database) as connection:
            await connection.execute(insert(tables.accounts).values(row))
            await connection.execute(insert(tables.logins).values(login_row))
        self.secrets[login] = secret

    async def a_client(self, client_id, redirect_uri):
        now = self.clock.now()
        row = {
            "id": client_id,
            "name": "Virtual Office",
            "auth_method": "client_secret",
            "grant_types": ["authorization_code"],
            "scopes": ["openid", "profile"],
            "resources": ["auth"],
            "redirect_uris": [redirect_uri],
            "post_logout_redirect_uris": [],
            "needs_consent": True,
            "created_at": now,
        }
        secret_hash = self.deps.cipher.lookup(f"client:{client_id}:{SECRET}")
        async with self.deps.database.transaction() as connection:
            await connection.execute(insert(tables.clients).values(row))
            secret = {"id": new_id(), "secret_hash": secret_hash, "client_id": client_id, "created_at": now}
            known = {name: value for name, value in secret.items() if name in tables.client_secrets.c}
            await connection.execute(insert(tables.client_secrets).values(known))

    async def log_in(self, browser, login):
        """Fill in this instance's own pages."""
        assert browser.page.url.startswith(f"{self.address}/login?")
        await browser.submit(login=login, password=PASSWORD, press="password")
        self.clock.advance(seconds=30)
        return await browser.submit(code=pyotp.TOTP(self.secrets[login]).at(int(self.clock.now().timestamp())))


@asynccontextmanager
async def served(app, listener):
    """Serve an app over real HTTP in this loop, its lifespan included."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve(sockets=[listener]))

    async def has_started():
        return server.started

    await eventually(has_started)
    yield
    server.should_exit = True
    await running


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
async def settings(settings, listener):
    """The settings of the first instance: the second is its provider."""
    declared = {
        "id": "bankid",
        "name": {"uk": "Тестова служба входу", "en": "Test sign-in service"},
        "issuer": f"http://127.0.0.1:{listener.getsockname()[1]}",
        "client_id": "virtual-office",
        "client_secret": SECRET,
        "acr_values": [SUBSTANTIAL],
        "levels": {LOW: "low", SUBSTANTIAL: "substantial"},
    }
    return settings.model_copy(update={"upstream_providers": SecretStr(json.dumps([declared]))})


@pytest.fixture
async def second(settings, databases, listener, clock):
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    own = {
        "database_url": SecretStr(await databases(SERVICE, "upstream")),
        "auth_issuer": address,
        "auth_url": address,
        "public_url": address,
        "field_keys": SecretStr(f"k1:{b64encode(b'F' * 32).decode()}"),
        "lookup_key": SecretStr(b64encode(b"L" * 32).decode()),
        "upstream_providers": SecretStr("[]"),
    }
    app = create_app(settings.model_copy(update=own), clock=clock)
    async with served(app, listener):
        instance = Instance(app, address, clock)
        await instance.a_client("virtual-office", f"{ISSUER}/login/upstream/bankid/callback")
        await instance.a_person("olena", "Зразкова Олена Тестівна")
        yield instance


@pytest.fixture
async def browser(office):
    """A browser that reaches both instances."""
    mounts = {ISSUER: httpx.ASGITransport(office.app)}
    async with httpx.AsyncClient(mounts=mounts, base_url=ISSUER) as client:
        yield Browser(client)


async def through(second, browser, login="olena"):
    """Go through the pages of the second instance, from its sign-in page to its consent."""
    page = await second.log_in(browser, login)
    if page.path == "/consent":
        assert "Virtual Office" in page.text
        assert ISSUER in page.text
        assert f"'self' {ISSUER}" in page.answer.headers["content-security-policy"]
        page = await browser.submit(form="consent", press="yes")
    return page


async def test_whoever_has_no_account_gets_one_for_the_identity_that_the_other_gives(office, second, browser):
    await browser.open("/login", next="/account?from=there")
    [link] = [a for a in browser.page.find("a") if a.text == "Test sign-in service"]
    await browser.open(link.get("href"))
    page = await through(second, browser)
    assert page.url == f"{ISSUER}/account?from=there"
    assert "Зразкова Олена Тестівна" in page.text
    [account] = await office.rows(tables.accounts)
    assert account.identity_level == "substantial"
    [session] = await office.rows(tables.sessions)
    assert session.acr == SUBSTANTIAL

    await browser.open("/logout")
    await browser.submit(form="logout")
    await browser.open("/login/upstream/bankid")
    assert browser.page.path == "/account"  # the other instance still knows the browser
    assert len(await office.rows(tables.accounts)) == 1


async def test_an_account_that_is_there_is_linked_only_by_its_holder(office, second, browser):
    account_id = await office.a_citizen(PHONE)
    await browser.open("/login")
    page = await browser.submit(login=PHONE, password=PASSWORD, press="password")
    targets = page.answer.headers["content-security-policy"].partition("form-action ")[2].partition(";")[0]
    assert targets.split() == ["'self'", second.address]
    await browser.submit(form="/account/identities/bankid")
    page = await through(second, browser)
    assert "The identity is linked." in page.text
    [account] = await office.rows(tables.accounts)
    assert (str(account.id), account.identity_level) == (account_id, "substantial")

    await browser.open("/logout")
    await browser.submit(form="logout")
    assert (await browser.open("/login/upstream/bankid")).path == "/account"
    live = [row for row in await office.rows(tables.sessions) if row.ended_at is None]
    assert [str(row.account_id) for row in live] == [account_id]

    page = await browser.submit(form="unlink")
    assert "The identity is unlinked." in page.text
    [account] = await office.rows(tables.accounts)
    assert account.identity_level == "low"
    assert await office.rows(tables.upstream_identities) == []
    assert [a for a, _ in await office.trail() if a.startswith("identity")] == [
        "identity-linked",
        "identity-level-raised",
        "identity-unlinked",
    ]


async def test_an_identity_of_somebody_else_cannot_be_linked(office, second, browser):
    await browser.open("/login/upstream/bankid")
    await through(second, browser)
    await browser.open("/logout")
    await browser.submit(form="logout")
    await office.a_citizen(PHONE)
    await browser.open("/login")
    await browser.submit(login=PHONE, password=PASSWORD, press="password")
    page = await browser.submit(form="/account/identities/bankid")
    assert (page.answer.status_code, page.title) == (409, "This identity is linked already")
    levels = {row.identity_level for row in await office.rows(tables.accounts)}
    assert levels == {"low", "substantial"}


async def test_the_only_way_in_is_not_taken_away(office, second, browser):
    await browser.open("/login/upstream/bankid")
    await through(second, browser)
    page = await browser.submit(form="unlink")
    assert (page.answer.status_code, page.title) == (409, "This is your only way in")
    assert len(await office.rows(tables.upstream_identities)) == 1


async def test_linking_needs_a_fresh_sign_in(office, second, browser):
    await office.a_citizen(PHONE)
    await browser.open("/login")
    await browser.submit(login=PHONE, password=PASSWORD, press="password")
    office.clock.advance(minutes=10)
    page = await browser.submit(form="/account/identities/bankid")
    assert page.url.startswith(f"{ISSUER}/login?next=%2Faccount&again=1")


async def test_a_link_that_was_begun_in_one_account_does_not_end_in_another(office, second, browser):
    await office.a_citizen(PHONE)
    await office.a_citizen("+380000000002")
    await browser.open("/login")
    await browser.submit(login=PHONE, password=PASSWORD, press="password")
    begun = await browser.send(form="/account/identities/bankid")
    await browser.open("/login")
    kept = browser.cookie("upstream")
    await browser.submit(login="+380000000002", password=PASSWORD, press="password")
    browser.client.cookies.set("upstream", kept, domain="auth.test")
    await browser.open(begun.headers["location"])
    page = await through(second, browser)
    assert page.answer.status_code == 400
    assert await office.rows(tables.upstream_identities) == []


async def test_somebody_who_says_no_there_is_told_so_here(office, second, browser):
    await browser.open("/login/upstream/bankid")
    page = await second.log_in(browser, "olena")
    assert page.path == "/consent"
    page = await browser.submit(form="consent", press="no")
    assert page.title == "Signing in was cancelled"
    assert await office.rows(tables.accounts) == []
