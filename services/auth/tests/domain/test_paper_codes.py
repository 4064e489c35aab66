"""Codes on paper: as long as they have to be, in letters that nobody mistakes, and read however they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.domain.paper_codes import ACTIVATION_GROUPS, RECOVERY_GROUPS, normal_code, paper_code

digests = st.binary(min_size=32, max_size=32)


@given(digests, st.sampled_from([ACTIVATION_GROUPS, RECOVERY_GROUPS]))
def test_a_code_is_read_as_it_was_written(random, groups):
    code = paper_code(random, groups)
    assert [len(group) for group in code.split("-")] == [4] * groups
    assert not set(code) & set("01OIL")
    assert normal_code(code) == normal_code(code.lower()) == normal_code(code.replace("-", " ")) == code


def test_codes_cannot_be_guessed():
    assert 31 ** (4 * RECOVERY_GROUPS) > 2**50
    assert 31 ** (4 * ACTIVATION_GROUPS) > 2**75


@pytest.mark.parametrize("text", ["", "-", "  ", "💥", "ß" * 40, "ї-є"])
def test_whatever_is_typed_is_read_without_an_error(text):
    assert isinstance(normal_code(text), str)
