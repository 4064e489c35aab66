"""Queues, lists, one case, its timeline, and following by reference and access code."""

import pytest

CODE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


async def pages(office, path: str, *, by: str) -> list[list[str]]:
    """Follow `next` to the end; return the references of each page."""
    found = []
    while path:
        page = (await office.get(path, by=by)).json()
        found.append([item["reference"] for item in page["items"]])
        path = page["next"]
    return found


async def test_a_queue_is_sorted_by_legal_deadline_with_what_has_none_last(office, clock):
    late = await office.a_case("registered", public_service="outdoor-advertising-permit")
    soon = await office.a_case("registered")
    none = await office.a_case()
    standing = await office.a_case("awaiting_applicant")
    await office.do(soon, "claim", by="representative")
    page = (await office.get("/v1/applications", by="representative")).json()
    rows = [(item["reference"], item["deadline_on"]) for item in page["items"]]
    assert rows[:2] == [(soon["reference"], "2026-11-30"), (late["reference"], "2026-12-23")]
    assert sorted(rows[2:]) == sorted([(none["reference"], None), (standing["reference"], None)])
    first = page["items"][0]
    assert first == {
        "id": soon["id"],
        "reference": soon["reference"],
        "state": "under_review",
        "public_service": "residence-registration",
        "service_name": {"uk": "Реєстрація місця проживання особи", "en": "Registration of residence"},
        "centre": "cnap-dnipro",
        "agency": "municipal-residence-registrar--dnipro",
        "submitted_at": "2026-11-23T09:00:00Z",
        "deadline_on": "2026-11-30",
        "assignee_id": str(office.account("representative")),
    }


async def test_a_queue_is_read_page_by_page_without_gap_or_repeat(office):
    made = [(await office.a_case("registered" if number % 2 else "submitted"))["reference"] for number in range(7)]
    for limit in (1, 3, 7, 100):
        found = await pages(office, f"/v1/applications?limit={limit}", by="administrator")
        assert sorted(reference for page in found for reference in page) == sorted(made)
        assert all(len(page) == limit for page in found[:-1])
    assert len(await pages(office, "/v1/applications?limit=7", by="administrator")) == 1


async def test_a_case_that_comes_between_two_pages_repeats_nothing(office):
    for _ in range(3):
        await office.a_case("registered")
    first = (await office.get("/v1/applications?limit=2", by="administrator")).json()
    await office.a_case("registered", public_service="outdoor-advertising-permit")
    rest = (await office.get(first["next"], by="administrator")).json()["items"]
    ids = [item["id"] for item in (*first["items"], *rest)]
    assert len(set(ids)) == len(ids) == 4


async def test_a_list_is_narrowed_by_state_and_to_ones_own(office):
    claimed = await office.a_case("under_review")
    registered = await office.a_case("registered")
    for query, by, expected in (
        ("state=registered", "head of agency", [registered]),
        ("state=granted", "head of agency", []),
        ("mine=true", "representative", [claimed]),
        ("mine=true", "second representative", []),
        ("mine=true&state=under_review", "citizen", [claimed]),
    ):
        items = (await office.get(f"/v1/applications?{query}", by=by)).json()["items"]
        assert [item["id"] for item in items] == [case["id"] for case in expected], query
    found = await pages(office, "/v1/applications?mine=true&limit=1", by="citizen")
    assert sorted(reference for page in found for reference in page) == sorted(
        case["reference"] for case in (claimed, registered)
    )


async def test_a_case_shows_its_parties_all_they_need(office, application_body):
    receipt = await office.a_case("registered")
    answer = await office.get(f"/v1/applications/{receipt['id']}", by="representative")
    case = answer.json()
    assert answer.headers["etag"] == f'"{case["version"]}"' == '"2"'
    assert case["form"] == application_body()["form"]
    (document,) = case["documents"]
    assert (document["document"], document["media_type"]) == ("payment-receipt", "application/pdf")
    assert case["deadline"]["on"] == case["deadline_on"] == "2026-11-30"
    assert case["deadline"]["explanation"]["uk"].startswith("Строк: 5 (робочі дні), відлік з дня після 23.11.2026.")
    assert [item["state"] for item in case["verifications"]] == ["requested", "requested"]
    assert (case["channel"], case["language"], case["request"]) == ("online", "uk", None)


