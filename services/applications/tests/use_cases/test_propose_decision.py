"""Proposing a decision: it is the agency's own until it is made."""

import pytest

REFUSAL = {"outcome": "refused", "refusal_codes": ["register-mismatch"], "reason": "Адреса інша"}


async def test_a_proposal_is_kept_and_told_without_its_reason(office):
    case = await office.a_case("under_review")
    answer = await office.do(case, "propose-decision", by="representative", body=REFUSAL)
    assert (answer.status_code, answer.json()["state"]) == (200, "decision_proposed")
    (row,) = await office.rows("applications")
    assert (row["proposal"]["outcome"], row["proposal"]["by"]) == ("refused", str(office.account("representative")))
    assert row["decision"] is None
    name, facts = (await office.events(case))[-1]
    assert (name, facts["outcome"]) == ("decision-proposed", "refused")
    assert "Адреса" not in str(facts)


@pytest.mark.parametrize(
    ("by", "is_seen"),
    [("citizen", False), ("administrator", False), ("head of centre", False), ("representative", True),
     ("head of agency", True)],
)  # fmt: skip
async def test_only_the_agency_sees_what_is_proposed_and_sent_back(by, is_seen, office):
    case = await office.a_case("under_review")
    await office.do(case, "propose-decision", by="representative", body=REFUSAL)
    shown = (await office.get(f"/v1/applications/{case['id']}", by=by)).json()
    await office.do(case, "send-back", by="head of agency", body={"reason": "Перевірте ще"})
    timeline = (await office.get(f"/v1/applications/{case['id']}/timeline", by=by)).json()
    proposed, sent_back = timeline[-2:]
    if is_seen:
        assert (shown["proposal"]["outcome"], shown["proposal"]["reason"]) == ("refused", "Адреса інша")
        assert (proposed["facts"], sent_back["note"]) == ({"outcome": "refused"}, "Перевірте ще")
        return
    assert shown["proposal"] is None
    assert (proposed["facts"], sent_back["note"]) == ({}, None)
    assert "refused" not in str(timeline)
