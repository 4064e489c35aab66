"""Signing in to a client: the code comes back to it, after whatever its user has to do first."""

from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from jose import jwt

from auth.storage import tables
from auth.use_cases.consent import give_consent
from shared.ids import new_id
from tests.support.tokens import ISSUER

LEVEL = "http://eidas.europa.eu/LoA/"


def answer_of(response):
    assert response.status_code == 303, response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


def page_of(response):
    """Return the path of the page, its wishes, and the path that it leads on to."""
    assert response.status_code == 303, response.text
    parts = urlsplit(response.headers["location"])
    assert not parts.netloc
    wishes = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return parts.path, wishes, wishes.pop("next")


@pytest.fixture
async def officer(office):
    """An officer of an agency and of a centre."""
    made = await office.an_officer()
    [row] = await office.rows(tables.mandates)
    second = {**row._mapping, "id": new_id(), "role": "service_centre_administrator", "organisation": "cnap-dnipro"}
    async with office.by_hand() as connection:
        await connection.execute(tables.mandates.insert().values(second))
    return made


async def test_a_code_comes_back_with_the_state_and_who_gave_it(portal):
    response = await portal.ask()
    location = response.headers["location"]
    assert location.startswith(f"{portal.redirect_uri}?")
    answer = answer_of(response)
    assert set(answer) == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("state-of-the-client", ISSUER)
    assert len(answer["code"]) >= 43
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"


async def test_a_code_is_changed_for_tokens_of_that_session(office, portal):
    tokens = await portal.tokens()
    assert set(tokens) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    access = jwt.get_unverified_claims(tokens["access_token"])
    assert (access["sub"], access["client_id"]) == (portal.account_id, "portal")
    assert access["sid"] == str(portal.session_id)
    assert tokens["expires_in"] <= 600
    assert ("client-authorized", "done") in await office.trail()
    assert ("tokens-given", "done") in await office.trail()


async def test_an_id_token_says_who_signed_in_when_and_how(office, portal):
    tokens = await portal.tokens()
    header = jwt.get_unverified_header(tokens["id_token"])
    [key] = (await office.client.get("/.well-known/jwks.json")).json()["keys"]
    assert (header["typ"], header["alg"], header["kid"]) == ("JWT", "ES256", key["kid"])
    claims = jwt.decode(
        tokens["id_token"],
        key,
        algorithms=["ES256"],
        audience="portal",
        issuer=ISSUER,
        access_token=tokens["access_token"],  # checks at_hash
        options={"verify_exp": False, "verify_iat": False},
    )
    assert (claims["sub"], claims["nonce"]) == (portal.account_id, "nonce-of-the-client")
    assert (claims["acr"], claims["amr"]) == (f"{LEVEL}low", ["pwd", "otp"])
    assert claims["auth_time"] == int(office.clock.now().timestamp())
    assert claims["sid"] == str(portal.session_id)


async def test_a_form_asks_as_an_address_does(portal):
    response = await portal.browser.post("/oauth/authorize", data=portal.parameters())
    again = await portal.browser.get(response.headers["location"])
    assert "code" in answer_of(again)


async def test_who_is_not_signed_in_signs_in_first(office, party, enter):
    portal = await party()
    path, wishes, onward = page_of(await portal.ask(login_hint="+380000000001", ui_locales="en"))
    assert (path, wishes) == ("/login", {"login_hint": "+380000000001", "ui_locales": "en"})
    await enter(portal.browser, await office.a_citizen())
    assert "code" in answer_of(await portal.browser.get(onward))


async def test_a_public_client_needs_no_secret_but_its_proof_key(party, office, enter):
    from_conftest = {"client_id": "app", "name": "App", "kind": "web-public", "redirect_uris": ["http://127.0.0.1/b"]}
    app = await party(from_conftest)
    assert app.secret is None
    await enter(app.browser, await office.a_citizen())
    code = await app.code(scope="openid", redirect_uri="http://127.0.0.1:53123/b")
    assert (await app.redeem(code, redirect_uri="http://127.0.0.1:53123/b")).status_code == 200


