"""Asking the applicant: the clock stands until the answer."""

from datetime import UTC, datetime


async def test_while_the_applicant_is_asked_the_clock_stands(office):
    case = await office.a_case("under_review")
    answer = await office.do(case, "request-information", by="representative", body={"text": "Яка адреса?"})
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["deadline_on"]) == ("awaiting_applicant", None)
    (row,) = await office.rows("applications")
    assert (row["deadline_on"], row["request"]) == (None, "Яка адреса?")
    (pause,) = row["suspensions"]
    assert datetime.fromisoformat(pause["since"]) == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert pause["until"] is None
    asked, changed = (await office.events(case))[-2:]
    assert asked[0] == "information-requested"
    assert changed[0] == "deadline-changed"
    assert (changed[1]["deadline_on"], changed[1]["previous_deadline_on"]) == (None, "2026-11-30")
    assert "адреса" not in str(asked)


async def test_the_applicant_reads_the_question_and_why_there_is_no_date(office):
    case = await office.a_case("awaiting_applicant")
    shown = (await office.get(f"/v1/applications/{case['id']}", by="citizen")).json()
    assert (shown["request"], shown["allowed"]) == ("Яка адреса?", ["supply-information", "withdraw"])
    assert shown["deadline"]["on"] is None
    assert shown["deadline"]["explanation"]["en"].endswith("The clock stands until the applicant answers.")
