"""Secrets of clients: a new one while the old stays good for a time, and the end of one at once."""

import pytest

from auth.storage import tables
from auth.use_cases.provision import Declaration, provision
from shared.ids import new_id

OPERATOR = "0198f2c0-7b1a-7c3d-8e4f-5a6b7c8d9e0f"
KIOSK = {"client_id": "kiosk", "name": "Kiosk", "scopes": ["kiosk"]}


@pytest.fixture
async def works(office):
    """Tell whether a secret gets a token."""

    async def do(secret):
        answer = await office.client_token("kiosk", secret, resource="catalog")
        assert answer.status_code in {200, 401}
        return answer.status_code == 200

    return do


@pytest.fixture
def rotate(office):
    async def do(client_id="kiosk", key=None, **body):
        headers = office.headers(subject=OPERATOR, scopes=["operator"])
        headers["Idempotency-Key"] = key or f"secret-{new_id()}"
        return await office.client.post(f"/v1/clients/{client_id}/secrets", json=body, headers=headers)

    return do


async def test_the_old_secret_stays_good_for_the_overlap(office, create, rotate, works):
    old = (await create(KIOSK)).json()["client_secret"]
    new = (await rotate(overlap_hours=2)).json()["client_secret"]
    assert await works(old)
    assert await works(new)
    office.clock.advance(hours=2)
    assert not await works(old)
    assert await works(new)
    assert ("client-secret-made", "done") in await office.trail()
    assert new not in await office.dump()


async def test_a_later_rotation_makes_no_secret_live_longer(office, create, rotate, works):
    first = (await create(KIOSK)).json()["client_secret"]
    await rotate(overlap_hours=1)
    await rotate(overlap_hours=720)
    office.clock.advance(hours=1)
    assert not await works(first)


async def test_without_an_overlap_the_old_secret_ends_at_once(create, rotate, works):
    old = (await create(KIOSK)).json()["client_secret"]
    new = (await rotate(overlap_hours=0)).json()["client_secret"]
    assert (await works(old), await works(new)) == (False, True)


async def test_a_repeated_rotation_gives_the_same_secret(office, create, rotate, problem):
    await create(KIOSK)
    first, again = await rotate(key="the-same-key"), await rotate(key="the-same-key")
    assert first.json() == again.json()
    assert len(await office.rows(tables.client_secrets)) == 3, "of auth itself one, of the kiosk two"
    assert problem(await rotate(key="the-same-key", overlap_hours=1), 422, "idempotency-key-reused")


@pytest.mark.parametrize("hours", [-1, 721, 1.5, "many", None])
async def test_an_overlap_is_at_most_thirty_days(create, rotate, problem, hours):
    await create(KIOSK)
    assert problem(await rotate(overlap_hours=hours), 422, "invalid-request")


async def test_one_secret_can_be_ended(office, create, rotate, works):
    made = (await create(KIOSK)).json()
    new = (await rotate()).json()
    [held] = [secret for secret in made["secrets"] if secret["secret_id"] != new["secret_id"]]
    path = f"/v1/clients/kiosk/secrets/{held['secret_id']}"
    assert (await office.client.delete(path, headers=office.operator())).status_code == 204
    assert (await works(made["client_secret"]), await works(new["client_secret"])) == (False, True)
    assert (await office.client.delete(path, headers=office.operator())).status_code == 404
    assert ("client-secret-ended", "done") in await office.trail()


async def test_a_client_without_a_secret_gets_none(create, rotate, problem):
    web = {"client_id": "app", "name": "App", "kind": "web-public", "redirect_uris": ["https://app.test/"]}
    assert (await create(web)).json()["client_secret"] is None
    assert problem(await rotate("app"), 422, "invalid-request")


async def test_a_declared_secret_that_changes_overlaps_as_declared(office, works):
    declared = {"client_id": "kiosk", "secret": "a" * 40, "scopes": ["kiosk"]}
    await provision(office.deps, Declaration(clients=[declared]))
    later = declared | {"secret": "b" * 40, "secret_overlap_hours": 2}
    for _ in range(3):
        await provision(office.deps, Declaration(clients=[later]))
        office.clock.advance(minutes=50)
    assert (await works("a" * 40), await works("b" * 40)) == (False, True)
    await provision(office.deps, Declaration(clients=[declared]))
    assert (await works("a" * 40), await works("b" * 40)) == (True, False)
