"""The end of mandates: access ends within one token lifetime, and what is held elsewhere goes on."""

from datetime import timedelta

import pytest

from auth.storage import tables
from shared.ids import new_id

AGENCY, OTHER_AGENCY = "municipal-registrar--dnipro", "municipal-registrar--nikopol"
CENTRE = "cnap-dnipro"
REPRESENTATIVE, HEAD_OF_AGENCY = "agency_representative", "head_of_executive_agency"


@pytest.fixture
def dismiss(office):
    async def dismiss(account_id, headers=None):
        return await office.client.delete(f"/v1/officers/{account_id}", headers=headers or office.head())

    return dismiss


@pytest.fixture
async def serving_twice(office):
    """An officer with a mandate in each of two agencies, and a session with each chosen."""
    officer = await office.an_officer()
    headers = office.head(OTHER_AGENCY) | {"Idempotency-Key": f"grant-{new_id()}"}
    body = {"role": REPRESENTATIVE, "organisation": OTHER_AGENCY}
    await office.client.post(f"/v1/officers/{officer.account_id}/mandates", json=body, headers=headers)
    sessions = {}
    for organisation in (AGENCY, OTHER_AGENCY):
        office.clock.advance(seconds=30)
        session = await office.enter_officer(officer)
        [mandate_id] = [choice["id"] for choice in session["choices"] if choice["organisation"] == organisation]
        chosen = await office.client.put(
            "/v1/sessions/current/mandate", json={"mandate_id": mandate_id}, headers=session["headers"]
        )
        sessions[organisation] = chosen.json()
    return officer, sessions


async def goes_on(office, session):
    return (await office.refresh(session["refresh_token"])).status_code == 200


async def test_an_officers_life(office, dismiss, problem):
    appointed = await office.appoint(office.operator(), login="head", role=HEAD_OF_AGENCY, organisation=AGENCY)
    secret, _ = await office.activate("head", appointed.json()["activation_code"])
    session = await office.enter("head", totp=office.totp(secret))

    hired = await office.appoint(session["headers"], login="lev", role=REPRESENTATIVE, organisation=AGENCY)
    assert hired.status_code == 201

    gone = await dismiss(appointed.json()["account_id"], office.operator())
    assert gone.status_code == 204
    assert (await office.refresh(session["refresh_token"])).json()["error"] == "invalid_grant"
    office.clock.advance(seconds=session["expires_in"] + 30)
    late = await office.appoint(session["headers"], login="nadia", role=REPRESENTATIVE, organisation=AGENCY)
    assert problem(late, 401, "unauthenticated")

    again = await office.enter("head", totp=office.totp(secret))
    assert again["mandates"] == again["choices"] == []
    powerless = await office.appoint(again["headers"], login="nadia", role=REPRESENTATIVE, organisation=AGENCY)
    assert problem(powerless, 403, "forbidden")


async def test_a_dismissal_ends_the_mandates_and_sessions_and_tells_of_each(office, dismiss):
    officer = await office.an_officer()
    session = await office.enter_officer(officer)
    assert [(await dismiss(officer.account_id)).status_code for _ in range(2)] == [204, 204]
    [mandate] = await office.rows(tables.mandates)
    assert mandate.revoked_at == office.clock.now()
    revoked = [facts for kind, facts in await office.events() if kind == "mandate-revoked.v1"]
    assert [facts["mandate_id"] for facts in revoked] == [officer.mandate_id]
    assert not await goes_on(office, session)
    assert (await office.trail()).count(("officer-dismissed", "done")) == 1


async def test_a_dismissal_leaves_what_is_held_elsewhere(office, dismiss, serving_twice):
    officer, sessions = serving_twice
    assert (await dismiss(officer.account_id)).status_code == 204
    assert [await goes_on(office, sessions[place]) for place in (AGENCY, OTHER_AGENCY)] == [False, True]
    office.clock.advance(seconds=30)
    session = await office.enter_officer(officer)
    assert [mandate["organisation"] for mandate in session["mandates"]] == [OTHER_AGENCY]


async def test_ending_one_mandate_ends_the_sessions_that_carry_it(office, serving_twice):
    officer, sessions = serving_twice
    address = f"/v1/officers/{officer.account_id}/mandates/{officer.mandate_id}"
    for _ in range(2):
        assert (await office.client.delete(address, headers=office.head())).status_code == 204
    ended = [row for row in await office.rows(tables.sessions) if row.ended_at is not None]
    assert [str(row.mandate_id) for row in ended] == [officer.mandate_id]
    assert [await goes_on(office, sessions[place]) for place in (AGENCY, OTHER_AGENCY)] == [False, True]
    revoked = [facts for kind, facts in await office.events() if kind == "mandate-revoked.v1"]
    assert revoked == [
        {
            "mandate_id": officer.mandate_id,
            "account_id": officer.account_id,
            "role": REPRESENTATIVE,
            "organisation": AGENCY,
            "revoked_at": office.clock.now().isoformat(),
        }
    ]


async def test_mandates_to_come_end_too(office, dismiss):
    officer = await office.an_officer()
    start = (office.clock.now() + timedelta(days=9)).isoformat()
    until = (office.clock.now() + timedelta(days=5)).isoformat()
    address = f"/v1/officers/{officer.account_id}/mandates"
    await office.client.patch(f"{address}/{officer.mandate_id}", json={"valid_to": until}, headers=office.head())
    body = {"role": REPRESENTATIVE, "organisation": AGENCY, "valid_from": start}
    headers = office.head() | {"Idempotency-Key": f"grant-{new_id()}"}
    assert (await office.client.post(address, json=body, headers=headers)).status_code == 201
    await dismiss(officer.account_id)
    assert all(mandate.revoked_at for mandate in await office.rows(tables.mandates))


async def test_only_who_gives_a_mandate_dismisses(office, dismiss, problem):
    officer, citizen = await office.an_officer(), await office.a_citizen()
    for headers in (office.head(OTHER_AGENCY), office.head(CENTRE), office.operator()):
        assert problem(await dismiss(officer.account_id, headers), 404, "not-found")
    assert problem(await dismiss(citizen), 404, "not-found")
    assert problem(await dismiss(new_id()), 404, "not-found")
    representative = office.headers(role=REPRESENTATIVE, organisation=AGENCY)
    assert problem(await dismiss(officer.account_id, representative), 403, "forbidden")
    [mandate] = await office.rows(tables.mandates)
    assert mandate.revoked_at is None


async def test_who_is_dismissed_before_activating_cannot(office, dismiss, problem):
    appointed = await office.appoint(office.head(), login="lev", role=REPRESENTATIVE, organisation=AGENCY)
    await dismiss(appointed.json()["account_id"])
    refused = await office.begin_activation("lev", appointed.json()["activation_code"])
    assert problem(refused, 422, "activation-refused")
