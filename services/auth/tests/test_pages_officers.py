"""Officers on the pages: activating an account, and choosing one of several mandates for the session."""

import pytest

from auth.storage import tables
from tests.support.browsing import Browser

PASSWORD = "long and easy to keep in mind"
AGENCY, OTHER_AGENCY = "municipal-registrar--dnipro", "municipal-registrar--nikopol"


@pytest.fixture
def browser(office):
    return Browser(office.client)


@pytest.fixture
async def appointed(office):
    """The answer to the head who appointed an officer: the activation code is in it."""
    answer = await office.appoint(
        office.head(), login="representative", role="agency_representative", organisation=AGENCY
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def begin(browser, code, *, login="representative", password=PASSWORD):
    await browser.open("/activate")
    return await browser.submit(login=login, code=code, password=password)


async def test_an_officer_activates_the_account_and_signs_in(office, browser, appointed):
    page = await begin(browser, appointed["activation_code"])
    assert page.path == "/activate/authenticator"
    secret = page.find("p", class_="codes")[0].text.replace(" ", "")
    page = await browser.submit(code="000000")
    assert page.answer.status_code == 422
    page = await browser.submit(code=office.totp(secret, steps=-1))
    assert page.title == "Recovery codes"
    assert ("officer-activated", "done") in await office.trail()
    await browser.open("/login")
    page = await browser.submit(login="representative", password=PASSWORD, press="password")
    assert (await browser.submit(code=office.totp(secret))).path == "/account"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"login": "nobody"}, "code"),
        ({"code": "WRONG-WRONG-WRONG"}, "code"),
        ({"password": "short"}, "password"),
        ({"password": "qwertyqwerty"}, "password"),
    ],
)
async def test_an_activation_that_is_refused_is_told_beside_the_field(office, browser, appointed, changes, field):
    given = {"code": appointed["activation_code"], **changes}
    page = await begin(browser, given.pop("code"), **given)
    assert (page.answer.status_code, page.path) == (422, "/activate")
    assert [a.get("href") for a in page.find("a") if a.get("href").startswith("#") and a.get("href") != "#main"] == [
        f"#{field}"
    ]


async def test_an_unknown_login_is_answered_as_a_wrong_code_is(office, browser, appointed):
    texts = []
    for login in ("representative", "nobody-here-ok"):
        page = await begin(browser, "WRONG-WRONG-WRONG", login=login)
        texts.append(page.answer.text.replace(login, "the login"))
    assert texts[0] == texts[1]


async def test_the_secret_of_one_browser_is_not_shown_in_another(office, browser, appointed):
    await begin(browser, appointed["activation_code"])
    stolen = browser.cookie("activation")
    async with office.from_elsewhere("192.0.2.7") as client:
        thief = Browser(client)
        await thief.open("/activate")
        client.cookies.set("activation", stolen)
        assert (await thief.open("/activate/authenticator")).path == "/activate"


@pytest.fixture
async def with_two_mandates(office, browser):
    """An officer of two agencies who signed in, and is asked in which to work."""
    officer = await office.an_officer("representative")
    wanted = {"role": "agency_representative", "organisation": OTHER_AGENCY}
    headers = office.head(OTHER_AGENCY) | {"Idempotency-Key": "one-more-mandate"}
    answer = await office.client.post(f"/v1/officers/{officer.account_id}/mandates", json=wanted, headers=headers)
    if answer.status_code != 201:
        headers = office.headers(
            mandates=[("head_of_executive_agency", AGENCY), ("head_of_executive_agency", OTHER_AGENCY)]
        ) | {"Idempotency-Key": "one-more-mandate-by-both"}
        answer = await office.client.post(f"/v1/officers/{officer.account_id}/mandates", json=wanted, headers=headers)
    assert answer.status_code == 201, answer.text
    await browser.open("/login", next="/account?after=choosing")
    await browser.submit(login="representative", password=PASSWORD, press="password")
    await browser.submit(code=office.totp(officer.totp_secret))
    return officer


async def test_of_several_mandates_one_is_chosen_for_the_session(office, browser, with_two_mandates):
    page = browser.page
    assert (page.path, page.title) == ("/mandates", "Choose a mandate")
    [session] = [row for row in await office.rows(tables.sessions) if row.ended_at is None]
    assert session.mandate_id is None
    page = await browser.submit(form="mandate")
    assert page.answer.status_code == 422
    other = next(row for row in await office.rows(tables.mandates) if row.organisation == OTHER_AGENCY)
    page = await browser.submit(mandate=str(other.id))
    assert page.url.endswith("/account?after=choosing")
    [session] = [row for row in await office.rows(tables.sessions) if row.ended_at is None]
    assert session.mandate_id == other.id
    assert ("mandate-chosen", "done") in await office.trail()


async def test_somebody_elses_mandate_cannot_be_chosen(office, browser, with_two_mandates):
    await office.an_officer("another")
    theirs = next(
        row for row in await office.rows(tables.mandates) if str(row.account_id) != with_two_mandates.account_id
    )
    page = await browser.submit(mandate=str(theirs.id))
    assert page.answer.status_code == 422
    assert {row.mandate_id for row in await office.rows(tables.sessions)} == {None}
