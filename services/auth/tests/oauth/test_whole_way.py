"""The whole way of a person through a client and the pages of auth, in one browser without JavaScript."""

from urllib.parse import parse_qs, urlsplit

from tests.support.browsing import Browser

PHONE, PASSWORD = "+380000000001", "long and easy to keep in mind"
BYE = "https://portal.test/bye"


async def test_a_citizen_signs_in_agrees_is_known_again_and_signs_out(office, party):
    portal = await party(needs_consent=True)
    account_id = await office.a_citizen(PHONE)
    browser = Browser(portal.browser)
    page = await browser.open("/oauth/authorize", **portal.parameters())
    assert page.path == "/login"
    page = await browser.submit(login=PHONE, password=PASSWORD, press="password")
    assert page.path == "/consent"
    assert "Portal" in page.text
    page = await browser.submit(press="yes")
    assert page.url.startswith(f"{portal.redirect_uri}?code=")
    tokens = (await portal.redeem(parse_qs(urlsplit(page.url).query)["code"][0])).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await office.client.get("/oauth/userinfo", headers=bearer)).json()["sub"] == account_id

    page = await browser.open("/oauth/authorize", **portal.parameters(prompt="none"))
    assert page.url.startswith(f"{portal.redirect_uri}?code="), "nothing is asked twice"

    page = await browser.open("/oauth/logout", client_id="portal", post_logout_redirect_uri=BYE)
    assert page.path == "/logout"
    page = await browser.submit()
    assert page.url == BYE
    assert (await portal.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    page = await browser.open("/oauth/authorize", **portal.parameters(prompt="none"))
    assert "error=login_required" in page.url


async def test_who_does_not_agree_goes_back_to_the_client(office, party):
    portal = await party(needs_consent=True)
    await office.a_citizen(PHONE)
    browser = Browser(portal.browser)
    await browser.open("/oauth/authorize", **portal.parameters())
    await browser.submit(login=PHONE, password=PASSWORD, press="password")
    page = await browser.submit(press="no")
    assert page.url.startswith(f"{portal.redirect_uri}?")
    assert "error=access_denied" in page.url


async def test_signing_in_anew_is_asked_for_though_there_is_a_session(office, portal):
    browser = Browser(portal.browser)
    page = await browser.open("/oauth/authorize", **portal.parameters(prompt="login"))
    assert page.path == "/login"
    office.clock.advance(seconds=5)
    page = await browser.submit(login=PHONE, password=PASSWORD, press="password")
    assert page.url.startswith(f"{portal.redirect_uri}?code=")


async def test_an_officer_shows_a_second_factor_on_the_way(office, party):
    portal = await party()
    officer = await office.an_officer()
    browser = Browser(portal.browser)
    await browser.open("/oauth/authorize", **portal.parameters())
    page = await browser.submit(login=officer.login, password=PASSWORD, press="password")
    assert page.path == "/login/second-factor"
    page = await browser.submit(code=office.totp(officer.totp_secret))
    assert page.url.startswith(f"{portal.redirect_uri}?code=")
    tokens = (await portal.redeem(parse_qs(urlsplit(page.url).query)["code"][0])).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    told = (await office.client.get("/v1/me", headers=bearer)).json()
    assert [held["role"] for held in told["mandates"]] == ["agency_representative"]
