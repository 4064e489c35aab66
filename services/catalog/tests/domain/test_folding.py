"""Texts as search compares them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.folding import fold


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("apostrophe", "'’ʼ`‘´′")
def test_folding_forgets_apostrophes_case_and_letters_that_are_mixed_up(apostrophe):
    assert fold(f"П{apostrophe}ЯТЬ ґанків, Її—Єдність") == "пят ганкив ии еднист"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("пьять", "п’ять"),
        ("обьєкт", "об’єкт"),
        ("объект", "об’єкт"),
        ("субсидыя", "субсидія"),
        ("коммісія", "комісія"),
        ("надання", "наданя"),
        ("адресс", "адреса"[:-1]),
        ("pasport", "passport"),
        ("реєстрацiя", "реєстрація"),
        ("ПАСПОРT", "паспорт"),
        ("snake_case", "snake case"),
    ],
)
def test_words_that_are_often_mistyped_fold_to_what_was_meant(typed, meant):
    assert fold(typed) == fold(meant)


def test_short_names_and_numbers_keep_their_doubles():
    assert fold("РРО 2200 ТТ") == "рро 2200 тт"
