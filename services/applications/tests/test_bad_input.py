"""What is wrong is refused with a named problem, and leaves no trace: every table is as it was, and nothing is a 500."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.support.tokens import TestIssuer, a_signing_key

PERMIT = "outdoor-advertising-permit"
FORM = {
    "full_name": "Зразковенко Олена Петрівна",
    "rnokpp": "3297499020",
    "address": "Дніпро, вул. Умовна, 1",
    "arrival_date": "2026-11-20",
}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\6\0\0\0\x1f\x15\xc4\x89" + b"\0\0\0\0IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xdb" + b"\0" * 64 + b"\xff\xd9"


def a_document(document: str = "payment-receipt", sha256: str = "0" * 64, name: str = "файл.pdf") -> dict[str, str]:
    return {"document": document, "sha256": sha256, "name": name}


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


def assert_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"http://service.test/problems/{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"].startswith("/")
    return problem


@pytest.fixture
async def unchanged(office):
    """Hold every table to what it was before the test's bad request; the receipt is uploaded before."""
    await office.upload()
    before = await office.counts()
    yield
    assert await office.counts() == before


WRONG_SUBMISSIONS = {
    "unknown service": ({"public_service": "no-such-service"}, 422, "unknown-service"),
    "unknown centre": ({"centre": "cnap-nowhere"}, 422, "unknown-centre"),
    "agency as a centre": ({"centre": "municipal-residence-registrar--dnipro"}, 422, "unknown-centre"),
    "no documents": ({"documents": []}, 422, "documents-missing"),
    "document the card does not ask for": ({"documents": [a_document("diploma")]}, 422, "unknown-document"),
    "file that nobody uploaded": ({"documents": [a_document()]}, 422, "file-not-uploaded"),
    "the same file twice": ({"documents": [a_document(), a_document()]}, 422, "invalid-request"),
    "hash that is none": ({"documents": [a_document(sha256="zz")]}, 422, "invalid-request"),
    "more documents than are taken": ({"documents": [a_document()] * 51}, 422, "invalid-request"),
    "file name too long": ({"documents": [a_document(name="н" * 201)]}, 422, "invalid-request"),
    "no consent": ({"consent": None}, 422, "invalid-request"),
    "consent refused": ({"consent": False}, 422, "invalid-request"),
    "unknown member": ({"urgent": True}, 422, "invalid-request"),
    "language that is not spoken": ({"language": "fr"}, 422, "invalid-request"),
    "channel of officers": ({"channel": "service-centre"}, 422, "invalid-request"),
    "slug that is none": ({"public_service": "../cards"}, 422, "invalid-request"),
    "form that is a list": ({"form": []}, 422, "invalid-request"),
    "number too large to keep": ({"form": {**FORM, "dwelling_area": 10**30}}, 422, "form-invalid"),
    "U+0000 in the form": ({"form": {**FORM, "address": "Дніпро\0"}}, 422, "invalid-request"),
    "U+0000 in a name of the form": ({"form": {**FORM, "a\0": 1}}, 422, "invalid-request"),
    "U+0000 in a file name": ({"documents": [a_document(name="а\0.pdf")]}, 422, "invalid-request"),
    "form nested deeply": ({"form": {"household": json.loads(nested(40))}}, 400, "malformed-request"),
}


@pytest.mark.parametrize("case", WRONG_SUBMISSIONS)
async def test_a_wrong_submission_is_refused(case, office, application_body, unchanged):
    changes, status, slug = WRONG_SUBMISSIONS[case]
    body = json.dumps(application_body(**changes)).encode()
    assert_problem(await office.submit(body=body), status, slug)


async def test_every_violation_of_a_form_is_listed_with_a_pointer(office, unchanged):
    secret = "Зразковенко-таємне"
    form = {"rnokpp": secret, "address": 5, "arrival_date": "2026-13-45", "household": [{"full/name": "x"}], "x": 1}
    problem = assert_problem(await office.submit(form=form), 422, "form-invalid")
    where = sorted(error["pointer"] for error in problem["errors"])
    # the missing name and the unknown member are violations of the form itself
    assert where == ["/form", "/form", "/form/address", "/form/arrival_date", "/form/household/0/full~1name",
                     "/form/rnokpp"]  # fmt: skip
    assert all(error["detail"] for error in problem["errors"])
    assert secret not in str(problem)


async def test_what_is_missing_is_named(office, unchanged):
    problem = assert_problem(await office.submit(documents=[]), 422, "documents-missing")
    assert problem["missing"] == ["payment-receipt"]
    problem = assert_problem(await office.submit(documents=[a_document(sha256="1" * 64)]), 422, "file-not-uploaded")
    assert problem["missing"] == ["1" * 64]
    problem = assert_problem(await office.submit(documents=[a_document("diploma")]), 422, "unknown-document")
    assert problem["documents"] == ["identity-document", "payment-receipt", "power-of-attorney"]


