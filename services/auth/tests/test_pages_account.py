"""One's own account on the pages: password, authenticator, recovery codes, sessions, consents; only after a fresh sign-in."""

from uuid import UUID

import httpx
import pyotp
import pytest
from sqlalchemy import insert

from auth.storage import tables
from shared.ids import new_id
from tests.support.browsing import Browser

PASSWORD, PHONE = "long and easy to keep in mind", "+380000000001"
OTHER_PASSWORD = "another good passphrase"


async def log_in(browser, login=PHONE, password=PASSWORD):
    await browser.open("/login")
    return await browser.submit(login=login, password=password, press="password")


@pytest.fixture
async def browser(office):
    """A browser of a citizen who is signed in."""
    browser = Browser(office.client)
    browser.account_id = UUID(await office.a_citizen(PHONE))
    await log_in(browser)
    return browser


def codes_on(page):
    [shown] = page.find("ul", class_="codes")
    return [element.text.strip() for element in page.find("li") if shown in element.parents]


async def enrol(office, browser):
    page = await browser.open("/account/totp")
    [secret] = page.find("p", class_="codes")
    page = await browser.submit(code=office.totp(secret.text.replace(" ", "")))
    assert page.title == "Recovery codes", page.text
    return secret.text.replace(" ", ""), codes_on(page)


async def test_a_new_password_is_good_and_ends_the_sessions_elsewhere(office, browser):
    async with office.from_elsewhere("192.0.2.7") as client:
        elsewhere = Browser(client)
        await log_in(elsewhere)
        await browser.open("/account/password")
        page = await browser.submit(password=OTHER_PASSWORD)
        assert (page.path, page.find("p", role="status")[0].text) == (
            "/account",
            "The password is saved. You are signed out on other devices.",
        )
        assert (await elsewhere.open("/account")).path == "/login"
    assert (await office.sign_in(PHONE, OTHER_PASSWORD)).status_code == 201
    assert (await office.sign_in(PHONE, PASSWORD)).status_code == 401


@pytest.mark.parametrize(("password", "words"), [("too short", "12 to 200"), ("passwordpassword", "easy to guess")])
async def test_a_bad_password_is_told_beside_its_field(office, browser, password, words):
    await browser.open("/account/password")
    page = await browser.submit(password=password)
    assert page.answer.status_code == 422
    assert words in page.find("p", id="password-error")[0].text
    assert password not in page.answer.text
    assert (await office.sign_in(PHONE, PASSWORD)).status_code == 201


@pytest.mark.parametrize("path", ["/account/password", "/account/totp", "/account/passkeys"])
async def test_what_changes_how_one_signs_in_needs_a_fresh_sign_in(office, browser, path):
    await browser.open(path)
    form = {"csrf": browser.page.find("input", name="csrf")[0].get("value"), "password": OTHER_PASSWORD}
    office.clock.advance(minutes=10)
    page = await browser.open(path)
    assert (page.path, page.text.startswith("Sign in Sign in again")) == ("/login", True)
    assert httpx.URL(page.url).params["next"] == path
    answer = await office.client.post(path, data=form)
    assert answer.headers["location"] == "/login?next=%2Faccount&again=1"
    assert (await browser.submit(login=PHONE, password=PASSWORD, press="password")).path == path


async def test_an_authenticator_is_enrolled_when_a_code_of_it_comes_back(office, browser):
    page = await browser.open("/account/totp")
    [image] = page.find("img")
    assert image.get("src").startswith("data:image/svg+xml")
    page = await browser.submit(code="000000")
    assert page.answer.status_code == 422
    [account] = await office.rows(tables.accounts)
    assert account.totp_sealed is None
    secret, codes = await enrol(office, browser)
    assert len(set(codes)) == 10
    assert pyotp.TOTP(secret)
    office.clock.advance(seconds=30)
    assert (await log_in(browser)).path == "/login/second-factor"
    assert (await browser.submit(code=office.totp(secret))).path == "/account"


async def test_a_citizen_may_take_the_authenticator_away(office, browser):
    secret, _ = await enrol(office, browser)
    office.clock.advance(seconds=30)
    await log_in(browser)
    page = await browser.submit(code=office.totp(secret))
    page = await browser.submit(form="remove")
    assert "The authenticator is removed." in page.text
    [account] = await office.rows(tables.accounts)
    assert account.totp_sealed is None
    assert (await log_in(browser)).path == "/account"


