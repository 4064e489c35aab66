"""Answering the agency: the clock goes on with the days left."""

from datetime import date


async def test_after_the_answer_the_clock_goes_on(office, clock):
    case = await office.a_case("registered")
    clock.advance(days=2)
    await office.do(case, "request-information", by="representative", body={"text": "Яка адреса?"})
    clock.advance(days=5)
    answer = await office.do(case, "supply-information", by="citizen", body={"text": "Ось ця"})
    # of five working days Tuesday was used; Wednesday to Sunday stood; Monday, 30 November, is the second
    assert answer.json() == {"id": case["id"], "state": "under_review", "version": 4, "deadline_on": "2026-12-03"}
    (row,) = await office.rows("applications")
    assert row["deadline_on"] == date(2026, 12, 3)
    name, facts = (await office.events(case))[-1]
    assert (name, facts["deadline_on"]) == ("information-supplied", "2026-12-03")
    assert "Ось ця" not in str(facts)
    shown = (await office.get(f"/v1/applications/{case['id']}", by="representative")).json()
    assert shown["request"] is None
    assert "25.11–29.11 (the clock stood: waiting for the applicant)" in shown["deadline"]["explanation"]["en"]
    timeline = (await office.get(f"/v1/applications/{case['id']}/timeline", by="representative")).json()
    assert (timeline[-1]["event"], timeline[-1]["note"]) == ("information-supplied", "Ось ця")