async def test_a_refresh_token_comes_only_with_offline_access(portal):
    assert "refresh_token" not in await portal.tokens(scope="openid profile")
    assert "refresh_token" in await portal.tokens(scope="openid offline_access")


async def test_tokens_are_for_the_services_that_were_asked_for_and_carry_what_they_know(portal):
    whole = jwt.get_unverified_claims((await portal.tokens())["access_token"])
    assert set(whole["aud"]) == {"auth", "catalog", "applications", "registry-gateway", "notifications"}
    assert whole["scope"] == "offline_access openid profile"
    one = jwt.get_unverified_claims((await portal.tokens(resource=["applications"]))["access_token"])
    assert (one["aud"], one["scope"]) == (["applications"], "")


async def test_one_of_several_services_can_be_chosen_at_the_token_endpoint(portal, refused):
    code = await portal.code(resource=["auth", "applications"])
    answer = await portal.redeem(code, resource="catalog")
    assert refused(answer, "invalid_target")
    tokens = (await portal.redeem(code, resource="applications")).json()
    assert jwt.get_unverified_claims(tokens["access_token"])["aud"] == ["applications"]
    other = (await portal.refresh(tokens["refresh_token"], resource="auth")).json()
    assert jwt.get_unverified_claims(other["access_token"])["aud"] == ["auth"]


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"max_age": "0"}, {"prompt": "select_account"}])
async def test_a_client_can_have_its_user_sign_in_anew(office, portal, enter, wish):
    path, wishes, onward = page_of(await portal.ask(**wish))
    assert (path, wishes["again"]) == ("/login", "1")
    assert page_of(await portal.browser.get(onward))[0] == "/login", "the page was left out"
    office.clock.advance(seconds=20)
    await enter(portal.browser, portal.account_id)
    assert "code" in answer_of(await portal.browser.get(onward))


async def test_what_was_sealed_for_one_request_opens_no_other(office, portal, enter):
    _, _, onward = page_of(await portal.ask(prompt="login"))
    office.clock.advance(seconds=20)
    await enter(portal.browser, portal.account_id)
    sealed = dict(parse_qsl(urlsplit(onward).query))["asked"]
    portal.verifier = portal.verifier[::-1]
    assert page_of(await portal.ask(prompt="login", asked=sealed))[0] == "/login"
    forged = f"{int(sealed.partition('.')[0]) - 1}.{sealed.partition('.')[2]}"
    assert page_of(await portal.ask(prompt="login", asked=forged))[0] == "/login"


async def test_a_sign_in_that_is_too_old_is_made_anew(office, portal):
    office.clock.advance(seconds=61)
    assert page_of(await portal.ask(max_age="60"))[0] == "/login"
    assert "code" in answer_of(await portal.ask(max_age="120"))
    assert answer_of(await portal.ask(max_age="60", prompt="none"))["error"] == "login_required"


async def test_a_sign_in_that_is_not_sure_enough_is_made_surer(office, portal, enter):
    path, wishes, onward = page_of(await portal.ask(acr_values=f"{LEVEL}high {LEVEL}substantial"))
    assert (path, wishes["acr"]) == ("/login", f"{LEVEL}substantial")
    async with office.by_hand() as connection:
        await connection.execute(tables.accounts.update().values(identity_level="substantial"))
    await enter(portal.browser, portal.account_id)
    assert "code" in answer_of(await portal.browser.get(onward))


async def test_a_client_is_told_when_its_user_cannot_sign_in_as_surely(office, portal, enter):
    _, _, onward = page_of(await portal.ask(acr_values=f"{LEVEL}high"))
    office.clock.advance(seconds=20)
    await enter(portal.browser, portal.account_id)
    assert answer_of(await portal.browser.get(onward))["error"] == "unmet_authentication_requirements"
    assert answer_of(await portal.ask(acr_values=f"{LEVEL}high", prompt="none"))["error"] == "login_required"
    assert "code" in answer_of(await portal.ask(acr_values="urn:of:others"))


async def test_without_a_page_there_is_a_code_or_an_error(party, portal):
    assert "code" in answer_of(await portal.ask(prompt="none"))
    stranger = await party(client_id="other")
    answer = answer_of(await stranger.ask(prompt="none"))
    assert (answer["error"], answer["state"], answer["iss"]) == ("login_required", "state-of-the-client", ISSUER)


