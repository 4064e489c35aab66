"""When a register may be asked: only about an open case, a check of its card, by its keys, for its fields."""

import pytest

from registry_gateway.domain.comparison import Assertion
from registry_gateway.domain.errors import CaseClosed, KeysMissing, NotOfTheCard
from registry_gateway.domain.lawfulness import Check, Question, Subject, check_from, lawful_question

CHECK = Check("debtors-register", "Confirm that there is no debt", "Закон", (Assertion("is_debtor", None, False),))
KEYS = {"rnokpp": "3297499020"}


def a_subject(**changes) -> Subject:
    return Subject(**{"is_open": True, "keys": KEYS, "stated": {"address": "Дніпро"}} | changes)


def test_a_question_names_purpose_and_basis_and_asks_for_the_fields_of_the_check_alone():
    assert lawful_question("debtors-register", CHECK, a_subject()) == Question(
        "debtors-register", "Confirm that there is no debt", "Закон", KEYS, ["is_debtor"]
    )


@pytest.mark.parametrize(
    ("requirement", "check", "subject", "error"),
    [
        ("debtors-register", CHECK, a_subject(is_open=False), CaseClosed),
        ("debtors-register", None, a_subject(), NotOfTheCard),
        ("tax-status", CHECK, a_subject(), NotOfTheCard),
        ("debtors-register", CHECK, a_subject(keys={}), KeysMissing),
        ("debtors-register", None, a_subject(is_open=False), CaseClosed),
    ],
)
def test_what_is_not_lawful_is_not_asked(requirement, check, subject, error):
    with pytest.raises(error):
        lawful_question(requirement, check, subject)


def test_a_check_is_read_as_the_catalogue_tells_it():
    told = {
        "register": "debtors-register",
        "purpose": "Confirm that there is no debt",
        "legal_basis": "Закон",
        "asserts": [{"field": "is_debtor", "form_field": None, "expected": False}],
        "needs": ["rnokpp"],
        "bind": {"rnokpp": "rnokpp"},
        "conditional": False,
    }

    assert check_from(told) == CHECK
