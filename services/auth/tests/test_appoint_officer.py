"""Officers: who appoints whom, and to what, from when until when."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text, update

from auth.storage import tables
from auth.use_cases.sessions import lock_account
from shared.ids import new_id
from tests.support.eventually import eventually

CENTRE, OTHER_CENTRE = "cnap-dnipro", "cnap-nikopol"
AGENCY, OTHER_AGENCY = "municipal-registrar--dnipro", "municipal-registrar--nikopol"
ADMINISTRATOR, REPRESENTATIVE = "service_centre_administrator", "agency_representative"
HEAD_OF_CENTRE, HEAD_OF_AGENCY = "head_of_service_centre", "head_of_executive_agency"
BEARERS = {
    "operator": {"scopes": ["operator"]},
    "head of the centre": {"role": HEAD_OF_CENTRE, "organisation": CENTRE},
    "head of another centre": {"role": HEAD_OF_CENTRE, "organisation": OTHER_CENTRE},
    "head of the agency": {"role": HEAD_OF_AGENCY, "organisation": AGENCY},
    "head of another agency": {"role": HEAD_OF_AGENCY, "organisation": OTHER_AGENCY},
    "administrator": {"role": ADMINISTRATOR, "organisation": CENTRE},
    "representative": {"role": REPRESENTATIVE, "organisation": AGENCY},
    "citizen": {},
    "machine": {"scopes": ["accounts:contact", "notifications:codes"]},
}
MAY_APPOINT = {
    (ADMINISTRATOR, CENTRE): {"head of the centre"},
    (REPRESENTATIVE, AGENCY): {"head of the agency"},
    (HEAD_OF_CENTRE, CENTRE): {"operator"},
    (HEAD_OF_AGENCY, AGENCY): {"operator"},
}


@pytest.mark.parametrize(("role", "organisation"), MAY_APPOINT)
async def test_only_who_the_table_names_appoints(office, problem, role, organisation):
    admitted = set()
    for name, bearer in BEARERS.items():
        answer = await office.appoint(office.headers(**bearer), role=role, organisation=organisation)
        if answer.status_code == 201:
            admitted.add(name)
        else:
            assert problem(answer, 403, "forbidden")
    assert admitted == MAY_APPOINT[role, organisation]
    assert len(await office.rows(tables.accounts)) == len(await office.rows(tables.mandates)) == len(admitted)


async def test_an_appointed_officer_is_told_of_and_signs_in(office):
    answer = await office.appoint(
        office.head(AGENCY), login="Representative.1", role=REPRESENTATIVE, organisation=AGENCY, language="en"
    )
    assert answer.status_code == 201
    account_id, mandate_id = answer.json()["account_id"], answer.json()["mandate_id"]
    [account], [mandate] = await office.rows(tables.accounts), await office.rows(tables.mandates)
    assert (str(account.id), account.kind) == (account_id, "officer")
    assert (str(mandate.id), mandate.role, mandate.organisation) == (mandate_id, REPRESENTATIVE, AGENCY)
    granted = {
        "mandate_id": mandate_id,
        "account_id": account_id,
        "role": REPRESENTATIVE,
        "organisation": AGENCY,
        "valid_from": office.clock.now().isoformat(),
        "valid_to": None,
    }
    registered = {"account_id": account_id, "kind": "officer", "language": "en"}
    assert await office.events() == [("registered.v1", registered), ("mandate-granted.v1", granted)]
    assert (await office.trail())[-2:] == [("officer-appointed", "done"), ("mandate-granted", "done")]

    secret, _ = await office.activate("representative.1", answer.json()["activation_code"])
    session = await office.sign_in("representative.1", totp=office.totp(secret))
    assert session.json()["mandates"] == [{"role": REPRESENTATIVE, "organisation": AGENCY}]


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"organisation": "nowhere"}, "unknown-organisation"),
        ({"organisation": "closed"}, "unknown-organisation"),
        ({"role": HEAD_OF_CENTRE, "organisation": AGENCY}, "role-does-not-fit"),
        ({"valid_to": "2020-01-01T00:00:00Z"}, "mandate-times-wrong"),
        (
            {"valid_from": "2020-01-01T00:00:00Z", "valid_to": "2020-02-01T00:00:00Z"},
            "mandate-times-wrong",
        ),
        ({"valid_from": "2030-01-01T00:00:00Z", "valid_to": "2030-01-01T02:00:00+02:00"}, "mandate-times-wrong"),
    ],
)
async def test_an_appointment_that_makes_no_sense_is_refused(office, problem, change, slug):
    async with office.deps.database.transaction() as connection:
        closed = update(tables.organisations).where(tables.organisations.c.id == OTHER_AGENCY)
        await connection.execute(closed.values(id="closed", is_active=False))
    wanted = {"role": HEAD_OF_AGENCY, "organisation": AGENCY, **change}
    assert problem(await office.appoint(office.operator(), **wanted), 422, slug)
    assert await office.rows(tables.accounts) == []
    assert await office.events() == []


async def test_a_login_is_one_officers(office, problem):
    await office.an_officer("representative")
    again = await office.appoint(office.head(), login="REPRESENTATIVE", role=REPRESENTATIVE, organisation=AGENCY)
    assert problem(again, 409, "login-taken")
    assert len(await office.rows(tables.accounts)) == 1


async def test_a_repeated_appointment_is_the_same_officer(office, problem):
    headers = office.headers(subject=str(new_id()), role=HEAD_OF_AGENCY, organisation=AGENCY)
    wanted = {"key": "the-same-key", "login": "lev", "role": REPRESENTATIVE, "organisation": AGENCY}
    answers = await asyncio.gather(*(office.appoint(headers, **wanted) for _ in range(3)))
    answers.append(await office.appoint(headers, **wanted))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(await office.events()) == 2
    for change in ({"login": "other"}, {"full_name": "Інша Особа Тестівна"}, {"valid_to": "2040-01-01T00:00:00Z"}):
        other = await office.appoint(headers, **wanted | change)
        assert problem(other, 422, "idempotency-key-reused")


@pytest.fixture
def grant(office):
    async def grant(headers, account_id, key=None, **mandate):
        address = f"/v1/officers/{account_id}/mandates"
        idempotency = {"Idempotency-Key": key or f"grant-{new_id()}"}
        return await office.client.post(address, json=mandate, headers=headers | idempotency)

    return grant


async def test_one_more_mandate_is_offered_at_the_next_sign_in(office, grant):
    officer = await office.an_officer()
    given = await grant(office.head(OTHER_AGENCY), officer.account_id, role=REPRESENTATIVE, organisation=OTHER_AGENCY)
    assert given.status_code == 201
    kind, facts = (await office.events())[-1]
    assert (kind, facts["mandate_id"]) == ("mandate-granted.v1", given.json()["mandate_id"])

    session = (await office.sign_in_officer(officer)).json()
    assert [choice["organisation"] for choice in session["choices"]] == [AGENCY, OTHER_AGENCY]


async def test_a_repeated_grant_is_one_mandate(office, grant, problem):
    officer = await office.an_officer()
    headers = office.headers(subject=str(new_id()), role=HEAD_OF_AGENCY, organisation=OTHER_AGENCY)
    wanted = {"key": "the-same-key", "role": REPRESENTATIVE, "organisation": OTHER_AGENCY}
    answers = await asyncio.gather(*(grant(headers, officer.account_id, **wanted) for _ in range(3)))
    assert len({answer.text for answer in answers}) == 1
    assert len(await office.rows(tables.mandates)) == 2
    other = await grant(headers, officer.account_id, **wanted, valid_to="2040-01-01T00:00:00Z")
    assert problem(other, 422, "idempotency-key-reused")


async def test_mandates_are_for_officers_and_within_ones_own_organisation(office, grant, problem):
    officer, citizen = await office.an_officer(), await office.a_citizen()
    wanted = {"role": REPRESENTATIVE, "organisation": AGENCY}
    assert problem(await grant(office.head(), citizen, **wanted), 404, "not-found")
    assert problem(await grant(office.head(), new_id(), **wanted), 404, "not-found")
    for headers in (office.head(OTHER_AGENCY), office.head(CENTRE), office.operator()):
        assert problem(await grant(headers, officer.account_id, **wanted), 403, "forbidden")
    assert len(await office.rows(tables.mandates)) == 1


@pytest.mark.parametrize(
    ("times_of_both", "status"),
    [
        (((0, None), (0, None)), 409),
        (((0, 10), (9, 20)), 409),
        (((5, 10), (0, None)), 409),
        (((5, None), (0, 6)), 409),
        (((0, 10), (10, None)), 201),
        (((10, 20), (0, 10)), 201),
    ],
)
async def test_a_role_is_not_held_twice_at_one_time(office, grant, problem, times_of_both, status):
    officer, now = await office.an_officer(), office.clock.now()
    first, second = times_of_both

    def times(days):
        valid_from, valid_to = (None if day is None else (now + timedelta(days=day)).isoformat() for day in days)
        return {"valid_from": valid_from, "valid_to": valid_to}

    wanted = {"role": REPRESENTATIVE, "organisation": OTHER_AGENCY}
    head = office.head(OTHER_AGENCY)
    assert (await grant(head, officer.account_id, **wanted, **times(first))).status_code == 201
    again = await grant(head, officer.account_id, **wanted, **times(second))
    assert again.status_code == status
    if status == 409:
        assert problem(again, 409, "mandate-overlaps")


async def waiting_for_a_lock(office, number):
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with office.deps.database.reading() as connection:
        return (await connection.execute(text(query))).scalar_one() == number


async def test_two_equal_mandates_given_at_once_are_one(office, grant):
    officer = await office.an_officer()
    wanted = {"role": REPRESENTATIVE, "organisation": OTHER_AGENCY}
    head = office.head(OTHER_AGENCY)
    # held until all of them have come to the account
    async with office.deps.database.transaction() as connection:
        await lock_account(connection, officer.account_id)
        granting = [asyncio.create_task(grant(head, officer.account_id, **wanted)) for _ in range(4)]
        await eventually(partial(waiting_for_a_lock, office, 4))
    answers = await asyncio.gather(*granting)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_the_end_of_a_mandate_is_moved_by_who_gives_it(office, grant, problem):
    officer, now = await office.an_officer(), office.clock.now()
    address = f"/v1/officers/{officer.account_id}/mandates/{officer.mandate_id}"

    async def move(valid_to, headers=None):
        body = {"valid_to": valid_to and valid_to.isoformat()}
        return await office.client.patch(address, json=body, headers=headers or office.head())

    until = now + timedelta(days=3)
    assert (await move(until)).status_code == 204
    [mandate] = await office.rows(tables.mandates)
    assert mandate.valid_to == until
    kind, facts = (await office.events())[-1]
    assert (kind, facts["mandate_id"], facts["valid_to"]) == (
        "mandate-granted.v1",
        officer.mandate_id,
        until.isoformat(),
    )
    later = {"valid_from": until.isoformat(), "role": REPRESENTATIVE, "organisation": AGENCY}
    assert (await grant(office.head(), officer.account_id, **later)).status_code == 201
    assert problem(await move(None), 409, "mandate-overlaps")
    assert problem(await move(now - timedelta(days=1)), 422, "mandate-times-wrong")
    assert problem(await move(None, office.head(OTHER_AGENCY)), 404, "not-found")
    office.clock.advance(days=4)
    assert problem(await move(now + timedelta(days=9)), 422, "mandate-times-wrong")


async def test_a_mandate_is_ended_by_who_may_give_it(office, problem):
    officer = await office.an_officer()
    mandates = f"/v1/officers/{officer.account_id}/mandates"
    own = f"{mandates}/{officer.mandate_id}"
    for bearer in ("head of another agency", "head of the centre", "operator"):
        headers = office.headers(**BEARERS[bearer])
        assert problem(await office.client.delete(own, headers=headers), 404, "not-found")
    for absent in (f"{mandates}/{new_id()}", f"/v1/officers/{new_id()}/mandates/{officer.mandate_id}"):
        assert problem(await office.client.delete(absent, headers=office.head()), 404, "not-found")
    for bearer in ("representative", "citizen", "machine"):
        headers = office.headers(**BEARERS[bearer])
        assert problem(await office.client.delete(own, headers=headers), 403, "forbidden")
    [mandate] = await office.rows(tables.mandates)
    assert mandate.revoked_at is None


async def test_a_head_lists_the_officers_of_the_own_organisation_page_by_page(office, grant):
    officers = [await office.an_officer(f"representative.{n}") for n in range(3)]
    await office.an_officer("foreign", OTHER_AGENCY)
    address = f"/v1/officers/{officers[0].account_id}/mandates/{officers[0].mandate_id}"
    await office.client.delete(address, headers=office.head())

    seen, page = [], "/v1/officers?limit=2"
    while page:
        body = (await office.client.get(page, headers=office.head())).json()
        assert len(body["items"]) <= 2
        seen += body["items"]
        page = body["next"]
    assert [item["mandate_id"] for item in seen] == [officer.mandate_id for officer in officers]
    assert {item["full_name"] for item in seen} == {"Зразкова Марія Тестівна"}
    assert [item["revoked_at"] is None for item in seen] == [False, True, True]

    for headers in (office.operator(), office.head(CENTRE)):
        assert (await office.client.get("/v1/officers", headers=headers)).json()["items"] == []


async def test_a_mandate_ends_at_its_time(office):
    until = (office.clock.now() + timedelta(minutes=5)).isoformat()
    appointed = await office.appoint(
        office.head(), login="lev", role=REPRESENTATIVE, organisation=AGENCY, valid_to=until
    )
    secret, _ = await office.activate("lev", appointed.json()["activation_code"])
    session = (await office.sign_in("lev", totp=office.totp(secret))).json()
    assert len(session["mandates"]) == 1
    office.clock.advance(minutes=5)
    assert (await office.refresh(session["refresh_token"])).json()["error"] == "invalid_grant"
