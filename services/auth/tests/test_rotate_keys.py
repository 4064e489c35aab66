"""Signing keys: made, published before they sign, and kept published until what they signed has ended."""

import asyncio

from jose import jwt

from auth.app import create_app
from auth.storage import tables
from shared.keys import RemoteKeys
from shared.tokens import TokenVerifier
from tests.support.apps import client_for
from tests.support.tokens import ISSUER


async def published(client):
    return [key["kid"] for key in (await client.get("/.well-known/jwks.json")).json()["keys"]]


async def a_token(office):
    token = (await office.client_token()).json()["access_token"]
    return token, jwt.get_unverified_header(token)["kid"]


async def test_keys_are_rotated_while_everybody_works(office, command):
    keys = RemoteKeys(office.client, "/.well-known/jwks.json", monotonic=lambda: office.clock.now().timestamp())
    elsewhere = TokenVerifier(keys, issuer=ISSUER, audience="notifications", clock=office.clock)
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
        another = TokenVerifier(keys, issuer=ISSUER, audience="notifications", clock=office.clock)
        assert (await another.verify(token)).subject == "auth"
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
    second = await office.deps.keys.rotate()
    office.clock.advance(minutes=3)
    third = await office.deps.keys.rotate()
    assert (await a_token(office))[1] == old
    office.clock.advance(minutes=4)
    assert (await a_token(office))[1] == second
    office.clock.advance(minutes=3)
    assert (await a_token(office))[1] == third
    assert third in await published(office.client)


async def test_keys_made_at_once_are_one_for_a_new_database(office):
    async with office.deps.database.transaction() as connection:
        await connection.execute(tables.signing_keys.delete())
    await asyncio.gather(*(office.deps.keys.ensure() for _ in range(4)))
    assert len(await office.rows(tables.signing_keys)) == 1
