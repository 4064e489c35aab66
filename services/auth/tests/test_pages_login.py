"""Signing in on the pages, without JavaScript: what leads in, what does not, and what nobody learns on the way."""

import statistics
import time
from contextlib import contextmanager
from functools import partial

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import event, insert

from auth.api.browser import local_path
from auth.storage import tables
from tests.support.browsing import Browser
from tests.support.tokens import ISSUER

PASSWORD = "long and easy to keep in mind"
PHONE, UNKNOWN = "+380000000001", "+380000000002"


@pytest.fixture
def browser(office):
    return Browser(office.client)


@contextmanager
def work_of(office):
    """Yield what is done meanwhile that costs: statements of the database and checks of passwords."""
    engine, told = office.deps.database.engine.sync_engine, []
    passwords, matches = office.deps.passwords, office.deps.passwords.matches

    def hear(_connection, _cursor, statement, *_rest):
        told.append(statement)

    async def heard(*arguments):
        told.append("a password is checked")
        return await matches(*arguments)

    event.listen(engine, "before_cursor_execute", hear)
    passwords.matches = heard
    yield told
    event.remove(engine, "before_cursor_execute", hear)
    del passwords.matches


async def log_in(browser, login=PHONE, password=PASSWORD, next_path=""):
    await browser.open("/login", **({"next": next_path} if next_path else {}))
    return await browser.submit(login=login, password=password, press="password")


async def sessions(office):
    return sorted(await office.rows(tables.sessions), key=lambda row: row.signed_in_at)


async def test_a_password_leads_in_and_on_to_where_the_browser_wanted_to_go(office, browser):
    account_id = await office.a_citizen(PHONE)
    page = await log_in(browser, next_path="/account?from=here")
    assert (page.path, page.title, page.url.partition("?")[2]) == ("/account", "My account", "from=here")
    [session] = await sessions(office)
    assert (str(session.account_id), session.amr) == (account_id, ["pwd"])
    assert session.cookie_hash == office.deps.cipher.lookup(f"session:{browser.cookie('session')}")


async def test_a_code_leads_in_without_a_password(office, browser):
    await office.a_citizen(PHONE)
    await browser.open("/login", next="/logout")
    page = await browser.submit(login="000 000 00 01", press="code")
    assert page.path == "/login/code"
    sent = office.codes.taken[-1]
    assert (sent["to"], sent["purpose"]) == (PHONE, "sign-in")
    page = await browser.submit(code=f"{sent['code'][:3]} {sent['code'][3:]}")
    assert page.path == "/logout"
    [session] = await sessions(office)
    assert session.amr == ["sms"]


async def test_a_wrong_code_is_told_and_can_be_tried_again(office, browser):
    await office.a_citizen(PHONE)
    await browser.open("/login")
    await browser.submit(login=PHONE, press="code")
    page = await browser.submit(code="000000" if office.codes.taken[-1]["code"] != "000000" else "111111")
    assert (page.answer.status_code, page.path) == (422, "/login/code")
    assert page.find("a", href="#code")
    page = await browser.submit(code=office.codes.taken[-1]["code"])
    assert page.path == "/account"


async def test_an_officer_gives_the_second_factor_before_there_is_a_session(office, browser):
    officer = await office.an_officer("representative")
    page = await log_in(browser, "representative")
    assert page.path == "/login/second-factor"
    assert await sessions(office) == []
    page = await browser.submit(code="wrong")
    assert page.answer.status_code == 422
    assert await sessions(office) == []
    page = await browser.submit(code=office.totp(officer.totp_secret))
    assert page.path == "/account"
    [session] = await sessions(office)
    assert session.amr == ["pwd", "otp"]


async def test_a_recovery_code_stands_in_for_the_authenticator_once(office, browser):
    officer = await office.an_officer("representative")
    await log_in(browser, "representative")
    page = await browser.submit(code=officer.recovery_codes[0])
    assert page.path == "/account"
    await log_in(browser, "representative")
    page = await browser.submit(code=officer.recovery_codes[0])
    assert page.answer.status_code == 422


async def test_the_second_step_of_one_browser_is_of_no_use_in_another(office, browser):
    officer = await office.an_officer("representative")
    await log_in(browser, "representative")
    stolen = browser.cookie("second-factor")
    async with office.from_elsewhere("192.0.2.7") as client:
        thief = Browser(client)
        await thief.open("/login")
        client.cookies.set("second-factor", stolen)
        assert (await thief.open("/login/second-factor")).path == "/login"
    office.clock.advance(minutes=10)
    page = await browser.submit(code=office.totp(officer.totp_secret))
    assert page.path == "/login"


