"""Granting at once, where the card leaves it to the one who asks."""

import pytest


@pytest.mark.parametrize(
    ("service", "by"),
    [("residence-registration", "representative"), ("residence-registration", "head of agency"),
     ("outdoor-advertising-permit", "head of agency")],
)  # fmt: skip
async def test_a_granted_application_is_decided(service, by, office):
    case = await office.a_case("under_review", public_service=service)
    answer = await office.do(case, "decide", by=by, body={"outcome": "granted", "reason": "Усе гаразд"})
    assert (answer.status_code, answer.json()["state"]) == (200, "granted")
    (row,) = await office.rows("applications")
    assert (row["decision"]["outcome"], row["decision"]["by"]) == ("granted", str(office.account(by)))
    name, facts = (await office.events(case))[-1]
    assert (name, facts["outcome"], facts["refusal_codes"]) == ("decided", "granted", [])
    shown = (await office.get(f"/v1/applications/{case['id']}", by="citizen")).json()
    assert (shown["decision"]["outcome"], shown["decision"]["reason"]) == ("granted", "Усе гаразд")
