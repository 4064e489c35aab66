"""Withdrawing: in any open state, by the applicant, for good."""

import pytest


@pytest.mark.parametrize(
    "state", ["submitted", "returned", "registered", "under_review", "awaiting_applicant", "decision_proposed"]
)
async def test_an_open_application_is_withdrawn(state, office):
    case = await office.a_case(state)
    answer = await office.do(case, "withdraw", by="citizen")
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    (row,) = await office.rows("applications")
    assert row["state"] == "withdrawn"
    name, facts = (await office.events(case))[-1]
    assert (name, facts["state"]) == ("withdrawn", "withdrawn")
    before = await office.counts()
    assert (await office.do(case, "withdraw", by="citizen")).status_code == 409
    assert await office.counts() == before
