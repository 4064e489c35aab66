"""Cards as linked data: every card of the region has what CPSV-AP 3.2 demands, and every link leads to a node of its class."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.domain import cpsv
from catalog.domain.assertions import Assertions
from catalog.domain.code_lists import CODE_LISTS
from catalog.domain.definition import definition_from

DATA = Path(__file__).parents[4] / "dev" / "data"
SITE = "https://catalog.test"
# class → the members that the profile makes mandatory
MANDATORY = {
    "cpsv:PublicService": {"identifier", "title", "description", "authority"},
    "cv:PublicOrganisation": {"label", "spatial"},
    "cv:Event": {"identifier", "title"},
    "cv:Evidence": {"identifier", "title"},
    "cv:Requirement": {"identifier", "title"},
    "cv:Output": {"identifier", "title"},
    "cv:Channel": {"identifier"},
    "cv:Cost": {"identifier"},
    "cpsv:Rule": {"identifier", "title", "description"},
    "dcat:Dataset": {"title", "description", "publisher"},
    "foaf:Agent": {"identifier", "title"},
}
# link → the class of what it leads to
CLASSES = {
    "audience": "skos:Concept",
    "authority": "cv:PublicOrganisation",
    "channel": "cv:Channel",
    "classifiedBy": "skos:Concept",
    "cost": "cv:Cost",
    "currency": "skos:Concept",
    "follows": "cpsv:Rule",
    "groupedBy": "cv:Event",
    "implements": "eli:LegalResource",
    "input": "cv:Evidence",
    "language": "dct:LinguisticSystem",
    "legalResource": "eli:LegalResource",
    "partOf": "dcat:Dataset",
    "produces": "cv:Output",
    "publisher": "foaf:Agent",
    "requirement": "cv:Requirement",
    "spatial": "dct:Location",
    "status": "skos:Concept",
    "type": "skos:Concept",
}


def read(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def cards() -> list[dict[str, Any]]:
    table = read("assertions")
    assertions = Assertions(table["form_fields"], table["expected"])
    scopes = {agency["slug"]: agency["scope"] for agency in read("agencies")["agencies"]}
    return [definition_from(record, scopes[record["agency"]], assertions) for record in read("services")["services"]]


@pytest.fixture(scope="module")
def graph(cards) -> list[dict[str, Any]]:
    surroundings = cpsv.Surroundings()
    for card in cards:
        surroundings.add(card)
    around = surroundings.nodes(read("agencies")["agencies"], read("territories")["territories"])
    names = {"uk": "Каталог", "en": "Catalogue"}
    return [*map(cpsv.public_service, cards), *cpsv.dataset(names, names), *around]


def a_card(cards, **changes) -> dict[str, Any]:
    card = next(card for card in cards if card["slug"] == "birth-registration")
    return {**card, **changes}


def classes_of(node: dict[str, Any]) -> list[str]:
    return node["@type"] if isinstance(node["@type"], list) else [node["@type"]]


def nodes_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from nodes_in(item)
    elif isinstance(value, dict) and "@id" in value:
        yield value
        for item in value.values():
            yield from nodes_in(item)


def test_every_card_is_a_public_service(graph, cards):
    services = [node for node in graph if "cpsv:PublicService" in classes_of(node)]
    assert [node["@id"] for node in services] == [f"public-services/{card['slug']}" for card in cards]


def test_every_node_has_what_its_class_demands(graph):
    lacking = {
        (node["@id"], member)
        for node in nodes_in(graph)
        for kind in classes_of(node)
        for member in MANDATORY.get(kind, ())
        if not node.get(member)
    }
    assert lacking == set()


def test_every_link_leads_to_a_node_of_its_class(graph):
    known = {node["@id"]: classes_of(node) for node in nodes_in(graph)}
    wrong = set()
    for node in nodes_in(graph):
        for link, kind in CLASSES.items():
            targets = node.get(link, [])
            for target in targets if isinstance(targets, list) else [targets]:
                name = target["@id"] if isinstance(target, dict) else target
                if kind not in known.get(name, []):
                    wrong.add((node["@id"], link, name))
    assert wrong == set()


def test_no_two_nodes_have_one_name(graph):
    names = [node["@id"] for node in nodes_in(graph)]
    assert len(names) == len(set(names))


def test_every_member_is_a_term_of_the_context(graph):
    terms = set(cpsv.context(SITE)) | {"@id", "@type"}
    assert {member for node in nodes_in(graph) for member in node} - terms == set()
    assert set(CLASSES) <= terms
    assert cpsv.context(SITE)["@base"] == f"{SITE}/v1/"


def test_texts_are_in_languages_and_never_empty(graph):
    texts = [node[name] for node in nodes_in(graph) for name in ("title", "description", "label") if name in node]
    assert all(text and set(text) <= {"uk", "en"} and all(text.values()) for text in texts)


@pytest.mark.parametrize(
    ("days", "unit", "duration"),
    [(1, "working", "P1D"), (5, "working", "P7D"), (10, "working", "P14D"), (30, "calendar", "P30D")],
)
def test_a_term_is_told_as_days_of_the_calendar_and_in_words(cards, days, unit, duration):
    node = cpsv.public_service(a_card(cards, term={"days": days, "unit": unit, "basis": "ст. 13"}))
    assert node["processingTime"] == duration
    assert node["follows"][0]["description"]["en"] == f"{days} {unit} days (ст. 13)"


@pytest.mark.parametrize(
    ("fee", "value", "words"),
    [
        ({"kind": "free", "amount_uah": 0}, "0.0", "Free of charge"),
        ({"kind": "fixed", "amount_uah": 34.5}, "34.5", None),
        ({"kind": "formula", "amount_uah": None, "formula_uk": "п", "formula_en": "f"}, None, "f"),
    ],
)
def test_a_fee_is_told_as_an_amount_or_in_words(cards, fee, value, words):
    cost = cpsv.public_service(a_card(cards, fee=fee))["cost"]
    assert (cost.get("value"), cost.get("description", {}).get("en")) == (value, words)


def test_a_withdrawn_service_is_told_as_such(cards):
    assert cpsv.public_service(a_card(cards))["status"].endswith("/CURRENT")
    assert cpsv.public_service(a_card(cards), is_withdrawn=True)["status"].endswith("/DEPRECATED")


def test_every_code_of_the_region_has_names(cards):
    used = {
        "applicant-kind": {kind for card in cards for kind in card["applicant_kinds"]},
        "channel": {channel for card in cards for channel in card["channels"]},
        "kind": {card["kind"] for card in cards},
        "life-event": {event for card in cards for event in card["life_events"]},
        "result": {card["result"]["kind"] for card in cards},
    }
    assert {name: codes - set(CODE_LISTS[name]) for name, codes in used.items()} == {name: set() for name in CODE_LISTS}


def test_a_code_that_nobody_named_is_named_by_its_words(cards):
    surroundings = cpsv.Surroundings()
    surroundings.add(a_card(cards, life_events=["loss-of-a-document"]))
    (event,) = [node for node in surroundings.nodes([], []) if "cv:Event" in classes_of(node)]
    assert event["title"] == {"uk": "Loss of a document", "en": "Loss of a document"}
