"""A definition is refused with every fault named at its place; those of the region have none."""

from typing import Any

import pytest

from catalog.domain.assertions import Assertions
from catalog.domain.definition import a_year_after, definition_from, published_facts, usual_steps
from catalog.domain.definition_rules import Surroundings, defaults_faults, definition_faults
from catalog.domain.definition_schema import DEFINITION
from catalog.domain.information_card import information_card
from shared.clock import SystemClock
from shared.cloudevents import CloudEvent
from shared.contracts import Contracts
from shared.ids import new_id
from tests.support.catalog_life import a_definition, the_data

AROUND = Surroundings(
    agencies={"municipal-council": "per-territory", "oda": "oblast-wide"},
    registers={"taxpayers-register": frozenset({"full_name", "rnokpp_valid"}), "community-register": frozenset()},
)
STEP = a_definition()["technological_card"]["steps"][0]
DOCUMENT = a_definition()["required_documents"][0]
CODE = a_definition()["refusal_codes"][0]
FREE = {"kind": "free", "amount_uah": 0, "legal_reference": None}


def a_check(**changes: Any) -> dict[str, Any]:
    return {
        "register": "taxpayers-register",
        "purpose": "Confirm who applies",
        "legal_basis": "Податковий кодекс України",
        "asserts": [{"field": "rnokpp_valid", "form_field": None, "expected": True}],
        "needs": ["rnokpp"],
        "bind": {"rnokpp": "rnokpp"},
        "conditional": False,
        **changes,
    }


def steps(*days: int, unit: str = "working", **changes: Any) -> dict[str, Any]:
    return {"steps": [STEP | {"days": each, "unit": unit} | changes for each in days]}


WRONG: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "a name of 100,000 characters": (
        {"name": {"uk": "ї" * 100_000, "en": "x"}},
        {"/name/uk": "the value is longer than 300 characters"},
    ),
    "a name of spaces": ({"name": {"uk": " \u00a0 ", "en": "x"}}, {"/name/uk": "does not match"}),
    "one language only": ({"name": {"uk": "Назва"}}, {"/name": '"en" is a required property'}),
    "a member that is not known": ({"feee": FREE}, {"": "feee"}),
    "a kind that is none": ({"kind": "blessing"}, {"/kind": "is not one of"}),
    "nobody who may apply": ({"applicant_kinds": []}, {"/applicant_kinds": "less than 1 item"}),
    "no legal basis": ({"legal_basis": []}, {"/legal_basis": "less than 1 item"}),
    "a term of no days": ({"term": {"days": 0, "unit": "working", "basis": "x"}}, {"/term/days": "less than"}),
    "a fee that is free and costs": ({"fee": FREE | {"amount_uah": 5}}, {"/fee/amount_uah": "is not one of"}),
    "a fixed fee without its amount": (
        {"fee": FREE | {"kind": "fixed", "amount_uah": None}},
        {"/fee/amount_uah": "is not of type"},
    ),
    "a formula that is not told": ({"fee": FREE | {"kind": "formula"}}, {"/fee": '"formula_en" is a required'}),
    "a fee below nothing": ({"fee": FREE | {"kind": "fixed", "amount_uah": -1}}, {"/fee/amount_uah": "less than"}),
    "a day that is none": ({"review_on": "2027-02-30"}, {"/review_on": 'is not a "date"'}),
    "a review that ends before it begins": (
        {"review_on": "2026-11-23"},
        {"/review_on": "ends before it begins"},
    ),
    "an agency that is not there": ({"agency": "nobody"}, {"/agency": "unknown agency: nobody"}),
    "a scope that the agency has not": ({"agency_scope": "oblast-wide"}, {"/agency_scope": "is per-territory"}),
    "a code of refusal twice": ({"refusal_codes": [CODE, CODE]}, {"/refusal_codes/1/code": "for the 2. time"}),
    "a document twice": ({"required_documents": [DOCUMENT] * 2}, {"/required_documents/1/slug": "for the 2. time"}),
    "a document from a register that is not there": (
        {"required_documents": [DOCUMENT | {"replaced_by_register": "guesses"}]},
        {"/required_documents/0/replaced_by_register": "unknown register"},
    ),
    "no ground for refusal": ({"refusal_codes": []}, {"/refusal_codes": "less than 1 item"}),
    "no steps": ({"technological_card": {"steps": []}}, {"/technological_card/steps": "less than 1 item"}),
    "steps that take longer than the term": (
        {"technological_card": steps(4, 2)},
        {"/technological_card/steps": "the steps take 6 working days, the term is 5"},
    ),
    "a step of no known performer": (
        {"technological_card": steps(1, performer="somebody")},
        {"/technological_card/steps/0/performer": "unknown role or agency"},
    ),
    "a check of a register that is not there": (
        {"register_checks": [a_check(register="guesses")]},
        {"/register_checks/0/register": "unknown register"},
    ),
    "a check of what the register does not know": (
        {"register_checks": [a_check(), a_check(asserts=[{"field": "mood", "form_field": None, "expected": None}])]},
        {"/register_checks/1/asserts/0/field": "unknown field of taxpayers-register: mood"},
    ),
    "a check by a field that the form has not": (
        {
            "register_checks": [
                a_check(
                    needs=["edrpou"],
                    bind={"a/b": "edrpou"},
                    asserts=[{"field": "full_name", "form_field": "name", "expected": None}],
                )
            ]
        },
        {
            "/register_checks/0/needs/0": "unknown field of the form",
            "/register_checks/0/bind/a~1b": "unknown field of the form",
            "/register_checks/0/asserts/0/form_field": "unknown field of the form",
        },
    ),
    "a form that reaches out": (
        {"form": {"type": "object", "properties": {"a": {"$ref": "https://example.com"}}}},
        {"/form/properties/a/$ref": "leads out of the form"},
    ),
    "a form that is a text": ({"form": "none"}, {"/form": "is not of type"}),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_at_its_place(case):
    changes, expected = WRONG[case]

    found = dict(definition_faults(a_definition(**changes), AROUND))

    assert found.keys() == expected.keys()
    assert all(text in found[pointer] for pointer, text in expected.items()), found
    assert max(len(text) for text in found.values()) < 500


