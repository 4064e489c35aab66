"""A card as the catalogue's event tells it: the office that decides, documents, register checks."""

import orjson
import pytest

from applications.domain.card import AssertedField, Term, card_from
from shared.contracts import CONTRACTS


def test_the_example_of_the_contract_is_read():
    card = card_from(orjson.loads((CONTRACTS / "examples" / "catalog" / "published.v1.json").read_bytes()))
    assert (card.slug, card.version, card.decision_policy) == ("residence-registration", 1, "representative")
    assert card.term == Term(1, "working")
    assert card.refusal_codes == ("incomplete-documents",)


@pytest.mark.parametrize(
    ("scope", "office"),
    [("per-territory", "municipal-residence-registrar--nikopol"), ("oblast-wide", "municipal-residence-registrar")],
)
def test_a_per_territory_agency_decides_in_each_councils_own_office(scope, office, a_card):
    assert card_from(a_card(agency_scope=scope)).office("nikopol") == office


@pytest.mark.parametrize(
    ("attached", "missing"),
    [
        ((), ["payment-receipt"]),
        (("power-of-attorney", "identity-document"), ["payment-receipt"]),
        (("payment-receipt",), []),
    ],
)
def test_a_mandatory_document_is_missing_unless_attached_or_known_to_a_register(attached, missing, a_card):
    assert card_from(a_card()).missing_documents(frozenset(attached)) == missing


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        ({}, []),
        ({"rnokpp": ""}, []),
        ({"rnokpp": None}, []),
        ({"rnokpp": "3297499020"}, ["community-register", "demographic-register"]),
        ({"id_document_number": "999000006"}, ["invalid-documents-database"]),
    ],
)
def test_a_register_is_asked_only_if_all_it_needs_was_filled_in(form, asked, a_card):
    assert [check.register for check in card_from(a_card()).checks_for(form)] == asked


def test_a_check_keeps_what_each_field_is_compared_with(a_card):
    card = card_from(a_card())
    check = card.check_of("community-register")
    assert check.bind == {"rnokpp": "rnokpp"}
    assert check.asserts == (
        AssertedField("residence_address", "previous_address", None),
        AssertedField("residence_status", None, "registered"),
    )
    assert card.check_of("business-register") is None
