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
    assert fold(f"П{apostrophe}ЯТЬ ґанків, Її—Єдність") == "пять ганкив ии еднисть"