async def test_every_sign_in_has_a_session_of_its_own_and_ends_the_one_before(office, browser):
    await office.a_citizen(PHONE)
    office.client.cookies.set("session", "chosen-by-somebody-else", domain="auth.test")
    await log_in(browser)
    first = browser.cookie("session")
    assert first != "chosen-by-somebody-else"
    await log_in(browser)
    assert browser.cookie("session") != first
    before, after = await sessions(office)
    assert before.ended_at is not None
    assert after.ended_at is None
    async with office.from_elsewhere("192.0.2.7") as client:
        client.cookies.set("session", first)
        assert (await Browser(client).open("/account")).path == "/login"


async def test_a_known_and_an_unknown_login_are_answered_alike_at_the_same_cost(office, browser):
    await office.a_citizen(PHONE)
    answers, work = {}, {}
    for login in (PHONE, UNKNOWN):
        await browser.open("/login")
        with work_of(office) as told:
            answer = await browser.send(login=login, password="not the password of anybody", press="password")
        work[login] = told
        answers[login] = (answer.status_code, dict(answer.headers), answer.text.replace(login, "the login"))
    known, unknown = answers[PHONE], answers[UNKNOWN]
    assert known[0] == unknown[0] == 422
    assert known[1:] == unknown[1:]
    assert work[PHONE].count("a password is checked") == work[UNKNOWN].count("a password is checked") == 1
    # of a known login it is also asked whether the place is known: one look-up by key, beside a hash of 50 ms
    assert 0 <= len(work[PHONE]) - len(work[UNKNOWN]) <= 1


async def test_asking_for_a_code_tells_nothing(office, browser):
    await office.a_citizen(PHONE)
    answers, work = [], {}
    for login in (PHONE, UNKNOWN):
        await browser.open("/login")
        office.codes.down_for = {"sms", "email"}  # what goes out after the answer is not its cost
        with work_of(office) as told:
            answer = await browser.send(login=login, password="", press="code")
        work[login] = [statement for statement in told if "FROM clients" not in statement]
        headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
        answers.append((answer.status_code, headers, answer.text, len(answer.headers["set-cookie"])))
    assert answers[0] == answers[1]
    ours = [s for s in work[UNKNOWN] if "client" not in s]
    assert [s for s in work[PHONE] if "client" not in s] == ours


async def test_how_long_an_answer_takes_tells_nothing(office, browser, monkeypatch):
    await office.a_citizen(PHONE)
    real = partial(PasswordHasher, time_cost=2, memory_cost=16_384, parallelism=1)
    monkeypatch.setattr(office.deps.passwords, "_hasher", real())
    monkeypatch.setattr(office.deps.passwords, "_decoy", real().hash("nobody's"))
    async with office.by_hand() as connection:
        slow = tables.accounts.update().values(password_hash=real().hash(PASSWORD))
        await connection.execute(slow)
    took = {PHONE: [], UNKNOWN: []}
    for _ in range(5):
        for login, times in took.items():
            await browser.open("/login")
            started = time.perf_counter()
            await browser.send(login=login, password="not the password of anybody", press="password")
            times.append(time.perf_counter() - started)
            office.clock.advance(minutes=20)
    known, unknown = (statistics.median(took[login]) for login in (PHONE, UNKNOWN))
    assert 1 / 3 < known / unknown < 3


async def test_what_is_missing_is_told_beside_its_field(office, browser):
    await browser.open("/login")
    page = await browser.submit(login="", password="", press="password")
    assert page.answer.status_code == 422
    assert page.find("title")[0].text.startswith("Error: ")
    for name in ("login", "password"):
        assert page.find("a", href=f"#{name}")
        [field] = page.find("input", id=name)
        assert field.get("aria-invalid") == "true"
        told = [page.find("p", id=described)[0].text for described in field.get("aria-describedby").split()]
        assert "Enter" in told[-1]


async def test_a_login_that_is_no_contact_gets_no_code(office, browser):
    await browser.open("/login")
    page = await browser.submit(login="representative", press="code")
    assert page.answer.status_code == 422
    assert await office.rows(tables.sign_in_codes) == []


