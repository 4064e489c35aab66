"""Codes: each is good once, for a minute, for its client, its address and its proof key, while its session lasts."""

import asyncio
from base64 import b64encode

import pytest

from auth.storage import tables
from auth.use_cases.sessions import end_session


async def brought_nothing(office) -> bool:
    return await office.rows(tables.refresh_tokens) == []


async def test_a_code_is_good_once_and_a_second_use_ends_what_the_first_brought(office, portal, refused):
    code = await portal.code()
    tokens = (await portal.redeem(code)).json()
    renewed = (await portal.refresh(tokens["refresh_token"])).json()
    assert refused(await portal.redeem(code), "invalid_grant")
    assert refused(await portal.refresh(renewed["refresh_token"]), "invalid_grant")
    assert ("authorization-code-reused", "refused") in await office.trail()
    other = await portal.tokens()
    assert (await portal.refresh(other["refresh_token"])).status_code == 200, "another sign-in is not touched"


async def test_of_two_who_redeem_at_once_none_keeps_more_than_minutes(office, portal):
    code = await portal.code()
    answers = await asyncio.gather(*(portal.redeem(code) for _ in range(4)))
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    assert (await portal.refresh(won[0].json()["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_code_that_is_not_used_ends_within_a_minute(office, portal, refused):
    code = await portal.code()
    office.clock.advance(seconds=61)
    assert refused(await portal.redeem(code), "invalid_grant")
    assert await brought_nothing(office)


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": None},
        {"code_verifier": ""},
        {"code_verifier": "A" * 43},
        {"code_verifier": "A" * 42},
        {"code_verifier": "A" * 129},
        {"redirect_uri": None},
        {"redirect_uri": "https://portal.test/signed-in/"},
        {"redirect_uri": "https://portal.test/other"},
    ],
)
async def test_a_code_without_what_belongs_to_it_is_lost(office, party, enter, refused, change):
    portal = await party(redirect_uris=["https://portal.test/signed-in", "https://portal.test/other"])
    await enter(portal.browser, await office.a_citizen())
    code = await portal.code()
    assert refused(await portal.redeem(code, **change), "invalid_grant")
    assert ("authorization-code-refused", "refused") in await office.trail()
    assert refused(await portal.redeem(code), "invalid_grant")
    assert await brought_nothing(office)


async def test_the_challenge_itself_is_no_verifier(office, portal, refused):
    code = await portal.code()
    challenge = portal.parameters()["code_challenge"]
    assert refused(await portal.redeem(code, code_verifier=challenge), "invalid_grant")
    assert await brought_nothing(office)


async def test_a_code_of_one_client_is_nothing_to_another(office, portal, party, enter, refused):
    other = await party(client_id="other")
    await enter(other.browser, await office.a_citizen("+380000000002"))
    code = await portal.code()
    assert refused(await other.redeem(code, code_verifier=portal.verifier), "invalid_grant")
    assert refused(await portal.redeem(code), "invalid_grant")
    assert await brought_nothing(office)


async def test_a_stolen_code_does_not_fit_into_another_session(office, portal, party, enter, refused):
    """The thief begins a sign-in of their own, and puts the stolen code into it (RFC 9700 §4.5)."""
    code = await portal.code()
    portal.verifier = "of-the-session-of-the-thief-and-long-enough-to-be-one"
    assert refused(await portal.redeem(code), "invalid_grant")
    assert await brought_nothing(office)


async def test_a_code_of_a_session_that_ended_is_dead(office, portal, refused):
    code = await portal.code()
    async with office.by_hand() as connection:
        await end_session(connection, portal.session_id, office.clock.now())
    assert refused(await portal.redeem(code), "invalid_grant")
    assert await brought_nothing(office)


async def test_a_client_that_lost_a_scope_gets_no_more_of_it(office, portal):
    code = await portal.code(scope="openid profile offline_access")
    change = {"scopes": ["openid", "offline_access"]}
    assert (await office.client.patch("/v1/clients/portal", json=change, headers=office.operator())).status_code == 200
    tokens = (await portal.redeem(code)).json()
    assert tokens["scope"] == "offline_access openid"


@pytest.mark.parametrize("code", ["", "x", "\u00e9", "A" * 8000])
async def test_what_is_no_code_brings_nothing(office, portal, refused, code):
    assert refused(await portal.redeem(code), "invalid_grant")


async def test_a_confidential_client_redeems_only_as_itself(office, portal, refused):
    code = await portal.code()
    assert refused(await portal.redeem(code, client_secret=None), "invalid_client", 401)
    assert refused(await portal.redeem(code, client_secret="wrong"), "invalid_client", 401)
    assert refused(await portal.redeem(code, client_id="nobody"), "invalid_client", 401)
    basic = b64encode(f"portal:{portal.secret}".encode()).decode()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": portal.redirect_uri}
    form["code_verifier"] = portal.verifier
    answer = await office.client.post("/oauth/token", data=form, headers={"Authorization": f"Basic {basic}"})
    assert answer.status_code == 200


async def test_a_code_is_kept_as_a_hash(office, portal):
    code = await portal.code()
    assert code not in await office.dump()