@pytest.mark.parametrize(
    ("state", "by", "allowed"),
    [
        ("submitted", "citizen", ["withdraw"]),
        ("submitted", "administrator", ["register", "return"]),
        ("submitted", "representative", []),
        ("under_review", "representative", ["claim", "request-information", "propose-decision", "decide"]),
        ("decision_proposed", "head of agency", ["approve-decision", "send-back", "extend-deadline"]),
        ("granted", "head of agency", []),
    ],
)
async def test_a_case_says_what_its_reader_may_do_now(state, by, allowed, office):
    receipt = await office.a_case(state)
    assert (await office.get(f"/v1/applications/{receipt['id']}", by=by)).json()["allowed"] == allowed


async def test_a_timeline_tells_every_change_in_plain_words(office):
    receipt = await office.a_case("refused")
    timeline = (await office.get(f"/v1/applications/{receipt['id']}/timeline", by="citizen")).json()
    assert [entry["sequence"] for entry in timeline] == list(range(1, 8))
    assert [entry["event"] for entry in timeline] == [
        "submitted", "registered", "verification-requested", "verification-requested", "assigned",
        "decision-proposed", "decided",
    ]  # fmt: skip
    assert timeline[1]["text"] == {
        "uk": "Заяву зареєстровано, почався строк розгляду",
        "en": "The application was registered; the term began",
    }
    assert all(entry["text"]["uk"] and entry["text"]["en"] for entry in timeline)


async def test_who_has_reference_and_code_follows_without_an_account(office):
    receipt = await office.a_case("awaiting_applicant")
    path = f"/v1/track/{receipt['reference'].replace('-', ' ').lower()}"
    answer = await office.get(path, by="nobody", params={"code": receipt["access_code"].lower()})
    assert answer.status_code == 200
    tracked = answer.json()
    assert (tracked["reference"], tracked["state"]) == (receipt["reference"], "awaiting_applicant")
    assert [entry["event"] for entry in tracked["timeline"]][-2:] == ["information-requested", "deadline-changed"]
    assert {(entry["note"], str(entry["facts"])) for entry in tracked["timeline"]} == {(None, "{}")}
    assert not {"form", "documents", "id", "applicant_id"} & set(tracked)
    for personal in ("Зразковенко", "3297499020", "Яка адреса", str(office.account("citizen"))):
        assert personal not in answer.text


async def test_a_wrong_code_and_an_unknown_reference_are_told_the_same(office):
    mine, other = await office.a_case(), await office.a_case()
    code = mine["access_code"]
    near = code[:-1] + next(letter for letter in CODE if letter != code[-1])
    answers = [
        await office.get(f"/v1/track/{reference}", by=by, params={"code": typed})
        for by in ("nobody", "other citizen", "representative")
        for reference, typed in (
            (mine["reference"], near),
            (mine["reference"], other["access_code"]),
            (other["reference"], code),
            ("DP-2026-004217-J", code),
            ("DP-2026-004217-K", code),
            ("anything", code),
        )
    ]
    told = {
        str({name: value for name, value in answer.json().items() if name not in {"instance", "trace_id", "detail"}})
        for answer in answers
    }
    assert {answer.status_code for answer in answers} == {404}
    assert len(told) == 1
    details = {answer.json()["detail"] for answer in answers}
    assert len(details) == 1, details


async def test_a_retried_submission_is_told_the_same_access_code(office):
    await office.upload()
    first, again = [(await office.submit(key="the-same-key")).json() for _ in range(2)]
    assert first["access_code"] == again["access_code"]
