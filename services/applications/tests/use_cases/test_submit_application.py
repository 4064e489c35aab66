"""Submitting an application in one call: what is answered, what is written, what a retry gets."""

import asyncio
import hashlib
from uuid import UUID

import orjson
import pytest

from applications.domain.reference import parse_reference
from applications.storage.submission import ReferenceNumbers

PDF = b"%PDF-1.4\n%%EOF\n"
DIGEST = hashlib.sha256(PDF).hexdigest()
OTHER = b"%PDF-1.4\n% another\n%%EOF\n"


async def test_a_submission_is_answered_with_a_receipt(office):
    await office.upload()
    answer = await office.submit()
    receipt = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/applications/{receipt['id']}"
    assert answer.headers["etag"] == '"1"'
    assert parse_reference(receipt["reference"]) == receipt["reference"]
    assert (receipt["state"], receipt["submitted_at"]) == ("submitted", "2026-11-23T09:00:00Z")
    assert (await office.get(answer.headers["location"], by="citizen")).status_code == 200


async def test_a_submission_writes_the_case_its_timeline_files_and_event_together(office, application_body):
    receipt = await office.a_case()
    (row,) = await office.rows("applications")
    assert (str(row["id"]), row["reference"], row["state"]) == (receipt["id"], receipt["reference"], "submitted")
    assert (row["applicant_id"], row["centre"]) == (office.account("citizen"), "cnap-dnipro")
    assert (row["agency"], row["territory"]) == ("municipal-residence-registrar--dnipro", "dnipro")
    assert (row["card_version"], row["version"], row["sequence"]) == (1, 1, 1)
    assert (row["registered_at"], row["deadline_on"]) == (None, None)
    (entry,) = await office.rows("timeline")
    assert (entry["sequence"], entry["event"], entry["actor_role"]) == (1, "submitted", "citizen")
    (file,) = await office.rows("application_files")
    assert (file["document"], file["name"], file["media_type"]) == (
        "payment-receipt", "квитанція.pdf", "application/pdf",
    )  # fmt: skip
    ((name, facts),) = await office.events(receipt)
    assert name == "submitted"
    assert (facts["application_id"], facts["sequence"], facts["state"]) == (receipt["id"], 1, "submitted")
    assert (facts["channel"], facts["territory"]) == ("online", "dnipro")
    (outbox,) = await office.rows("outbox")
    assert (outbox["topic"], outbox["published_at"]) == ("applications.application", None)


async def test_personal_data_is_sealed_in_the_row_and_absent_from_events(office, application_body):
    receipt = await office.a_case()
    (row,) = await office.rows("applications")
    (outbox,) = await office.rows("outbox")
    for value in application_body()["form"].values():
        assert value.encode() not in row["form_sealed"]
        assert value not in outbox["data"]
    case = (await office.get(f"/v1/applications/{receipt['id']}", by="citizen")).json()
    assert case["form"] == application_body()["form"]


async def test_an_oblast_wide_agency_decides_in_one_office(office, catalogue, a_card):
    await catalogue.publish(a_card("foreign-passport", agency="migration-service", agency_scope="oblast-wide"))
    receipt = await office.a_case(public_service="foreign-passport")
    (row,) = await office.rows("applications", id=UUID(receipt["id"]))
    assert row["agency"] == "migration-service"


async def test_a_retry_is_answered_with_the_first_receipt(office):
    await office.upload()
    first = await office.submit(key="the-same-key")
    before = await office.counts()
    again = await office.submit(key="the-same-key")
    assert (again.status_code, again.content) == (201, first.content)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await office.counts() == before


async def test_a_retry_gets_its_receipt_though_the_service_was_withdrawn_meanwhile(office, catalogue, clock):
    await office.upload()
    first = await office.submit(key="the-same-key")
    await catalogue.withdraw("residence-registration", "2026-11-24")
    clock.advance(days=1)
    again = await office.submit(key="the-same-key")
    assert (again.status_code, again.content) == (201, first.content)
    assert (await office.submit(key="another-key")).status_code == 409


async def test_a_key_is_its_owners(office):
    for citizen in ("citizen", "other citizen"):
        await office.upload(by=citizen)
    answers = [await office.submit(by=citizen, key="the-same-key") for citizen in ("citizen", "other citizen")]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.json()["id"] for answer in answers}) == 2


async def test_a_newer_version_of_the_card_is_used_at_once_and_running_cases_keep_theirs(office, catalogue, a_card):
    old = await office.a_case()
    term = {"days": 1, "unit": "working", "basis": "Закон № 1871-IX"}
    await catalogue.publish(a_card(version=2, term=term))
    new = await office.a_case()
    deadlines = []
    for receipt in (old, new):
        await office.do(receipt, "register", by="administrator")
        case = (await office.get(f"/v1/applications/{receipt['id']}", by="citizen")).json()
        deadlines.append((case["card_version"], case["deadline_on"]))
    assert deadlines == [(1, "2026-11-30"), (2, "2026-11-24")]


