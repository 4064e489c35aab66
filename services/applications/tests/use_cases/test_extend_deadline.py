"""Extending the term: once, by the head, by at most the term itself."""

from datetime import date


async def test_an_extended_term_is_told_with_its_reason(office):
    case = await office.a_case("under_review")
    body = {"days": 365, "reason": "Потрібна експертиза"}
    answer = await office.do(case, "extend-deadline", by="head of agency", body=body)
    assert (answer.status_code, answer.json()["state"]) == (200, "under_review")
    assert answer.json()["deadline_on"] == "2026-12-07"
    (row,) = await office.rows("applications")
    assert (row["extension_days"], row["deadline_on"]) == (5, date(2026, 12, 7))
    name, facts = (await office.events(case))[-1]
    assert (name, facts["reason"]) == ("deadline-changed", "extended")
    assert (facts["previous_deadline_on"], facts["deadline_on"]) == ("2026-11-30", "2026-12-07")
    entry = (await office.get(f"/v1/applications/{case['id']}/timeline", by="citizen")).json()[-1]
    assert entry["note"] == "Потрібна експертиза"


async def test_a_term_is_not_extended_twice(office):
    case = await office.a_case("registered")
    body = {"days": 1, "reason": "Потрібна експертиза"}
    await office.do(case, "extend-deadline", by="head of agency", body=body)
    before = await office.counts()
    answer = await office.do(case, "extend-deadline", by="second head of agency", body=body)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "already-extended")
    assert await office.counts() == before
