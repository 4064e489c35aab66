"""Signing keys: made, published before they sign, and kept published until what they signed has ended."""

import asyncio

import pytest
from jose import jwt

from auth.app import create_app
from auth.storage import tables
from auth.use_cases.rotate_keys import ensure_first_key, rotate_keys
from auth.use_cases.withdraw_key import withdraw_key
from shared.keys import RemoteKeys
from shared.tokens import TokenRefused, TokenVerifier
from tests.support.apps import client_for
from tests.support.tokens import ISSUER


async def published(client):
    return [key["kid"] for key in (await client.get("/.well-known/jwks.json")).json()["keys"]]


async def a_token(office):
    token = (await office.client_token()).json()["access_token"]
    return token, jwt.get_unverified_header(token)["kid"]


def a_verifier(office):
    """A service elsewhere: it has keys fetched and kept as every service has."""
    keys = RemoteKeys(office.client, "/.well-known/jwks.json", monotonic=lambda: office.clock.now().timestamp())
    return TokenVerifier(keys, issuer=ISSUER, audience="notifications", clock=office.clock)


async def key_entries(office):
    rows = sorted(await office.rows(tables.audit_log), key=lambda row: row.position)
    return [(row.action, row.actor, row.subject, row.facts.get("reason")) for row in rows if "key" in row.action]


async def test_keys_are_rotated_while_everybody_works(office, command):
    elsewhere = a_verifier(office)
    before, old = await a_token(office)
    await elsewhere.verify(before)

    code, output = await command("rotate-keys")
    assert code == 0
    office.clock.advance(seconds=30)
    kids = await published(office.client)
    assert kids[0] == old
    assert len(kids) == 2
    assert kids[1] in output
    office.clock.advance(minutes=5)
    last, signed_by = await a_token(office)
    assert signed_by == old

    office.clock.advance(minutes=1)
    first, signed_by = await a_token(office)
    assert signed_by == kids[1]
    office.clock.advance(minutes=8, seconds=59)
    for token in (last, first):
        assert (await a_verifier(office).verify(token)).subject == "auth"
        assert (await elsewhere.verify(token)).subject == "auth"
    assert await published(office.client) == kids
    office.clock.advance(minutes=7)
    assert await published(office.client) == kids[1:]


async def test_every_process_signs_with_one_key(office, settings):
    others = [create_app(settings, clock=office.clock) for _ in range(2)]
    async with client_for(others[0], ISSUER) as first, client_for(others[1], ISSUER) as second:
        kids = [await published(client) for client in (office.client, first, second)]
        assert kids[0] == kids[1] == kids[2]
        assert len(await office.rows(tables.signing_keys)) == 1


async def test_rotating_again_before_the_next_key_signs_leaves_no_gap(office):
    _, old = await a_token(office)
    second = await rotate_keys(office.deps)
    office.clock.advance(minutes=3)
    third = await rotate_keys(office.deps)
    assert (await a_token(office))[1] == old
    office.clock.advance(minutes=4)
    assert (await a_token(office))[1] == second
    office.clock.advance(minutes=3)
    assert (await a_token(office))[1] == third
    assert third in await published(office.client)


async def test_keys_made_at_once_are_one_for_a_new_database(office):
    async with office.by_hand() as connection:
        await connection.execute(tables.signing_keys.delete())
    await asyncio.gather(*(ensure_first_key(office.deps) for _ in range(4)))
    assert len(await office.rows(tables.signing_keys)) == 1


async def test_a_withdrawn_key_is_replaced_at_once_and_refused_everywhere_within_a_minute(office):
    elsewhere = a_verifier(office)
    stolen, kid = await a_token(office)
    await elsewhere.verify(stolen)

    following = await withdraw_key(office.deps, kid)
    assert await published(office.client) == [following]
    token, signed_by = await a_token(office)
    assert kid != signed_by == following
    assert (await office.client.get("/v1/me", headers={"Authorization": f"Bearer {stolen}"})).status_code == 401
    office.clock.advance(seconds=3)
    assert (await elsewhere.verify(token)).subject == "auth"
    office.clock.advance(seconds=51)
    for verifier in (elsewhere, a_verifier(office)):
        with pytest.raises(TokenRefused, match="unknown-key"):
            await verifier.verify(stolen)


async def test_with_the_signing_key_withdrawn_the_next_one_signs_before_its_time(office):
    _, kid = await a_token(office)
    following = await rotate_keys(office.deps)
    assert await withdraw_key(office.deps, kid) == following
    assert await published(office.client) == [following]
    assert (await a_token(office))[1] == following


async def test_withdrawing_the_key_that_is_to_sign_next_leaves_the_one_that_signs(office):
    _, kid = await a_token(office)
    following = await rotate_keys(office.deps)
    instead = await withdraw_key(office.deps, following)
    assert (await a_token(office))[1] == kid
    assert await published(office.client) == [kid, instead]
    office.clock.advance(minutes=6)
    assert (await a_token(office))[1] == instead


async def test_withdrawing_a_key_that_signs_no_longer_leaves_the_one_that_signs(office):
    _, kid = await a_token(office)
    following = await rotate_keys(office.deps)
    office.clock.advance(minutes=7)
    assert await withdraw_key(office.deps, kid) == following
    assert await published(office.client) == [following]
    assert (await a_token(office))[1] == following


async def test_the_command_withdraws_what_is_published_and_nothing_else(office, command):
    _, kid = await a_token(office)
    code, output = await command("withdraw-key", "made-up")
    assert code != 0
    assert "Nothing was changed" in output
    code, output = await command("withdraw-key", kid)
    assert code == 0, output
    office.clock.advance(minutes=1)
    (following,) = await published(office.client)
    assert kid != following in output


async def test_every_change_of_keys_leaves_an_entry(office):
    first, *_ = await published(office.client)
    second = await rotate_keys(office.deps)
    third = await withdraw_key(office.deps, second)
    assert await key_entries(office) == [
        ("key-made", "auth", first, "first"),
        ("key-made", "operator:command", second, "rotation"),
        ("key-withdrawn", "operator:command", second, None),
        ("key-made", "operator:command", third, "withdrawal"),
    ]