async def test_a_centre_that_closed_takes_no_applications_at_once(office, catalogue):
    await office.a_case()
    await catalogue.change("cnap-dnipro", active=False)
    answer = await office.submit()
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "unknown-centre")


async def test_text_is_kept_as_it_was_written(office, application_body):
    odd = "Дніпро \u202e\u0301🏠 𝔘 '; DROP TABLE x; -- <b>"
    form = {**application_body()["form"], "address": odd}
    documents = [{**application_body()["documents"][0], "name": odd}]
    receipt = await office.a_case(form=form, documents=documents)
    case = (await office.get(f"/v1/applications/{receipt['id']}", by="citizen")).json()
    assert (case["form"]["address"], case["documents"][0]["name"]) == (odd, odd)


async def test_submissions_at_once_share_what_one_of_them_reserved(office):
    await office.upload()
    answers = await asyncio.gather(*[office.submit() for _ in range(16)])
    sequences = [int(answer.json()["reference"].split("-")[2]) for answer in answers]
    assert sorted(sequences) == list(range(1, 17))
    (reserved,) = await office.rows("reference_numbers")
    assert reserved["last_sequence"] == ReferenceNumbers.BLOCK


async def test_numbers_are_reserved_ahead_without_gaps(office):
    await office.upload()
    answers = [await office.submit() for _ in range(ReferenceNumbers.BLOCK + 10)]
    sequences = [int(answer.json()["reference"].split("-")[2]) for answer in answers]
    assert sequences == list(range(1, ReferenceNumbers.BLOCK + 11))
    (reserved,) = await office.rows("reference_numbers")
    assert reserved["last_sequence"] == 2 * ReferenceNumbers.BLOCK


async def test_references_of_a_year_do_not_repeat_and_a_year_begins_anew(office, clock):
    first, second = (await office.a_case())["reference"], (await office.a_case())["reference"]
    assert [reference[:14] for reference in (first, second)] == ["DP-2026-000001", "DP-2026-000002"]
    clock.set(clock.now().replace(month=12, day=31, hour=22))
    # in Kyiv it is the new year
    assert (await office.a_case())["reference"].startswith("DP-2027-000001")


async def multipart(office, body, files, **headers):
    parts = {"application": (None, orjson.dumps(body), "application/json"), **files}
    return await office.call(
        "POST", "/v1/applications", by="citizen", files=parts,
        headers={"idempotency-key": "a-multipart-call", **headers},
    )  # fmt: skip


def with_files(application_body, *contents: bytes):
    documents = [
        {"document": "payment-receipt", "sha256": hashlib.sha256(content).hexdigest(), "name": f"{number}.pdf"}
        for number, content in enumerate(contents)
    ]
    return application_body(documents=documents)


async def test_form_and_files_come_in_one_multipart_call(office, application_body):
    body = with_files(application_body, PDF, OTHER)
    files = {hashlib.sha256(content).hexdigest(): ("f.pdf", content, "application/pdf") for content in (PDF, OTHER)}
    answer = await multipart(office, body, files)
    assert answer.status_code == 201, answer.text
    assert len(await office.rows("application_files")) == 2
    again = await multipart(office, body, files)
    assert (again.content, again.headers["idempotency-replayed"]) == (answer.content, "true")
    download = await office.get(f"/v1/applications/{answer.json()['id']}/files/{DIGEST}", by="representative")
    assert download.content == PDF


@pytest.mark.parametrize(
    ("files", "status", "slug"),
    [
        ({}, 422, "file-not-uploaded"),
        ({"0" * 64: ("f.pdf", PDF, "application/pdf")}, 422, "hash-mismatch"),
        ({DIGEST: ("f.pdf", PDF, "image/png")}, 415, "file-type-refused"),
        ({DIGEST: ("f.pdf", b"%PDF-1.4\n" + b"a" * 65_536, "application/pdf")}, 413, "file-too-large"),
        ({"application": (None, b'{"form": "\\u0000"}')}, 422, "invalid-request"),
        ({"application": (None, b"not json")}, 400, "malformed-request"),
        ({"application": ("big.json", b" " * 2_000_000)}, 413, "body-too-large"),
        ({"application": ("deep.json", b"[" * 100_000)}, 400, "malformed-request"),
        ({DIGEST: ("f.pdf", b"a" * 6_000_000, "application/pdf")}, 413, "body-too-large"),
    ],
)
async def test_a_wrong_multipart_call_leaves_no_trace(files, status, slug, office, application_body):
    before = await office.counts()
    answer = await multipart(office, with_files(application_body, PDF), files)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, slug)
    assert await office.counts() == before


async def test_a_multipart_call_without_an_application_is_refused(office):
    answer = await office.call(
        "POST", "/v1/applications", by="citizen", files={DIGEST: ("f.pdf", PDF, "application/pdf")},
        headers={"idempotency-key": "a-multipart-call"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/application"]
    assert await office.rows("files") == []
