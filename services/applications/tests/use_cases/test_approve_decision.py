"""Approving a proposed decision: it becomes the decision, with its reason, for the applicant to read."""

REFUSAL = {"outcome": "refused", "refusal_codes": ["register-mismatch"], "reason": "Адреса інша"}


async def test_an_approved_refusal_is_told_with_codes_and_reason(office):
    case = await office.a_case("under_review")
    await office.do(case, "propose-decision", by="representative", body=REFUSAL)
    answer = await office.do(case, "approve-decision", by="head of agency")
    assert (answer.status_code, answer.json()["state"]) == (200, "refused")
    (row,) = await office.rows("applications")
    assert row["decision"]["by"] == str(office.account("head of agency"))
    name, facts = (await office.events(case))[-1]
    assert (name, facts["outcome"], facts["refusal_codes"]) == ("decided", "refused", ["register-mismatch"])
    assert "Адреса" not in str(facts)
    shown = (await office.get(f"/v1/applications/{case['id']}", by="citizen")).json()
    assert shown["decision"] == {**REFUSAL, "at": "2026-11-23T09:00:00Z"}
    assert shown["allowed"] == []
    timeline = (await office.get(f"/v1/applications/{case['id']}/timeline", by="citizen")).json()
    assert (timeline[-1]["event"], timeline[-1]["note"]) == ("decided", "Адреса інша")


async def test_a_heads_own_proposal_is_approved_by_another_head(office):
    case = await office.a_case("under_review")
    await office.do(case, "propose-decision", by="head of agency", body={"outcome": "granted"})
    assert (await office.do(case, "approve-decision", by="head of agency")).status_code == 409
    answer = await office.do(case, "approve-decision", by="second head of agency")
    assert (answer.status_code, answer.json()["state"]) == (200, "granted")
