"""Claiming a case: one officer of the agency has it."""

import asyncio


async def test_a_claimed_case_has_its_officer(office):
    case = await office.a_case("registered")
    answer = await office.do(case, "claim", by="representative")
    assert (answer.status_code, answer.json()["state"]) == (200, "under_review")
    (row,) = await office.rows("applications")
    assert (row["state"], row["assignee_id"]) == ("under_review", office.account("representative"))
    name, facts = (await office.events(case))[-1]
    assert (name, facts["assignee_id"]) == ("assigned", str(office.account("representative")))
    (entry,) = await office.rows("timeline", event="assigned")
    assert (entry["actor_role"], entry["organisation"]) == (
        "agency_representative", "municipal-residence-registrar--dnipro",
    )  # fmt: skip


async def test_of_two_officers_who_claim_at_once_one_has_the_case(office):
    case = await office.a_case("registered")
    officers = ["representative", "second representative"] * 5
    answers = await asyncio.gather(*(office.do(case, "claim", by=officer) for officer in officers))
    winners = {officer for officer, answer in zip(officers, answers, strict=True) if answer.status_code == 200}
    assert len(winners) == 1
    assert {answer.status_code for answer in answers} == {200, 409}
    (row,) = await office.rows("applications")
    assert row["assignee_id"] == office.account(winners.pop())
