"""One's own sessions: which there are, and the end of one, of all others, and of this one."""

import pytest

from auth.storage import tables

PHONE, OTHER = "+380000000001", "+380000000002"


@pytest.fixture
async def session(office):
    await office.a_citizen(PHONE)
    return await office.enter(PHONE)


async def listed(office, session):
    answer = await office.client.get("/v1/me/sessions", headers=session["headers"])
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def is_ended(office, session):
    return (await office.refresh(session["refresh_token"])).status_code == 400


async def test_one_sees_where_one_is_signed_in(office, session):
    office.clock.advance(minutes=1)
    body = {"login": PHONE, "password": "long and easy to keep in mind"}
    await office.client.post("/v1/sessions", json=body, headers={"User-Agent": "Phone/1"})
    first, second = await listed(office, session)
    assert (first["device"], first["is_current"]) == ("Phone/1", False)
    assert (second["is_current"], second["methods"], second["mandate"]) == (True, ["pwd"], None)
    assert second["acr"].endswith("/low")
    assert "Phone/1" not in await office.dump()


async def test_a_session_shows_the_mandate_that_it_carries(office):
    officer = await office.an_officer()
    session = await office.enter_officer(officer)
    [item] = await listed(office, session)
    mandate = {"role": "agency_representative", "organisation": "municipal-registrar--dnipro"}
    assert (item["mandate"], item["methods"]) == (mandate, ["pwd", "otp"])


async def test_one_session_is_ended_and_no_other(office, session, problem):
    other = await office.enter(PHONE)
    [ending] = [item["id"] for item in await listed(office, session) if not item["is_current"]]
    gone = await office.client.delete(f"/v1/me/sessions/{ending}", headers=session["headers"])
    assert gone.status_code == 204
    assert await is_ended(office, other)
    assert [item["is_current"] for item in await listed(office, session)] == [True]
    again = await office.client.delete(f"/v1/me/sessions/{ending}", headers=session["headers"])
    assert problem(again, 404, "not-found")
    assert ("session-ended", "done") in await office.trail()


async def test_somebody_elses_session_is_as_if_there_were_none(office, session, problem):
    await office.a_citizen(OTHER)
    stranger = await office.enter(OTHER)
    [own] = await listed(office, session)
    refused = await office.client.delete(f"/v1/me/sessions/{own['id']}", headers=stranger["headers"])
    assert problem(refused, 404, "not-found")
    assert not await is_ended(office, session)


async def test_all_other_sessions_are_ended_at_once(office, session):
    await office.a_citizen(OTHER)
    stranger = await office.enter(OTHER)
    others = [await office.enter(PHONE) for _ in range(2)]
    assert (await office.client.delete("/v1/me/sessions", headers=session["headers"])).status_code == 204
    assert [await is_ended(office, other) for other in others] == [True, True]
    assert not await is_ended(office, session)
    assert not await is_ended(office, stranger)


async def test_who_signs_out_cannot_refresh(office, session, problem):
    without = await office.client.delete("/v1/sessions/current")
    assert problem(without, 401, "unauthenticated")
    gone = await office.client.delete("/v1/sessions/current", headers=session["headers"])
    assert gone.status_code == 204
    assert await is_ended(office, session)
    [row] = await office.rows(tables.sessions)
    assert row.ended_at == office.clock.now()


async def test_a_refresh_token_can_be_handed_in_by_whoever_holds_it(office, session):
    body = {"refresh_token": session["refresh_token"]}
    gone = await office.client.request("DELETE", "/v1/sessions/current", json=body, headers=office.headers())
    assert gone.status_code == 204
    assert await is_ended(office, session)


async def test_a_site_that_somebody_signed_in_to_does_not_manage_the_account(office, session, problem):
    [row] = await office.rows(tables.sessions)
    of_a_site = office.headers(subject=str(row.account_id), sid=str(row.id), client_id="a-site")
    for method, path in (("GET", "/v1/me/sessions"), ("DELETE", "/v1/me/sessions"), ("GET", "/v1/me/passkeys")):
        refused = await office.client.request(method, path, headers=of_a_site)
        assert problem(refused, 403, "not-of-a-session")
    await office.client.delete("/v1/sessions/current", headers=of_a_site)
    assert not await is_ended(office, session)