async def test_another_persons_file_is_not_there(office, unchanged):
    assert_problem(await office.submit(by="other citizen"), 422, "file-not-uploaded")


@pytest.mark.parametrize("on", ["2026-11-23", "2026-11-01"])
async def test_a_withdrawn_service_takes_no_applications(on, office, catalogue):
    await office.upload()
    await catalogue.withdraw("residence-registration", on)
    before = await office.counts()
    assert_problem(await office.submit(), 409, "service-withdrawn")
    assert await office.counts() == before


async def test_a_service_that_is_not_offered_online_is_refused(office, catalogue, a_card):
    await office.upload()
    await catalogue.publish(a_card(version=2, channels=["service-centre", "post-office"]))
    before = await office.counts()
    problem = assert_problem(await office.submit(), 422, "channel-not-offered")
    assert problem["channels"] == ["service-centre", "post-office"]
    assert await office.counts() == before


async def test_a_card_that_is_not_valid_yet_is_not_there(office, catalogue, a_card):
    await catalogue.publish(a_card("tree-removal", valid_from="2026-11-24"))
    assert_problem(await office.submit(public_service="tree-removal"), 422, "unknown-service")


WRONG_BODIES = {
    "ten megabytes": (b'{"form":"' + b"a" * 10_000_000 + b'"}', "application/json", 413, "body-too-large"),
    "deep nesting": (nested(100_000).encode(), "application/json", 400, "malformed-request"),
    "not JSON": (b"{'form': 1}", "application/json", 400, "malformed-request"),
    "JSON cut off": (b'{"form": {', "application/json", 400, "malformed-request"),
    "nothing": (b"", "application/json", 400, "malformed-request"),
    "not UTF-8": (b'{"form": "\xff\xfe"}', "application/json", 400, "malformed-request"),
    "lone surrogate": (b'{"form": "\\ud800"}', "application/json", 400, "malformed-request"),
    "not a number": (b'{"form": NaN}', "application/json", 400, "malformed-request"),
    "infinite number": (b'{"form": 1e999}', "application/json", 400, "malformed-request"),
    "list": (b"[]", "application/json", 422, "invalid-request"),
    "XML": (b"<form/>", "application/xml", 415, "unsupported-media-type"),
    "JSON that says it is text": (b"{}", "text/plain", 415, "unsupported-media-type"),
    "ten megabytes of text": (b"a" * 10_000_000, "text/plain", 415, "unsupported-media-type"),
    "multipart without a boundary": (b"--x", "multipart/form-data", 400, "malformed-request"),
    "multipart that is none": (b"junk", "multipart/form-data; boundary=x", 400, "malformed-request"),
}


@pytest.mark.parametrize("case", WRONG_BODIES)
async def test_a_body_that_is_none_is_refused(case, office, unchanged):
    body, media_type, status, slug = WRONG_BODIES[case]
    headers = {"content-type": media_type, "idempotency-key": "key-of-a-bad-body"}
    answer = await office.call("POST", "/v1/applications", by="citizen", content=body, headers=headers)
    assert_problem(answer, status, slug)


