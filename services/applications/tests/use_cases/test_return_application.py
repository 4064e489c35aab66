"""Returning an application as incomplete: the applicant reads why."""


async def test_a_returned_application_waits_for_the_applicant_with_the_reason(office):
    case = await office.a_case()
    answer = await office.do(case, "return", by="head of centre", body={"reason": "Додайте квитанцію"})
    assert (answer.status_code, answer.json()["state"], answer.json()["deadline_on"]) == (200, "returned", None)
    (row,) = await office.rows("applications")
    assert (row["state"], row["version"]) == ("returned", 2)
    entry = (await office.get(f"/v1/applications/{case['id']}/timeline", by="citizen")).json()[-1]
    assert (entry["event"], entry["note"]) == ("returned", "Додайте квитанцію")
    assert (entry["actor_role"], entry["organisation"]) == ("head_of_service_centre", "cnap-dnipro")
    name, facts = (await office.events(case))[-1]
    assert (name, facts["state"]) == ("returned", "returned")
    assert "Додайте" not in str(facts)
