"""Passkeys on the pages, with an authenticator in software in the place of the script."""

import json

import pytest
from sqlalchemy import delete

from auth.storage import tables
from tests.support.authenticator import Authenticator
from tests.support.browsing import Browser
from tests.support.tokens import ISSUER

PASSWORD, PHONE = "long and easy to keep in mind", "+380000000001"


@pytest.fixture
async def browser(office):
    """A browser of a citizen who is signed in."""
    await office.a_citizen(PHONE)
    browser = Browser(office.client)
    await browser.open("/login")
    await browser.submit(login=PHONE, password=PASSWORD, press="password")
    return browser


def token_of(page):
    return page.find("input", name="csrf")[0].get("value")


async def fill(browser, address, answer, **values):
    """Do what the script does: ask for options, have the authenticator answer, send the form."""
    options = await browser.client.post(f"{address}/options", data={"csrf": token_of(browser.page)})
    assert options.status_code == 200, options.text
    assert options.headers["cache-control"] == "no-store"
    return await browser.submit(form="credential", credential=json.dumps(answer(options.json())), **values)


async def test_a_passkey_is_added_and_leads_in(office, browser):
    authenticator = Authenticator(origin=ISSUER, rp_id="auth.test")
    page = await browser.open("/account/passkeys")
    assert "hidden" in page.form_with("credential").attributes  # until the script shows it
    page = await fill(browser, "/account/passkeys", authenticator.create, name="My <phone>")
    assert page.find("h2")[0].text == "My <phone>"

    await browser.open("/login", next="/account?by=key")
    page = await fill(browser, "/login/passkey", authenticator.get)
    assert page.url.endswith("/account?by=key")
    session = max(await office.rows(tables.sessions), key=lambda row: row.id)
    assert session.amr == ["hwk"]


async def test_a_passkey_is_renamed_and_removed(office, browser):
    await browser.open("/account/passkeys")
    await fill(browser, "/account/passkeys", Authenticator(origin=ISSUER, rp_id="auth.test").create, name="Phone")
    page = await browser.submit(form="rename", name="Old phone")
    assert page.find("h2")[0].text == "Old phone"
    page = await browser.submit(form="remove")
    assert "There are no passkeys yet." in page.text
    assert await office.rows(tables.passkeys) == []


async def test_the_only_way_in_is_not_removed(office, browser):
    await browser.open("/account/passkeys")
    await fill(browser, "/account/passkeys", Authenticator(origin=ISSUER, rp_id="auth.test").create, name="Phone")
    async with office.by_hand() as connection:
        await connection.execute(delete(tables.logins))
    page = await browser.submit(form="remove")
    assert (page.answer.status_code, page.title) == (409, "This is your only way in")
    assert len(await office.rows(tables.passkeys)) == 1


@pytest.mark.parametrize("credential", ["", "not json", "[]", "{}", "[" * 5000])
async def test_what_is_no_answer_of_an_authenticator_is_refused(office, browser, credential):
    await browser.open("/account/passkeys")
    page = await browser.submit(form="credential", credential=credential, name="Phone")
    assert (page.answer.status_code, page.path) == (422, "/account/passkeys")
    await browser.open("/login")
    page = await browser.submit(form="credential", credential=credential)
    assert (page.answer.status_code, page.title) == (400, "The passkey was not taken")
    assert await office.rows(tables.passkeys) == []


async def test_nobody_touches_a_passkey_of_somebody_else(office, browser):
    await browser.open("/account/passkeys")
    page = await fill(browser, "/account/passkeys", Authenticator(origin=ISSUER, rp_id="auth.test").create, name="Mine")
    theirs = page.find("input", name="passkey")[0].get("value")
    await office.a_citizen("+380000000002")
    async with office.from_elsewhere("192.0.2.7") as client:
        stranger = Browser(client)
        await stranger.open("/login")
        await stranger.submit(login="+380000000002", password=PASSWORD, press="password")
        await stranger.open("/account/passkeys")
        form = {"csrf": token_of(stranger.page), "passkey": theirs, "name": "Yours"}
        for what in ("rename", "remove"):
            await client.post(f"/account/passkeys/{what}", data=form)
    [passkey] = await office.rows(tables.passkeys)
    assert passkey.name == "Mine"
