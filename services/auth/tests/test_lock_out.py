"""The wait after failures: who guesses waits longer and longer, and nobody else does."""

import asyncio
from contextlib import AsyncExitStack

from auth.storage import tables
from auth.use_cases.delete_expired import delete_expired

PHONE, OTHER = "+380000000001", "+380000000002"
WRONG = "not the password at all"


async def guess(client, login=PHONE, password=WRONG, **more):
    return await client.post("/v1/sessions", json={"login": login, "password": password, **more})


async def metrics(office):
    return (await office.client.get("/metrics")).text


async def test_after_five_failures_each_try_has_to_wait_longer(office, problem):
    await office.a_citizen(PHONE)
    for _ in range(5):
        assert problem(await office.sign_in(PHONE, WRONG), 401, "login-failed")
    refused = await office.sign_in(PHONE)
    assert problem(refused, 429, "too-many-attempts")
    assert (refused.json()["retry_after"], refused.headers["retry-after"]) == (3, "3")
    for wait in (2, 4, 8):
        office.clock.advance(seconds=wait - 0.1)
        assert problem(await office.sign_in(PHONE), 429, "too-many-attempts")
        office.clock.advance(seconds=0.1)
        assert problem(await office.sign_in(PHONE, WRONG), 401, "login-failed")
    office.clock.advance(seconds=16)
    assert (await office.sign_in(PHONE)).status_code == 201
    assert problem(await office.sign_in(PHONE, WRONG), 401, "login-failed")
    assert (await office.sign_in(PHONE)).status_code == 201


async def test_a_wrong_second_factor_counts_as_a_failure(office, problem):
    officer = await office.an_officer()
    right = int(office.totp(officer.totp_secret))
    for n in range(5):
        code = f"{(right + 7 + n) % 1_000_000:06d}"
        assert problem(await office.sign_in(officer.login, totp=code), 401, "login-failed")
    assert problem(await office.sign_in_officer(officer), 429, "too-many-attempts")