async def test_recovery_codes_are_shown_once_and_replace_those_of_before(office, browser):
    secret, before = await enrol(office, browser)
    office.clock.advance(seconds=30)
    await log_in(browser)
    await browser.submit(code=office.totp(secret))
    page = await browser.submit(form="recovery-codes")
    after = codes_on(page)
    assert len(after) == 10
    assert set(after).isdisjoint(before)
    shown_again = await browser.open("/account")
    assert after[0] not in shown_again.answer.text
    await log_in(browser)
    assert (await browser.submit(code=before[0])).answer.status_code == 422
    assert (await browser.submit(code=after[0])).path == "/account"


async def test_an_officer_cannot_be_without_an_authenticator(office):
    officer = await office.an_officer("representative")
    browser = Browser(office.client)
    await log_in(browser, "representative")
    page = await browser.submit(code=office.totp(officer.totp_secret))
    assert page.answer.status_code == 200, page.answer.text
    assert [form.get("action") for form in page.find("form") if form.get("action").endswith("/totp/remove")] == []
    own = page.find("input", name="csrf")[0].get("value")
    answer = await office.client.post("/account/totp/remove", data={"csrf": own})
    assert answer.status_code == 409
    rows = await office.rows(tables.accounts)
    assert rows[0].totp_sealed is not None


async def test_one_sees_ones_sessions_and_ends_them(office, browser):
    agent = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"}
    async with office.from_elsewhere("192.0.2.7") as client:
        elsewhere = Browser(client, headers=agent)
        await log_in(elsewhere)
        page = await browser.open("/account")
        assert "Chrome, Windows" in page.text
        page = await browser.submit(form="session")
        assert "You are signed out on that device." in page.text
        assert (await elsewhere.open("/account")).path == "/login"
    assert (await browser.open("/account")).path == "/account"


async def test_nobody_ends_a_session_of_somebody_else(office, browser):
    await office.a_citizen("+380000000002")
    async with office.from_elsewhere("192.0.2.7") as client:
        other = Browser(client)
        await log_in(other, "+380000000002")
        theirs = next(row for row in await office.rows(tables.sessions) if row.account_id != browser.account_id)
        await browser.open("/account/password")
        own = browser.page.find("input", name="csrf")[0].get("value")
        answer = await office.client.post("/account/sessions/end", data={"csrf": own, "session": str(theirs.id)})
        assert answer.headers["location"] == "/account"
        assert (await other.open("/account")).path == "/account"


async def test_a_consent_can_be_taken_back_and_the_tokens_of_the_client_end(office, browser):
    now = office.clock.now()
    [session] = await office.rows(tables.sessions)
    client = {
        "id": "a-shop",
        "name": "A <b>shop</b>",
        "auth_method": "none",
        "grant_types": ["authorization_code"],
        "scopes": ["openid", "email"],
        "resources": ["auth"],
        "redirect_uris": ["https://shop.example/back"],
        "post_logout_redirect_uris": [],
        "needs_consent": True,
        "created_at": now,
    }
    token = {
        "token_hash": b"t" * 32,
        "family_id": new_id(),
        "session_id": session.id,
        "client_id": "a-shop",
        "scope": "openid",
        "resources": ["auth"],
        "expires_at": now,
    }
    given = {"account_id": browser.account_id, "client_id": "a-shop", "scopes": ["openid", "email"], "given_at": now}
    async with office.by_hand() as connection:
        await connection.execute(insert(tables.clients).values(client))
        await connection.execute(insert(tables.consents).values(given))
        await connection.execute(insert(tables.refresh_tokens).values(token))
    page = await browser.open("/account")
    assert "A <b>shop</b>" in page.text
    assert "see your e-mail address" in page.text
    page = await browser.submit(form="client")
    assert "The consent is taken back." in page.text
    assert await office.rows(tables.consents) == []
    [token] = await office.rows(tables.refresh_tokens)
    assert token.revoked_at is not None
    assert ("consent-withdrawn", "done") in await office.trail()
