"""Sending a proposed decision back: the examination goes on."""


async def test_what_was_sent_back_is_examined_again(office):
    case = await office.a_case("decision_proposed")
    answer = await office.do(case, "send-back", by="head of agency", body={"reason": "Перевірте адресу"})
    assert (answer.status_code, answer.json()["state"]) == (200, "under_review")
    (row,) = await office.rows("applications")
    assert (row["proposal"], row["decision"]) == (None, None)
    (entry,) = await office.rows("timeline", event="sent-back")
    assert (entry["note"], entry["actor_role"]) == ("Перевірте адресу", "head_of_executive_agency")
    name, facts = (await office.events(case))[-1]
    assert name == "sent-back"
    assert "адресу" not in str(facts)
    again = await office.do(case, "propose-decision", by="representative", body={"outcome": "granted"})
    assert again.status_code == 200
