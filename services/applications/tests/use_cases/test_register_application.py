"""Registering: the clock starts, and the card's register checks are asked for."""

from datetime import date
from uuid import UUID

import pytest


async def test_registering_starts_the_clock_and_asks_the_registers(office):
    case = await office.a_case()
    answer = await office.do(case, "register", by="administrator")
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    assert answer.json() == {"id": case["id"], "state": "registered", "version": 2, "deadline_on": "2026-11-30"}
    (row,) = await office.rows("applications")
    assert (row["state"], row["deadline_on"], row["version"]) == ("registered", date(2026, 11, 30), 2)
    asked = await office.rows("verifications", "requirement")
    assert [(row["requirement"], row["state"]) for row in asked] == [
        ("community-register", "requested"),
        ("demographic-register", "requested"),
    ]
    timeline = await office.rows("timeline", "sequence")
    assert [(row["sequence"], row["event"], row["actor_role"], row["organisation"]) for row in timeline[1:]] == [
        (2, "registered", "service_centre_administrator", "cnap-dnipro"),
        (3, "verification-requested", "system", None),
        (4, "verification-requested", "system", None),
    ]
    events = await office.events(case)
    names = ["submitted", "registered", "verification-requested", "verification-requested"]
    assert [name for name, _ in events] == names
    assert [data["sequence"] for _, data in events] == [1, 2, 3, 4]
    assert events[1][1]["deadline_on"] == "2026-11-30"
    ids = {UUID(data["verification_id"]) for _, data in events[2:]}
    assert ids == {row["id"] for row in asked}


async def test_a_register_is_asked_when_the_optional_field_was_filled_in(office, application_body):
    form = {**application_body()["form"], "id_document_number": "999000006"}
    case = await office.a_case("registered", form=form)
    asked = {row["requirement"] for row in await office.rows("verifications", application_id=UUID(case["id"]))}
    assert "invalid-documents-database" in asked


async def test_the_gateway_is_told_the_keys_and_asserted_values_of_one_check_and_no_more(office, application_body):
    case = await office.a_case("registered")
    path = f"/v1/applications/{case['id']}/verification-subject"
    answer = await office.get(path, by="register gateway", params={"requirement": "community-register"})
    subject, form = answer.json(), application_body()["form"]
    assert answer.status_code == 200
    assert subject["keys"] == {"rnokpp": form["rnokpp"]}
    assert subject["asserted"] == {"residence_address": form["previous_address"]}
    assert (subject["is_open"], subject["card_version"]) == (True, 1)
    assert form["full_name"] not in answer.text


@pytest.mark.parametrize(("state", "is_open"), [("under_review", True), ("granted", False), ("withdrawn", False)])
async def test_the_gateway_is_told_whether_the_case_is_open(state, is_open, office):
    case = await office.a_case(state)
    path = f"/v1/applications/{case['id']}/verification-subject?requirement=community-register"
    assert (await office.get(path, by="register gateway")).json()["is_open"] is is_open


async def test_a_check_that_the_card_does_not_have_is_not_there(office):
    case = await office.a_case("registered")
    path = f"/v1/applications/{case['id']}/verification-subject?requirement=business-register"
    assert (await office.get(path, by="register gateway")).status_code == 404


async def test_a_version_that_changed_meanwhile_is_not_overwritten(office):
    case = await office.a_case()
    assert (await office.do(case, "register", by="administrator", version=1)).status_code == 200
    before = await office.counts()
    answer = await office.do(case, "withdraw", by="citizen", version=1)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (412, "version-changed")
    assert await office.counts() == before
    assert (await office.do(case, "withdraw", by="citizen", version=2)).status_code == 200