async def test_a_hundred_tries_at_once_are_five(office):
    await office.a_citizen(PHONE)
    answers = await asyncio.gather(*(office.sign_in(PHONE, WRONG) for _ in range(100)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(401), statuses.count(429)) == (5, 95)


async def test_guessing_from_many_addresses_is_slowed_as_from_one(office, problem):
    await office.a_citizen(PHONE)
    async with AsyncExitStack() as stack:
        strangers = [await stack.enter_async_context(office.from_elsewhere(f"192.0.2.{n}")) for n in range(7)]
        statuses = [(await guess(stranger)).status_code for stranger in strangers]
        assert statuses == [401] * 5 + [429] * 2
        unknown = [(await guess(stranger, "+380000000009")).status_code for stranger in strangers]
        assert unknown == statuses


async def test_who_fails_from_elsewhere_does_not_lock_out_where_one_signed_in_before(office, problem):
    await office.a_citizen(PHONE)
    session = (await office.sign_in(PHONE)).json()
    async with office.from_elsewhere("192.0.2.7") as stranger, office.from_elsewhere("192.0.2.8") as travelling:
        for _ in range(5):
            assert problem(await guess(stranger), 401, "login-failed")
        assert problem(await guess(stranger), 429, "too-many-attempts")
        assert (await office.sign_in(PHONE)).status_code == 201
        # from an address that is not known either, but on a device that is
        assert problem(await guess(travelling, password="long and easy to keep in mind"), 429, "too-many-attempts")
        token = session["device_token"]
        known = await guess(travelling, password="long and easy to keep in mind", device_token=token)
        assert (known.status_code, known.json()["device_token"]) == (201, token)
        assert (await guess(travelling, password="long and easy to keep in mind")).status_code == 201


async def test_a_device_of_one_account_is_a_stranger_to_another(office, problem):
    await office.a_citizen(PHONE)
    await office.a_citizen(OTHER)
    device = (await office.sign_in(PHONE)).json()["device_token"]
    async with office.from_elsewhere("192.0.2.7") as stranger:
        for _ in range(5):
            assert problem(await guess(stranger, OTHER, device_token=device), 401, "login-failed")
        assert problem(await guess(stranger, OTHER), 429, "too-many-attempts")


async def test_who_fails_at_a_known_place_waits_there_alone(office, problem):
    await office.a_citizen(PHONE)
    device = (await office.sign_in(PHONE)).json()["device_token"]
    for _ in range(5):
        assert problem(await guess(office.client), 401, "login-failed")
    assert problem(await guess(office.client), 429, "too-many-attempts")
    assert (await office.sign_in(PHONE, device_token=device)).status_code == 201
    async with office.from_elsewhere("192.0.2.7") as elsewhere:
        assert (await guess(elsewhere, password="long and easy to keep in mind")).status_code == 201


async def test_one_password_tried_on_many_logins_is_slowed(office, problem):
    await office.a_citizen(PHONE)
    await office.a_citizen(OTHER)
    assert (await office.sign_in(PHONE)).status_code == 201
    for n in range(50):
        assert problem(await guess(office.client, f"+3800001{n:05d}"), 401, "login-failed")
    assert problem(await guess(office.client, "+380000199999"), 429, "too-many-attempts")
    assert problem(await office.sign_in(OTHER), 429, "too-many-attempts")
    # whom the address is known for signs in from it all the same
    assert (await office.sign_in(PHONE)).status_code == 201
    async with office.from_elsewhere("192.0.2.7") as elsewhere:
        assert (await guess(elsewhere, OTHER, "long and easy to keep in mind")).status_code == 201


async def test_one_network_of_ipv6_is_one_address(office, problem):
    async with AsyncExitStack() as stack:
        for n in range(50):
            client = await stack.enter_async_context(office.from_elsewhere(f"2001:db8:0:1::{n:x}"))
            assert problem(await guess(client, f"+3800001{n:05d}"), 401, "login-failed")
        beside = await stack.enter_async_context(office.from_elsewhere("2001:db8:0:1:ffff::1"))
        assert problem(await guess(beside), 429, "too-many-attempts")
        other = await stack.enter_async_context(office.from_elsewhere("2001:db8:0:2::1"))
        assert problem(await guess(other), 401, "login-failed")


async def test_a_place_is_known_for_ninety_days(office, problem):
    await office.a_citizen(PHONE)
    assert (await office.sign_in(PHONE)).status_code == 201
    for days, status in ((89, 201), (91, 429)):
        office.clock.advance(days=days)
        async with office.from_elsewhere("192.0.2.7") as stranger:
            for _ in range(5):
                await guess(stranger)
        assert (await office.sign_in(PHONE)).status_code == status


async def test_failures_are_forgotten_after_a_day(office):
    await office.a_citizen(PHONE)
    for _ in range(5):
        await office.sign_in(PHONE, WRONG)
    office.clock.advance(hours=24, seconds=1)
    assert [(await office.sign_in(PHONE, WRONG)).status_code for _ in range(5)] == [401] * 5
    office.clock.advance(hours=24, seconds=1)
    await delete_expired(office.deps.database, office.clock)
    assert await office.rows(tables.failures) == []


async def test_failures_are_recorded_and_counted(office):
    account_id = await office.a_citizen(PHONE)
    for _ in range(6):
        await office.sign_in(PHONE, WRONG)
    await office.sign_in("+380000000009", WRONG)
    rows = [row for row in await office.rows(tables.audit_log) if row.action == "sign-in-failed"]
    assert [(row.outcome, row.subject, row.facts["wait_seconds"]) for row in rows] == [
        *[("refused", account_id, 0)] * 4,
        ("refused", account_id, 2),
        ("refused", "unknown", 0),
    ]
    counted = await metrics(office)
    assert 'refused_sign_ins_total{reason="password"} 6.0' in counted
    assert 'refused_sign_ins_total{reason="waiting"} 1.0' in counted
    assert PHONE not in await office.dump()
