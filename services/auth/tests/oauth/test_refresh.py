"""Refresh tokens of clients: one use, one client, never more than was granted, and no longer than the session."""

import asyncio

import pytest
from jose import jwt

from auth.storage import tables


async def test_a_refresh_token_is_rotated_and_keeps_its_scope(portal):
    tokens = await portal.tokens(scope="openid profile phone offline_access")
    narrowed = (await portal.refresh(tokens["refresh_token"], scope="phone")).json()
    assert narrowed["scope"] == "phone"
    assert narrowed["refresh_token"] != tokens["refresh_token"]
    whole = (await portal.refresh(narrowed["refresh_token"])).json()
    assert whole["scope"] == "offline_access openid phone profile"


async def test_an_id_token_that_is_renewed_is_of_the_same_sign_in(office, portal):
    tokens = await portal.tokens()
    office.clock.advance(seconds=300)
    renewed = (await portal.refresh(tokens["refresh_token"])).json()
    first, second = (jwt.get_unverified_claims(answer["id_token"]) for answer in (tokens, renewed))
    same = ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid")
    assert [first[name] for name in same] == [second[name] for name in same]
    assert second["iat"] - first["iat"] == 300
    assert "nonce" not in second


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scope": "openid email"}, "invalid_scope"),
        ({"scope": "operator"}, "invalid_scope"),
        ({"resource": "elsewhere"}, "invalid_target"),
    ],
)
async def test_more_than_was_granted_is_refused_and_costs_nothing(portal, refused, change, error):
    tokens = await portal.tokens()
    assert refused(await portal.refresh(tokens["refresh_token"], **change), error)
    assert (await portal.refresh(tokens["refresh_token"])).status_code == 200


async def test_of_many_who_refresh_at_once_one_wins_and_the_family_lives(office, portal, refused):
    tokens = await portal.tokens()
    answers = await asyncio.gather(*(portal.refresh(tokens["refresh_token"]) for _ in range(8)))
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    assert all(refused(answer, "invalid_grant") for answer in answers if answer is not won[0])
    unused = [row for row in await office.rows(tables.refresh_tokens) if row.used_at is None]
    assert len(unused) == 1
    assert (await portal.refresh(won[0].json()["refresh_token"])).status_code == 200


async def test_a_token_used_again_later_ends_its_family(office, portal, refused):
    tokens = await portal.tokens()
    renewed = (await portal.refresh(tokens["refresh_token"])).json()
    office.clock.advance(seconds=11)
    assert refused(await portal.refresh(tokens["refresh_token"]), "invalid_grant")
    assert refused(await portal.refresh(renewed["refresh_token"]), "invalid_grant")
    assert ("refresh-token-reused", "refused") in await office.trail()


async def test_another_clients_token_is_refused_and_noted(office, portal, party, refused):
    other = await party(client_id="other")
    tokens = await portal.tokens()
    assert refused(await other.refresh(tokens["refresh_token"]), "invalid_grant")
    first_party = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert refused(await office.client.post("/oauth/token", data=first_party), "invalid_grant")
    assert [entry for entry in await office.trail() if "another-client" in entry[0]] == [
        ("refresh-token-of-another-client", "refused")
    ] * 2
    assert (await portal.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_clients_token_is_not_refreshed_without_the_client(portal, refused):
    tokens = await portal.tokens()
    assert refused(await portal.refresh(tokens["refresh_token"], client_secret=None), "invalid_client", 401)
    assert (await portal.refresh(tokens["refresh_token"])).status_code == 200


async def test_nothing_outlives_the_session_of_the_browser(office, portal, refused):
    tokens = await portal.tokens()
    for _ in range(3):
        office.clock.advance(hours=3)
        tokens = (await portal.refresh(tokens["refresh_token"])).json()
    office.clock.advance(hours=2)
    assert refused(await portal.refresh(tokens["refresh_token"]), "invalid_grant")


@pytest.mark.parametrize("ended", ["disabled", "expired"])
async def test_a_client_that_is_over_refreshes_nothing(office, portal, refused, ended):
    tokens = await portal.tokens()
    if ended == "disabled":
        await office.client.delete("/v1/clients/portal", headers=office.operator())
    else:
        change = {"expires_at": office.clock.now().isoformat()}
        await office.client.patch("/v1/clients/portal", json=change, headers=office.operator())
    assert refused(await portal.refresh(tokens["refresh_token"]), "invalid_client", 401)
