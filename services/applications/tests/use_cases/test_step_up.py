"""Step-up: a card may want it known more surely who applies online than the token says (RFC 9470)."""

import pytest

from applications.domain.assurance import LEVELS, acr_of
from shared.ids import new_id

SERVICE = "birth-certificate"


@pytest.fixture
def apply(office, application_body):
    """Submit an application as the citizen, with a token of this `acr`."""

    async def submit(acr, key=None):
        token = office.tokens.headers(subject=str(office.account("citizen")), acr=acr)
        headers = token | {"Idempotency-Key": key or f"step-up-{new_id()}"}
        return await office.client.post(
            "/v1/applications", json=application_body(public_service=SERVICE), headers=headers
        )

    return submit


async def published(catalogue, a_card, level, **changes):
    level = {} if level is None else {"assurance_level": level}
    await catalogue.publish(a_card(SERVICE, **level, **changes))


ACRS = {
    None: "low",
    "0": "low",
    "http://eidas.europa.eu/LoA/": "low",
    "HTTP://EIDAS.EUROPA.EU/LoA/HIGH": "low",
    "http://eidas.europa.eu/LoA/high http://eidas.europa.eu/LoA/low": "low",
    **{acr_of(level): level for level in LEVELS},
}


@pytest.mark.parametrize("wanted", [None, *LEVELS])
async def test_a_card_takes_who_is_known_surely_enough_and_sends_others_to_a_surer_sign_in(
    office, catalogue, a_card, apply, wanted
):
    await published(catalogue, a_card, wanted)
    await office.upload()
    for acr, level in ACRS.items():
        before = await office.counts()
        answer = await apply(acr)
        if LEVELS.index(level) >= LEVELS.index(wanted or "low"):
            assert answer.status_code == 201, (acr, answer.text)
            continue
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (401, "insufficient-authentication")
        assert answer.headers["www-authenticate"] == (
            f'Bearer error="insufficient_user_authentication", acr_values="{acr_of(wanted)}"'
        )
        assert answer.json()["acr_values"] == acr_of(wanted)
        assert await office.counts() == before


async def test_the_same_application_is_taken_after_the_surer_sign_in(office, catalogue, a_card, apply):
    await published(catalogue, a_card, "substantial")
    await office.upload()
    assert (await apply(acr_of("low"), key="one-application")).status_code == 401
    assert (await apply(acr_of("substantial"), key="one-application")).status_code == 201
    assert len(await office.rows("applications")) == 1


async def test_a_new_version_that_asks_for_more_or_for_less_holds_at_once(office, catalogue, a_card, apply):
    await published(catalogue, a_card, "low")
    await office.upload()
    taken = await apply(None, key="before-the-change")
    assert taken.status_code == 201
    await published(catalogue, a_card, "high", version=2)
    assert (await apply(acr_of("substantial"))).status_code == 401
    assert (await apply(None, key="before-the-change")).content == taken.content
    await published(catalogue, a_card, "substantial", version=3)
    assert (await apply(acr_of("substantial"))).status_code == 201