async def test_too_many_failures_are_answered_with_a_page_that_says_when(office, browser):
    await office.a_citizen(PHONE)
    for _ in range(30):
        await browser.open("/login")
        page = await browser.submit(login=PHONE, password="not it at all", press="password")
        if page.answer.status_code == 429:
            break
    assert page.answer.status_code == 429
    assert page.title == "Too many attempts"
    assert int(page.answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\tevil",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "",
        "http:/evil.example",
        "/\u2028/evil.example",
        "/" + "a" * 20_000,
    ],
)
async def test_nothing_leads_a_browser_elsewhere(office, browser, address):
    assert local_path(address) is None
    await office.a_citizen(PHONE)
    await browser.open("/login")
    page = browser.page
    form = {
        "login": PHONE,
        "password": PASSWORD,
        "with": "password",
        "csrf": page.find("input", name="csrf")[0].get("value"),
    }
    if len(address) > 1000:
        return
    answer = await office.client.post("/login", params={"next": address}, data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")


async def test_a_sign_in_with_a_surer_way_wished_says_so(office, browser):
    page = await browser.open("/login", acr="http://eidas.europa.eu/LoA/substantial", next="/oauth/authorize?x=1")
    assert "surer way" in page.text
    action = page.form_with("password").get("action")
    assert httpx.QueryParams(action.partition("?")[2])["next"] == "/oauth/authorize?x=1"


@pytest.mark.parametrize(("identity", "methods"), [("substantial", ["pwd", "sms"]), ("low", ["pwd"])])
async def test_a_password_is_not_enough_where_more_is_wished_and_a_code_would_do(office, browser, identity, methods):
    await office.a_citizen(PHONE)
    office.codes.taken.clear()
    async with office.by_hand() as connection:
        await connection.execute(tables.accounts.update().values(identity_level=identity))
    await browser.open("/login", acr="http://eidas.europa.eu/LoA/substantial", next="/account?then=1")
    page = await browser.submit(login=PHONE, password=PASSWORD, press="password")
    if identity == "substantial":
        assert page.path == "/login/code"
        assert await sessions(office) == []
        page = await browser.submit(code=office.codes.taken[-1]["code"])
    assert page.url.endswith("/account?then=1")
    [session] = await sessions(office)
    assert session.amr == methods
    assert session.acr.endswith(identity)


async def test_signing_out_asks_first_and_ends_the_session(office, browser):
    await office.a_citizen(PHONE)
    await log_in(browser)
    page = await browser.open("/logout")
    [session] = await sessions(office)
    assert session.ended_at is None
    page = await browser.submit(form="logout")
    assert page.title == "You are signed out"
    [session] = await sessions(office)
    assert session.ended_at is not None
    assert browser.cookie("session") is None
    assert (await browser.open("/account")).path == "/login"


async def test_a_sign_in_is_on_the_trail_and_in_no_log(office, browser, capsys):
    await office.a_citizen(PHONE)
    await browser.open("/login")
    await browser.submit(login=PHONE, press="code")
    code = office.codes.taken[-1]["code"]
    await browser.submit(code=code)
    trail = await office.trail()
    assert ("sign-in-code-requested", "done") in trail
    assert trail[-1] == ("signed-in", "done")
    logged = capsys.readouterr().out
    assert "/login/code" in logged
    assert PHONE not in logged
    assert f'"{code}"' not in logged
    assert browser.cookie("session") not in logged


async def test_the_cookies_are_out_of_reach_of_scripts_and_of_other_sites(office, browser):
    await office.a_citizen(PHONE)
    await browser.open("/login")
    answer = await browser.send(login=PHONE, password=PASSWORD, press="password")
    for cookie in answer.headers.get_list("set-cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    assert ISSUER.startswith("http:")


@pytest.mark.parametrize(
    ("client_id", "redirect_uri", "targets"),
    [
        ("a-portal", "https://portal.example/back", "'self' https://portal.example"),
        ("a-portal", "https://portal.example.evil.example/back", "'self'"),
        ("another", "https://portal.example/back", "'self'"),
        ("a-portal", "", "'self'"),
    ],
)
async def test_a_form_may_lead_on_to_the_client_whose_sign_in_it_is_and_nowhere_else(
    office, browser, client_id, redirect_uri, targets
):
    row = {
        "id": "a-portal",
        "name": "A portal",
        "auth_method": "none",
        "grant_types": ["authorization_code"],
        "scopes": ["openid"],
        "resources": ["auth"],
        "redirect_uris": ["https://portal.example/back"],
        "post_logout_redirect_uris": ["https://portal.example/bye"],
        "needs_consent": False,
        "created_at": office.clock.now(),
    }
    async with office.by_hand() as connection:
        await connection.execute(insert(tables.clients).values(row))
    query = httpx.QueryParams(client_id=client_id, redirect_uri=redirect_uri)
    page = await browser.open("/login", next=f"/oauth/authorize?{query}")
    policy = page.answer.headers["content-security-policy"]
    assert policy.partition("form-action ")[2].partition(";")[0] == targets
    query = httpx.QueryParams(client_id=client_id, post_logout_redirect_uri="https://portal.example/bye")
    policy = (await browser.open("/logout", next=f"/oauth/logout?{query}")).answer.headers["content-security-policy"]
    assert ("https://portal.example" in policy) == (client_id == "a-portal")
