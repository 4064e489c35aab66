"""Registering on the pages: contacts, codes, and signed in; nobody learns which contacts are known."""

import pytest

from auth.storage import tables
from tests.support.browsing import Browser

PASSWORD, PHONE, EMAIL = "long and easy to keep in mind", "+380000000001", "olena@example.com"


@pytest.fixture
def browser(office):
    return Browser(office.client)


async def begin(browser, **values):
    await browser.open("/register", next="/account?new=1")
    return await browser.submit(**{"phone": "", "email": "", "password": "", **values})


def codes(office):
    return {sent["channel"]: sent["code"] for sent in office.codes.taken}


async def test_whoever_proves_the_contacts_has_an_account_and_is_signed_in(office, browser):
    page = await begin(browser, phone="050 000 00 01", email=EMAIL, language="en")
    assert page.path == "/register/confirm"
    page = await browser.submit(**codes(office))
    assert page.url.endswith("/account?new=1")
    [account] = await office.rows(tables.accounts)
    assert (account.language, account.password_hash) == ("en", None)
    [session] = await office.rows(tables.sessions)
    assert session.amr == ["sms", "email"]
    assert "+380500000001" in page.text


async def test_a_password_is_kept_if_one_is_given(office, browser):
    await begin(browser, phone=PHONE, password=PASSWORD)
    await browser.submit(**codes(office))
    assert (await office.sign_in(PHONE)).status_code == 201


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"phone": PHONE, "password": "short"}, "password"),
    ],
)
async def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_sent(office, browser, values, field):
    page = await begin(browser, **values)
    assert (page.answer.status_code, page.path) == (422, "/register")
    assert page.find("a", href=f"#{field}")
    assert page.find("input", name="phone")[0].get("value") == values.get("phone", "")
    assert office.codes.taken == []


async def test_a_wrong_code_makes_no_account(office, browser):
    await begin(browser, phone=PHONE)
    right = codes(office)["sms"]
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        page = await browser.submit(sms=wrong)
        assert (page.answer.status_code, page.path) == (422, "/register/confirm")
    page = await browser.submit(sms=right)
    assert page.title == "The registration is over"
    assert await office.rows(tables.accounts) == []


async def test_a_form_that_is_sent_twice_sends_its_codes_once(office, browser):
    await browser.open("/register")
    first = await browser.send(phone=PHONE)
    again = await browser.send(phone=PHONE)
    assert first.headers["location"] == again.headers["location"] == "/register/confirm"
    assert len(office.codes.taken) == 1


async def test_a_known_contact_is_answered_as_an_unknown_one(office, browser):
    await office.a_citizen(PHONE)
    pages = []
    for phone in (PHONE, "+380000000002"):
        await browser.open("/register")
        answer = await browser.send(phone=phone)
        pages.append((answer.status_code, answer.headers["location"], answer.text))
        pages.append((await browser.open("/register/confirm")).text)
    assert pages[:2] == pages[2:]

    await begin(browser, phone=PHONE)
    page = await browser.submit(sms=office.codes.taken[-1]["code"])
    assert page.title == "There is an account already"
    assert len(await office.rows(tables.accounts)) == 1


async def test_providers_that_are_down_are_told_and_the_form_can_be_sent_again(office, browser):
    office.codes.down_for = {"sms"}
    page = await begin(browser, phone=PHONE)
    assert (page.answer.status_code, page.title) == (503, "Not possible just now")
    office.codes.down_for = set()
    assert (await begin(browser, phone=PHONE)).path == "/register/confirm"


async def test_the_api_takes_a_registration_without_a_password(office):
    pending = await office.register(phone=PHONE, password=None)
    assert pending.status_code == 202
    assert (await office.confirm(pending)).status_code == 201
    assert (await office.sign_in(PHONE, "")).status_code == 401