@pytest.mark.parametrize("key", [None, "short", "k" * 129, "has a space", "ключ-ключ"])
async def test_a_submission_needs_an_idempotency_key(key, office, application_body, unchanged):
    headers = {} if key is None else {"idempotency-key": key.encode()}
    answer = await office.call("POST", "/v1/applications", by="citizen", json=application_body(), headers=headers)
    problem = assert_problem(answer, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == ["Idempotency-Key:"]


@pytest.mark.parametrize("change", [{"language": "en"}, {"form": {}}, {"public_service": PERMIT}, {"documents": []}])
async def test_a_key_that_came_with_another_body_is_refused(change, office):
    await office.upload()
    assert (await office.submit(key="the-same-key")).status_code == 201
    before = await office.counts()
    assert_problem(await office.submit(key="the-same-key", **change), 422, "idempotency-key-reused")
    assert await office.counts() == before


async def test_fifty_concurrent_retries_make_one_case(office):
    await office.upload()
    answers = await asyncio.gather(*(office.submit(key="one-submission") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    counts = {name: count for name, (count, _) in (await office.counts()).items()}
    tables = ("applications", "timeline", "outbox", "application_files", "idempotency_keys")
    assert [counts[table] for table in tables] == [1, 1, 1, 1, 1]


async def test_fifty_concurrent_requests_of_one_key_and_two_bodies_make_one_case(office):
    await office.upload()
    languages = ["uk", "en"] * 25
    answers = await asyncio.gather(*(office.submit(key="one-submission", language=text) for text in languages))
    made = {text for text, answer in zip(languages, answers, strict=True) if answer.status_code == 201}
    assert len(made) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert_problem(answer, 422, "idempotency-key-reused")
    assert len(await office.rows("applications")) == 1


WRONG_FILES = {
    "wrong hash": (b"%PDF-1.4\n%%EOF", {"sha256": "0" * 64}, 422, "hash-mismatch"),
    "hash in capitals": (b"%PDF-1.4\n%%EOF", {"sha256": "A" * 64}, 422, "invalid-request"),
    "too large": (b"%PDF-1.4\n" + b"a" * 65_536, {}, 413, "file-too-large"),
    "PNG that says it is PDF": (PNG, {}, 415, "file-type-refused"),
    "PDF that says it is JPEG": (b"%PDF-1.4\n%%EOF", {"media_type": "image/jpeg"}, 415, "file-type-refused"),
    "program": (b"MZ" + b"\0" * 200, {}, 415, "file-type-refused"),
    "page that says it is PDF": (b"<html><script>alert(1)</script>", {}, 415, "file-type-refused"),
    "archive": (b"PK\x03\x04" + b"\0" * 60, {"media_type": "application/zip"}, 415, "file-type-refused"),
    "nothing": (b"", {}, 415, "file-type-refused"),
    "text": ("текст".encode(), {"media_type": "text/plain"}, 415, "file-type-refused"),
    "no type": (b"%PDF-1.4\n%%EOF", {"media_type": ""}, 415, "unsupported-media-type"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_FILES)
async def test_a_wrong_file_is_refused(case, office, unchanged, tmp_path):
    content, options, status, slug = WRONG_FILES[case]
    kept = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert_problem(await office.upload(content, **options), status, slug)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == kept


@pytest.mark.parametrize(("content", "media_type"), [(PNG, "image/png"), (JPEG, "image/jpeg")])
async def test_a_picture_that_is_what_it_says_is_taken(content, media_type, office):
    answer = await office.upload(content, media_type=media_type)
    assert (answer.status_code, answer.json()["media_type"]) == (201, media_type)


def a_forged_token(office, case: str) -> str:
    """Return a token that is wrong in one way; all else is as auth makes it for the applicant."""
    good = {"subject": str(office.account("citizen"))}
    now = int(office.tokens.clock.now().timestamp())
    forger = TestIssuer(office.tokens.clock, key=a_signing_key())
    token = office.tokens.token(**good)
    head, _, signature = token.split(".")
    other_claims = office.tokens.token(subject=str(office.account("other citizen"))).split(".")[1]
    return {
        "expired": lambda: office.tokens.token(**good, iat=now - 1200, exp=now - 600),
        "of another issuer": lambda: office.tokens.token(**good, iss="http://other.test"),
        "for another service": lambda: office.tokens.token(**good, aud=["catalog"]),
        "signed by a forger": lambda: forger.token(**good),
        "with the claims of another": lambda: f"{head}.{other_claims}.{signature}",
        "unsigned": lambda: f"{head}.{other_claims}.",
        "not a token": lambda: "abc",
    }[case]()


@pytest.mark.parametrize(
    "case",
    ["expired", "of another issuer", "for another service", "signed by a forger", "with the claims of another",
     "unsigned", "not a token"],
)  # fmt: skip
async def test_a_token_that_is_not_good_is_refused(case, office, application_body, unchanged):
    headers = {"authorization": f"Bearer {a_forged_token(office, case)}", "idempotency-key": "a-forged-token"}
    answer = await office.client.post("/v1/applications", json=application_body(), headers=headers)
    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


WRONG_STEPS = {
    "returned without a reason": ("submitted", "return", "administrator", {}, 422, "invalid-request"),
    "returned with an empty reason": ("submitted", "return", "administrator", {"reason": ""}, 422, "invalid-request"),
    "returned with a blank reason": ("submitted", "return", "administrator", {"reason": " "}, 422, "reason-missing"),
    "returned with U+0000": ("submitted", "return", "administrator", {"reason": "а\0"}, 422, "invalid-request"),
    "returned with a novel": ("submitted", "return", "administrator", {"reason": "а" * 4001}, 422, "invalid-request"),
    "refused without a code": (
        "under_review", "propose-decision", "representative", {"outcome": "refused", "reason": "т"}, 422,
        "refusal-code-missing",
    ),
    "refused with an unknown code": (
        "under_review", "propose-decision", "representative",
        {"outcome": "refused", "reason": "т", "refusal_codes": ["x"]}, 422, "unknown-refusal-code",
    ),
    "refused without words": (
        "under_review", "propose-decision", "representative",
        {"outcome": "refused", "refusal_codes": ["register-mismatch"]}, 422, "reason-missing",
    ),
    "refused at once": ("under_review", "decide", "head of agency", {"outcome": "refused"}, 422, "invalid-request"),
    "extended by nothing": (
        "under_review", "extend-deadline", "head of agency", {"days": 0, "reason": "т"}, 422, "invalid-request",
    ),
    "extended beyond numbers": (
        "under_review", "extend-deadline", "head of agency", {"days": 10**15, "reason": "т"}, 422, "invalid-request",
    ),
    "own proposal approved": ("decision_proposed", "approve-decision", "proposer", None, 409, "own-proposal"),
    "another's case claimed": ("under_review", "claim", "second representative", None, 409, "already-assigned"),
    "by the wrong role": ("submitted", "register", "citizen", None, 403, "forbidden"),
    "by a representative, what is the head's": (
        "decision_proposed", "approve-decision", "representative", None, 403, "forbidden",
    ),
    "by another organisation": ("submitted", "register", "other administrator", None, 404, "not-found"),
    "by another person": ("submitted", "withdraw", "other citizen", None, 404, "not-found"),
    "by nobody": ("submitted", "register", "nobody", None, 401, "unauthenticated"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_STEPS)
async def test_a_wrong_step_is_refused(case, office):
    state, verb, by, body, status, slug = WRONG_STEPS[case]
    if by == "proposer":
        by, case = "head of agency", await office.a_case("under_review")
        await office.do(case, "propose-decision", by=by, body={"outcome": "granted"})
    else:
        case = await office.a_case(state)
    before = await office.counts()
    assert_problem(await office.do(case, verb, by=by, body=body), status, slug)
    assert await office.counts() == before


async def test_a_permit_is_not_granted_by_a_representative(office):
    case = await office.a_case("under_review", public_service=PERMIT)
    before = await office.counts()
    answer = await office.do(case, "decide", by="representative", body={})
    assert_problem(answer, 403, "outcome-not-allowed")
    assert await office.counts() == before


@pytest.mark.parametrize(
    ("state", "verb", "by", "allowed"),
    [
        ("registered", "register", "administrator", []),
        ("registered", "propose-decision", "representative", ["claim", "request-information"]),
        ("submitted", "resubmit", "citizen", ["withdraw"]),
        ("awaiting_applicant", "resubmit", "citizen", ["supply-information", "withdraw"]),
        ("granted", "withdraw", "citizen", []),
        ("refused", "approve-decision", "head of agency", []),
    ],
)
async def test_a_step_out_of_turn_is_told_what_is_allowed(state, verb, by, allowed, office):
    case = await office.a_case(state)
    before = await office.counts()
    body = {"outcome": "granted"} if verb == "propose-decision" else None
    problem = assert_problem(await office.do(case, verb, by=by, body=body), 409, "illegal-transition")
    assert (problem["state"], problem["allowed"]) == (state, allowed)
    assert await office.counts() == before


@pytest.mark.parametrize("etag", ['"²"', '"x"', "*", '"99999999999"', "", '"-1"'])
async def test_an_if_match_that_is_no_etag_is_refused(etag, office):
    case = await office.a_case()
    headers = {"if-match": etag.encode("latin-1")}
    answer = await office.call("POST", f"/v1/applications/{case['id']}/register", by="administrator", headers=headers)
    problem = assert_problem(answer, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == ["If-Match:"]


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [
        ("/v1/applications/not-an-id", 422, "invalid-request"),
        ("/v1/applications/not-an-id/timeline", 422, "invalid-request"),
        ("/v1/applications?limit=0", 422, "invalid-request"),
        ("/v1/applications?limit=101", 422, "invalid-request"),
        ("/v1/applications?limit=x", 422, "invalid-request"),
        ("/v1/applications?state=lost", 422, "invalid-request"),
        ("/v1/applications?mine=perhaps", 422, "invalid-request"),
        ("/v1/applications?cursor=x", 422, "invalid-request"),
        ("/v1/applications?cursor=%D1%8F", 422, "invalid-request"),
        ("/v1/applications?cursor=WyIyMDI2LTAxLTAxIiwgNV0", 422, "invalid-request"),
        ("/v1/applications?state=%00", 400, "malformed-request"),
        ("/v1/track/%00?code=AAAA-AAAA", 400, "malformed-request"),
        ("/v1/track/DP-2026-004217-J", 422, "invalid-request"),
        ("/v1/nothing", 404, "not-found"),
        ("/v1/applications/0198f2c0-0000-7000-8000-000000000000/register", 405, "method-not-allowed"),
    ],
)
async def test_a_wrong_address_is_refused(path, status, slug, office, unchanged):
    assert_problem(await office.get(path, by="citizen"), status, slug)
