"""Sending a returned application again."""


async def test_a_resubmitted_application_is_the_centres_again(office):
    case = await office.a_case("returned")
    answer = await office.do(case, "resubmit", by="citizen")
    assert (answer.status_code, answer.json()["state"], answer.json()["version"]) == (200, "submitted", 3)
    assert [name for name, _ in await office.events(case)] == ["submitted", "returned", "resubmitted"]
    entries = await office.rows("timeline", "sequence")
    assert [(row["sequence"], row["event"]) for row in entries] == [
        (1, "submitted"), (2, "returned"), (3, "resubmitted"),
    ]  # fmt: skip
    assert (await office.do(case, "register", by="administrator")).status_code == 200