async def test_a_hint_of_somebody_else_asks_for_them(office, portal, enter):
    other = await office.a_citizen("+380000000002")
    tokens = await portal.tokens()
    office.clock.advance(minutes=20)
    assert "code" in answer_of(await portal.ask(id_token_hint=tokens["id_token"], prompt="none"))
    await enter(portal.browser, other)
    answer = answer_of(await portal.ask(id_token_hint=tokens["id_token"], prompt="none"))
    assert answer["error"] == "login_required"
    answer = answer_of(await portal.ask(id_token_hint=tokens["access_token"], prompt="none"))
    assert answer["error"] == "login_required"


async def test_an_officer_of_several_offices_chooses_one_first(office, party, enter, officer):
    portal = await party()
    await enter(portal.browser, officer.account_id)
    path, _, onward = page_of(await portal.ask())
    assert path == "/mandates"
    assert answer_of(await portal.ask(prompt="none"))["error"] == "account_selection_required"
    async with office.by_hand() as connection:
        await connection.execute(tables.sessions.update().values(mandate_id=officer.mandate_id))
    code = answer_of(await portal.browser.get(onward))["code"]
    tokens = (await portal.redeem(code)).json()
    [held] = jwt.get_unverified_claims(tokens["access_token"])["mandates"]
    assert held["role"] == "agency_representative"

    path, _, onward = page_of(await portal.ask(prompt="select_account"))
    assert path == "/mandates"
    assert "code" in answer_of(await portal.browser.get(onward)), "it was chosen there"


async def test_a_mandate_that_has_ended_gives_no_more(office, party, enter):
    portal = await party()
    officer = await office.an_officer()
    await enter(portal.browser, officer.account_id)
    code = await portal.code()
    async with office.by_hand() as connection:
        soon = office.clock.now() + timedelta(seconds=5)
        await connection.execute(tables.mandates.update().values(valid_to=soon))
    office.clock.advance(seconds=6)
    assert (await portal.redeem(code)).json()["error"] == "invalid_grant"
    assert page_of(await portal.ask())[0] == "/login"


async def test_a_client_of_others_gets_what_its_user_agreed_to(office, party, enter):
    outside = await party(client_id="outside", needs_consent=True)
    account = await office.a_citizen()
    await enter(outside.browser, account)
    path, _, onward = page_of(await outside.ask(scope="openid profile"))
    assert path == "/consent"
    assert answer_of(await outside.ask(scope="openid profile", prompt="none"))["error"] == "consent_required"
    await give_consent(office.deps, account, "outside", ["openid", "profile", "operator", "kiosk"])
    assert "code" in answer_of(await outside.browser.get(onward))
    [row] = await office.rows(tables.consents)
    assert row.scopes == ["openid", "profile"]
    assert page_of(await outside.ask(scope="openid phone"))[0] == "/consent", "more than before"
    assert ("consent-given", "done") in await office.trail()


async def test_consent_can_be_asked_for_anew(office, portal):
    path, _, onward = page_of(await portal.ask(prompt="consent"))
    assert path == "/consent"
    assert page_of(await portal.browser.get(onward))[0] == "/consent"
    await give_consent(office.deps, portal.account_id, "portal", ["openid", "profile", "offline_access"])
    assert "code" in answer_of(await portal.browser.get(onward))


async def test_a_user_who_does_not_agree_is_sent_back(portal):
    _, _, onward = page_of(await portal.ask(prompt="consent"))
    answer = answer_of(await portal.browser.get(f"{onward}&denied=1"))
    assert (answer["error"], answer["state"]) == ("access_denied", "state-of-the-client")


async def test_only_an_operator_can_give_an_operators_scope(office, party, enter):
    console = await party(client_id="console", scopes=["operator"])
    citizen = await office.a_citizen()
    await enter(console.browser, citizen)
    tokens = await console.tokens(scope="openid operator")
    assert tokens["scope"] == "openid"
    async with office.by_hand() as connection:
        await connection.execute(tables.accounts.update().values(kind="operator"))
    assert (await console.tokens(scope="openid operator"))["scope"] == "openid operator"
