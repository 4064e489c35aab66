"""Deleting what has had its time: codes soon, sessions after ninety days, the audit log never."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import insert

from auth.consumers.listening import listen
from auth.storage import tables
from auth.use_cases.delete_expired import delete_expired
from shared.ids import new_id
from shared.runtime import new_runtime
from tests.support.eventually import eventually

PHONE = "+380000000001"


@pytest.fixture
def clean(office):
    async def clean():
        return {
            name: count for name, count in (await delete_expired(office.deps.database, office.clock)).items() if count
        }

    return clean


async def test_what_is_still_of_use_stays(office, clean):
    await office.register(phone=PHONE)
    await office.a_citizen("+380000000002")
    await office.enter("+380000000002")
    await office.appoint(office.head(), role="agency_representative", organisation="municipal-registrar--dnipro")
    await office.client.post("/v1/sessions/passkey/options")
    await office.sign_in(PHONE, "not the password at all")
    assert await clean() == {}


async def test_codes_challenges_and_failures_go_within_a_day(office, clean):
    await office.register(phone=PHONE)
    await office.client.post("/v1/sessions/passkey/options")
    await office.sign_in(PHONE, "not the password at all")
    office.clock.advance(minutes=6)
    assert await clean() == {"challenges": 1}
    office.clock.advance(days=1, minutes=5)
    gone = await clean()
    assert gone.pop("login_failures") >= 2
    assert gone == {"registrations": 1}


async def test_an_activation_stays_as_long_as_the_keys_of_requests(office, clean):
    await office.appoint(office.head(), role="agency_representative", organisation="municipal-registrar--dnipro")
    office.clock.advance(days=36)
    assert "activations" not in await clean()
    office.clock.advance(days=2)
    assert (await clean())["activations"] == 1


async def test_sessions_go_ninety_days_after_their_end_with_what_came_of_them(office, clean):
    await office.a_citizen(PHONE)
    ended, expired = await office.enter(PHONE), await office.enter(PHONE)
    [session, _] = await office.rows(tables.sessions)
    code = {
        "code_hash": b"hash",
        "session_id": session.id,
        "client_id": "a-site",
        "redirect_uri": "https://a-site.test/",
        "scope": "openid",
        "resources": [],
        "code_challenge": "challenge",
        "family_id": new_id(),
        "expires_at": office.clock.now() + timedelta(minutes=1),
    }
    async with office.deps.database.transaction() as connection:
        await connection.execute(insert(tables.authorization_codes), code)
    await office.client.delete("/v1/sessions/current", headers=ended["headers"])
    office.clock.advance(days=89)
    assert {"sessions", "refresh_tokens"} & set(await clean()) == set()
    office.clock.advance(days=1, seconds=1)
    gone = await clean()
    assert (gone["sessions"], gone["refresh_tokens"]) == (1, 1)
    office.clock.advance(days=30)
    assert await office.rows(tables.sessions)
    gone = await clean()
    assert (gone["sessions"], gone["refresh_tokens"]) == (1, 1)
    assert expired


async def test_the_audit_log_is_never_touched(office, clean):
    await office.a_citizen(PHONE)
    await office.sign_in(PHONE)
    before = await office.trail()
    office.clock.advance(days=4000)
    assert await clean()
    assert await office.trail() == before


async def test_the_consumer_deletes_beside_its_work(office, settings):
    await office.client.post("/v1/sessions/passkey/options")
    runtime, stop = new_runtime("auth", settings), asyncio.Event()
    old = {"challenge_hash": b"old", "expires_at": runtime.clock.now() - timedelta(minutes=1)}
    async with office.deps.database.transaction() as connection:
        await connection.execute(insert(tables.challenges), old)
    async with listen(runtime) as listening:
        [worker] = listening.workers
        running = asyncio.create_task(worker.run(stop))

        async def is_gone():
            return b"old" not in {row.challenge_hash for row in await office.rows(tables.challenges)}

        await eventually(is_gone)
        stop.set()
        await running
    await runtime.http.aclose()
    await runtime.database.dispose()
