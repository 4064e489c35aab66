"""Reference numbers that show a mistake, and access codes."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.domain.reference import (
    NotAReference,
    access_code,
    format_reference,
    is_access_code,
    parse_reference,
)

KEY = b"k" * 32
TYPED = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
references = st.builds(format_reference, st.integers(2020, 2099), st.integers(1, 10**9))


def is_refused(text: str) -> bool:
    try:
        parse_reference(text)
    except NotAReference:
        return True
    return False


def swaps(compact: str) -> list[str]:
    pairs = (index for index in range(len(compact) - 1) if compact[index] != compact[index + 1])
    return [compact[:i] + compact[i + 1] + compact[i] + compact[i + 2 :] for i in pairs]


@given(references)
def test_a_reference_is_read_as_it_was_written(reference):
    assert parse_reference(reference) == reference


@given(references)
def test_every_single_wrong_character_is_found(reference):
    compact = reference.replace("-", "")
    for place, right in enumerate(compact):
        wrong = (compact[:place] + other + compact[place + 1 :] for other in TYPED if other != right)
        assert all(map(is_refused, wrong))


@given(references)
def test_every_swap_of_neighbours_is_found(reference):
    assert all(map(is_refused, swaps(reference.replace("-", ""))))


@pytest.mark.parametrize("year", [2026, 2027])
def test_no_swap_goes_unseen_in_the_first_thousands_of_a_year(year):
    numbers = range(1, 4000)
    unseen = [
        text for n in numbers for text in swaps(format_reference(year, n).replace("-", "")) if not is_refused(text)
    ]
    assert unseen == []


@given(references, st.data())
def test_a_lost_or_repeated_character_is_not_another_reference(reference, data):
    compact = reference.replace("-", "")
    place = data.draw(st.integers(0, len(compact) - 1))
    for text in (compact[:place] + compact[place + 1 :], compact[:place] + compact[place] + compact[place:]):
        assert is_refused(text) or parse_reference(text) != reference


@pytest.mark.parametrize(
    "typed",
    ["dp-2026-004217-j", "DP 2026 004217 J", "DP2026004217J", " dp2026-004217 j ", "DР-2026-004217-J"],
)
def test_a_reference_is_read_however_a_person_types_it(typed):
    assert parse_reference(typed) == "DP-2026-004217-J"


@pytest.mark.parametrize(
    "typed",
    ["", "DP", "J", "KI-2026-004217-J", "DP-2026-004217", "DP-2026-4217-J", "DP-٢٠٢٦-004217-J", "DP-2026-00421²-J",
     "DP-2026-004217-J-J", "\ud800", "D" * 10_000, "DP-2026-" + "1" * 5000 + "-J"],
)  # fmt: skip
def test_what_is_no_reference_is_refused(typed):
    with pytest.raises(NotAReference):
        parse_reference(typed)


def test_a_reference_has_the_region_the_year_and_at_least_six_digits():
    assert format_reference(2026, 4217) == "DP-2026-004217-J"
    assert format_reference(2026, 1_234_567).startswith("DP-2026-1234567-")


@given(st.uuids())
def test_an_access_code_is_eight_characters_that_are_not_mistaken_for_one_another(application_id):
    code = access_code(application_id, KEY)
    assert re.fullmatch(r"[2-9A-HJ-KM-NP-TV-Z]{4}-[2-9A-HJ-KM-NP-TV-Z]{4}", code)
    assert code == access_code(application_id, KEY)


@given(st.uuids(), st.uuids())
def test_an_access_code_opens_its_own_application_only(one, other):
    code = access_code(one, KEY)
    assert is_access_code(code, one, KEY)
    assert is_access_code(code.lower().replace("-", " "), one, KEY)
    assert is_access_code(code, other, KEY) == (one == other)
    assert not is_access_code(code, one, b"o" * 32)


@pytest.mark.parametrize("typed", ["", "----", "АААА-АААА", "\udcff" * 8, "0" * 10_000])
def test_what_is_no_access_code_opens_nothing(typed):
    assert not is_access_code(typed, UUID(int=1), KEY)
