"""Custody of the signing keys: auth works with keys that it never sees, and seals those it keeps itself."""

import pytest
from jose import jwt

from auth.app import create_app
from auth.storage import tables
from auth.use_cases.rotate_keys import rotate_keys
from shared.tokens import TokenVerifier
from tests.support.apps import client_for
from tests.support.key_process import KeysInAnotherProcess
from tests.support.tokens import ISSUER


@pytest.fixture
def elsewhere():
    custody = KeysInAnotherProcess()
    yield custody
    custody.close()


async def test_tokens_are_signed_with_a_key_of_another_process(settings, clock, elsewhere, office):
    async with office.by_hand() as connection:
        await connection.execute(tables.signing_keys.delete())
    app = create_app(settings, clock=clock, custody=elsewhere)
    async with client_for(app, ISSUER) as client:
        rotated = await rotate_keys(app.state.dependencies)
        kids = [row.kid for row in await office.rows(tables.signing_keys)]
        assert {bytes(row.private_sealed) for row in await office.rows(tables.signing_keys)} == {b"slot-0", b"slot-1"}
        form = {"grant_type": "client_credentials", "resource": "notifications"}
        verifier = TokenVerifier(app.state.dependencies.keys, issuer=ISSUER, audience="notifications", clock=clock)
        for signs in (kids[0], rotated):
            answer = await client.post("/oauth/token", data=form, auth=("auth", "s" * 40))
            token = answer.json()["access_token"]
            assert jwt.get_unverified_header(token)["kid"] == signs
            assert (await verifier.verify(token)).subject == "auth"
            clock.advance(minutes=7)


async def test_a_signer_shows_no_key(office):
    signer = await office.deps.keys.current()
    (row,) = await office.rows(tables.signing_keys)
    assert repr(signer) == f"Signer(kid={row.kid!r})"
    assert set(vars(signer)) == {"kid", "sign"}
    assert len(signer.sign(b"message")) == 64
