"""The simulated registers: a lawful question gets the fields that were asked for, and faults do what they say."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

DATA = Path(__file__).parents[1] / "data"
QUERY = "/registers/demographic-register/query"
FULL_NAME = "Зразковенко Олена Петрівна"


def a_question(**changes: Any) -> dict[str, Any]:
    return {
        "purpose": "Confirm the applicant's identity",
        "legal_basis": "Закон України № 1871-IX",
        "case": "DP-2026-004217-K",
        "keys": {"rnokpp": "3297499020"},
        "fields": ["full_name", "document_status"],
        **changes,
    }


def test_a_register_gives_the_fields_that_were_asked_for_and_no_others(registers):
    answer = registers.post(QUERY, json=a_question())

    assert answer.json() == {"found": True, "fields": {"full_name": FULL_NAME, "document_status": "valid"}}


def test_a_person_whom_the_register_does_not_know_is_not_found(registers):
    assert registers.post(QUERY, json=a_question(keys={"rnokpp": "0000000000"})).json() == {"found": False}


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"full_name": "  зразковенко ОЛЕНА петрівна", "birth_date": "1990-04-12"}, True),
        ({"full_name": FULL_NAME, "birth_date": "1988-11-03"}, False),
        ({"unzr": "19900412-99024"}, True),
        ({"document_number": "999000001"}, True),
        ({"shoe_size": "39"}, False),
    ],
)
def test_all_keys_of_a_question_have_to_agree(registers, keys, found):
    assert registers.post(QUERY, json=a_question(keys=keys)).json()["found"] is found


def test_every_person_is_found_by_what_they_hold_in_every_register(registers):
    people = json.loads((DATA / "people.json").read_text("utf-8"))["people"]
    asked = 0
    for person in people:
        code = {"rnokpp": person["rnokpp"]} if person["rnokpp"] else {"edrpou": person["edrpou"]}
        for register, held in person["registers"].items():
            question = a_question(keys=code, fields=sorted(held))
            answer = registers.post(f"/registers/{register}/query", json=question)
            assert answer.json() == {"found": True, "fields": held}, (person["id"], register)
            asked += 1
    assert asked > 100


REFUSED = {
    "no purpose": a_question(purpose=""),
    "no legal basis": {name: value for name, value in a_question().items() if name != "legal_basis"},
    "no case": a_question(case=""),
    "no keys": a_question(keys={}),
    "no fields": a_question(fields=[]),
    "an unknown field": a_question(fields=["shoe_size"]),
    "more than is known": a_question(reason="x"),
}


@pytest.mark.parametrize("question", REFUSED.values(), ids=REFUSED)
def test_an_unlawful_question_is_refused_and_leaves_no_answer(registers, question):
    answer = registers.post(QUERY, json=question)

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert registers.get("/log").json() == []


def test_who_has_no_key_asks_in_vain(registers):
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer other"}):
        assert registers.post(QUERY, json=a_question(), headers=headers).status_code == 401


def test_an_unknown_register_and_a_broken_question_are_refused(registers):
    assert registers.post("/registers/no-such/query", json=a_question()).status_code == 404
    assert registers.post(QUERY, content=b"{").status_code == 422


def test_the_log_tells_who_asked_what_and_never_a_value(registers):
    registers.post(QUERY, json=a_question(), headers={"X-Request-Id": "r-1"})

    answer = registers.get("/log")

    assert answer.json() == [
        {
            "request_id": "r-1",
            "register": "demographic-register",
            "case": "DP-2026-004217-K",
            "purpose": "Confirm the applicant's identity",
            "keys": ["rnokpp"],
            "fields": ["full_name", "document_status"],
            "found": True,
        }
    ]
    registers.post(QUERY, json=a_question(purpose="<script>alert(1)</script>"))
    page = registers.get("/").text
    assert "DP-2026-004217-K" in page
    assert "<script>" not in page
    for value in (FULL_NAME, "3297499020"):
        assert value not in answer.text + page


FAULTS = {"down": 503, "error": 500, "garbage": 200}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_meets_as_many_questions_as_it_was_switched_on_for(registers, kind):
    registers.post("/faults", json={"kind": kind, "target": "demographic-register", "count": 2})

    answers = [registers.post(QUERY, json=a_question()) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [FAULTS[kind], FAULTS[kind], 200]
    assert answers[2].json()["found"] is True
    if kind == "garbage":
        with pytest.raises(ValueError, match="Expecting value"):
            answers[0].json()
    assert registers.get("/faults").json() == []


def test_a_huge_answer_is_too_long_to_be_one(registers):
    registers.post("/faults", json={"kind": "huge"})

    with registers.stream("POST", QUERY, json=a_question()) as answer:
        read = 0
        for chunk in answer.iter_bytes():
            read += len(chunk)
            if read > 2_000_000:
                break

    assert (answer.status_code, read > 2_000_000) == (200, True)


def test_a_slow_register_answers_late_and_right(registers):
    registers.post("/faults", json={"kind": "slow", "delay_ms": 300})
    started = time.monotonic()

    answer = registers.post(QUERY, json=a_question())

    assert answer.json()["found"] is True
    assert time.monotonic() - started >= 0.3


def test_a_register_that_does_not_answer_makes_its_caller_give_up(registers):
    registers.post("/faults", json={"kind": "timeout", "count": 1})

    with pytest.raises(httpx.ReadTimeout):
        registers.post(QUERY, json=a_question(), timeout=0.2)
    assert registers.post(QUERY, json=a_question()).status_code == 200


def test_a_fault_of_one_register_leaves_the_others_well_and_can_be_mended(registers):
    registers.post("/faults", json={"kind": "down", "target": "tax-status"})
    tax = {"fields": ["tax_debt_exists"]}

    assert registers.post(QUERY, json=a_question()).status_code == 200
    assert registers.post("/registers/tax-status/query", json=a_question(**tax)).status_code == 503
    shown = registers.post("/faults", json={"kind": "none", "target": "tax-status"}).json()
    assert shown == []
    assert registers.post("/registers/tax-status/query", json=a_question(**tax)).status_code == 200


@pytest.mark.parametrize(
    "fault", [{}, {"kind": "fire"}, {"kind": "down", "count": 0}, {"kind": "slow", "delay_ms": -1}, {"kind": 1}]
)
def test_a_fault_that_is_none_is_refused_and_not_switched_on(registers, fault):
    assert registers.post("/faults", json=fault).status_code == 422
    assert registers.get("/faults").json() == []


def test_faults_do_not_touch_the_health_of_the_party(registers):
    registers.post("/faults", json={"kind": "down"})

    assert (registers.get("/livez").status_code, registers.get("/readyz").status_code) == (200, 200)