def test_every_fault_is_named_at_once():
    wrong = a_definition(kind="blessing", channels=["pigeon"], form={"type": "array"}) | {"name": 5}
    found = {pointer for pointer, _ in definition_faults(wrong, AROUND)}
    assert found == {"/kind", "/channels/0", "/form", "/name"}


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_what_is_no_object_is_no_definition(value):
    assert [pointer for pointer, _ in definition_faults(value, AROUND)] == [""]


@pytest.mark.parametrize("member", DEFINITION["required"])
def test_a_definition_lacks_no_member(member):
    definition = a_definition()
    del definition[member]
    assert (f'"{member}" is a required property') in dict(definition_faults(definition, AROUND))[""]


def test_a_good_definition_has_no_fault_and_its_event_obeys_the_contract():
    definition = a_definition(register_checks=[a_check()])
    assert definition_faults(definition, AROUND) == []
    facts = published_facts(definition, 1, "2026-11-23")
    Contracts().check(
        CloudEvent(new_id(), "/catalog", "ua.virtual-office.catalog.published.v1", "x", SystemClock().now(), "", facts)
    )


def test_the_definitions_of_the_region_have_no_fault():
    agencies = {agency["slug"]: agency["scope"] for agency in the_data("agencies")}
    fields = {item["slug"]: frozenset(field["name"] for field in item["fields"]) for item in the_data("registers")}
    around, nothing = Surroundings(agencies, fields), Assertions({}, {})
    wrong = {
        record["slug"]: faults
        for record in the_data("services")
        if (faults := definition_faults(definition_from(record, agencies[record["agency"]], nothing), around))
    }
    assert wrong == {}


@pytest.mark.parametrize("days", [1, 2, 30])
def test_the_usual_steps_take_the_whole_term(days):
    card = usual_steps("permit", {"days": days, "unit": "working"})
    assert sum(step["days"] for step in card["steps"]) == days
    assert "head_of_executive_agency" in {step["performer"] for step in card["steps"]}


@pytest.mark.parametrize(("day", "next_day"), [("2026-11-23", "2027-11-23"), ("2028-02-29", "2029-02-28")])
def test_the_next_review_is_a_year_later(day, next_day):
    assert a_year_after(day) == next_day


def test_defaults_are_parts_of_a_definition_and_nothing_that_is_one_services_own():
    assert defaults_faults({"agency": "oda", "channels": ["online"]}, AROUND) == []
    assert dict(defaults_faults({"agency": "nobody"}, AROUND)) == {"/agency": "unknown agency: nobody"}
    assert set(dict(defaults_faults({"channels": ["pigeon"], "fee": {"kind": "free"}}, AROUND))) == {
        "/channels/0",
        "/fee",
    }
    for own in ("slug", "code", "name", "form", "owner_agency", "review_on"):
        assert own in dict(defaults_faults({own: "x"}, AROUND))[""]


def test_an_information_card_has_every_part_that_the_law_names():
    agency = {"name_uk": "Рада", "name_en": "Council", "phone": "+380000000000", "note_en": "not for people"}
    definition = a_definition()

    card = information_card(definition, agency)

    assert card["provider"]["name"] == {"uk": "Рада", "en": "Council"}
    assert card["provider"]["contacts"] == {"phone": "+380000000000"}
    assert card["documents"] == definition["required_documents"]
    assert card["grounds_for_refusal"] == definition["refusal_codes"]
    assert [way["en"] for way in card["ways_to_receive"]] == ["in person in a service centre", "electronically"]
    for part in ("how_to_apply", "fee", "term", "result", "legal_basis", "channels"):
        assert card[part] == definition[part]
