"""Comparing statements with registers: forgiving of spelling, not of facts."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_gateway.domain.comparison import Assertion, FieldResult, compare, is_same, overall

NAMES = st.text(alphabet="абвгґдеєжзиіїйклмнопрстуфхцчшщьюяАБВІЇЄҐ " + string.ascii_letters + "'-", max_size=40)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.lists(st.text()))

SAME = [
    ("Зразковенко Олена", "ЗРАЗКОВЕНКО ОЛЕНА"),
    ("  Зразковенко   Олена\t", "Зразковенко Олена"),
    ("Зразковенко\u00a0Олена", "Зразковенко Олена"),
    ("Мар'яна", "Мар’яна"),
    ("Марʼяна", "Мар`яна"),
    ("Мар‘яна", "Мар′яна"),
    ("Макет-Умовна", "Макет – Умовна"),
    ("й", "\u0438\u0306"),
    ("1990-04-12", "12.04.1990"),
    ("1990-04-02", "2.4.1990"),
    ("1990-04-12", "1990-04-12T00:00:00Z"),
    ("96000", 96000),
    ("0,1", 0.1),
    ("3000.00", 3000.0),
    (2, "2"),
    ("true", True),
    ("так", True),
    ("ні", False),
    (0, False),
]
DIFFERENT = [
    ("Зразковенко Олена", "Зразковенко Олёна"),
    ("Зразковенко Олена", "Зразковенко Ігор"),
    ("Мар'яна", "Маряна"),
    ("1990-04-12", "1990-12-04"),
    ("12.04.1990", "1990-12-04"),
    ("1990-04-12", "1990-04-12T13:00:00Z"),
    ("0012", "12"),
    ("0012", 12),
    ("1E5", "100000"),
    ("999000001", "999000010"),
    ("9007199254740993", "9007199254740992"),
    ("12345678901234567891", "12345678901234567890"),
    (True, False),
    ("yes, but", True),
    (2, True),
    ("", "a"),
]


@pytest.mark.parametrize(("stated", "held"), SAME)
def test_spelling_does_not_make_a_difference(stated, held):
    assert is_same(stated, held)
    assert is_same(held, stated)


@pytest.mark.parametrize(("stated", "held"), DIFFERENT)
def test_another_fact_is_never_the_same(stated, held):
    assert not is_same(stated, held)
    assert not is_same(held, stated)


@given(VALUES)
def test_every_value_is_the_same_as_itself(value):
    assert is_same(value, value)


@given(VALUES, VALUES)
def test_it_does_not_matter_who_says_which(stated, held):
    assert is_same(stated, held) == is_same(held, stated)


@given(NAMES, st.sampled_from("'’ʼ`‘´′"), st.sampled_from(["  ", "\t", "\u00a0"]))
def test_a_name_survives_every_way_of_typing_it(name, apostrophe, space):
    typed = f"{space}{name.upper()}".replace("'", apostrophe).replace(" ", space)

    assert is_same(typed, name)


@given(NAMES, NAMES)
def test_names_of_other_letters_are_never_the_same(one, other):
    def letters(name: str) -> str:
        return "".join(character for character in name.casefold() if character.isalpha())

    if letters(one) != letters(other):
        assert not is_same(one, other)


FIELD, STATED = "full_name", {"full_name": "Зразковенко Олена Петрівна"}
RESULTS = {
    "what was stated is held": (Assertion(FIELD, FIELD, None), {FIELD: "зразковенко олена петрівна"}, "match"),
    "something else is held": (Assertion(FIELD, FIELD, None), {FIELD: "Макетенко Інна"}, "mismatch"),
    "nothing is held": (Assertion(FIELD, FIELD, None), {FIELD: None}, "not_found"),
    "the field is absent": (Assertion(FIELD, FIELD, None), {}, "not_found"),
    "the subject is unknown": (Assertion(FIELD, FIELD, None), None, "not_found"),
    "nothing was stated": (Assertion("right_type", None, None), {"right_type": "ownership"}, "match"),
    "the expected is held": (Assertion("status", None, "valid"), {"status": "valid"}, "match"),
    "the unexpected is held": (Assertion("status", None, "valid"), {"status": "expired"}, "mismatch"),
    "the expected is absent": (Assertion("status", None, "valid"), {}, "not_found"),
    "a debtor": (Assertion("is_debtor", None, False), {"is_debtor": True}, "mismatch"),
    "no debtor": (Assertion("is_debtor", None, False), {"is_debtor": False}, "match"),
    "no word of debts": (Assertion("is_debtor", None, False), {}, "match"),
    "unknown to the register of debtors": (Assertion("is_debtor", None, False), None, "match"),
    "no permit": (Assertion("permit_exists", None, True), None, "not_found"),
    "a denied permit": (Assertion("permit_exists", None, True), {"permit_exists": False}, "mismatch"),
    "the expected wins over what was stated": (Assertion(FIELD, FIELD, "x"), {FIELD: STATED[FIELD]}, "mismatch"),
}


@pytest.mark.parametrize(("assertion", "found", "result"), RESULTS.values(), ids=RESULTS)
def test_each_field_has_its_result(assertion, found, result):
    assert compare([assertion], STATED, found) == (FieldResult(assertion.field, result),)


@pytest.mark.parametrize(
    ("results", "outcome"),
    [
        ([], "match"),
        (["match", "match"], "match"),
        (["match", "not_found"], "not_found"),
        (["not_found", "mismatch", "match"], "mismatch"),
    ],
)
def test_a_verification_is_as_bad_as_its_worst_field(results, outcome):
    assert overall([FieldResult("field", result) for result in results]) == outcome


def test_results_name_fields_and_never_what_a_register_holds():
    assertions = [Assertion(FIELD, FIELD, None), Assertion("birth_date", None, None)]
    held = {FIELD: "Макетенко Інна", "birth_date": "1990-04-12"}

    results = compare(assertions, STATED, held)

    assert results == (FieldResult(FIELD, "mismatch"), FieldResult("birth_date", "match"))
    assert not any(str(value) in repr(results) for value in (*held.values(), *STATED.values()))
