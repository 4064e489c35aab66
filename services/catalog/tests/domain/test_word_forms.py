"""Which words are forms of one, and what a text is read as."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.folding import fold
from catalog.domain.query_words import MOST_WORDS, readings_of
from catalog.domain.synonyms import SYNONYMS
from catalog.domain.word_forms import ENDINGS, is_form, stems

FORMS = [
    "реєстрація реєстрації реєстрацію реєстрацій реєстраціями",
    "дозвіл дозволу дозволи дозволів",
    "довідка довідки довідку довідок",
    "підприємець підприємця підприємцем підприємців",
    "нерухомість нерухомості",
    "будинок будинку будинки",
    "сім’я сім’ї сім’ю сімей",
    "земельна земельної земельних",
    "licence licences",
    "permit permits",
]
OTHERS = [("шлюб", "шлях"), ("дозвіл", "довідка"), ("земля", "зелень"), ("permit", "person")]


@pytest.mark.parametrize("forms", FORMS)
def test_forms_of_a_word_are_known_for_one_another(forms):
    first, *others = (fold(form) for form in forms.split())
    assert [form for form in others if not is_form(first, form)] == []


@pytest.mark.parametrize("pair", OTHERS, ids=" ".join)
def test_other_words_are_not_taken_for_forms(pair):
    assert not is_form(*map(fold, pair))


@given(st.text(max_size=40))
def test_a_word_has_a_stem_that_it_begins_with_followed_by_an_ending(text):
    for word in fold(text).split():
        first = stems(word)[0]
        assert word.startswith(first)
        assert word == first or word.endswith("ies") or word[len(first) :] in ENDINGS


@given(st.text(max_size=200))
def test_any_text_is_read_as_few_words(text):
    readings = readings_of(text)
    assert len(readings) <= 4
    assert all(0 < len(reading) <= MOST_WORDS and all(reading) for reading in readings)


def test_a_synonym_is_another_reading_beside_what_was_typed():
    assert readings_of("прописку дитини") == [
        tuple(fold("прописку дитини").split()),
        tuple(fold("реєстрація місця проживання дитини").split()),
    ]


@pytest.mark.parametrize(("typed", "meant"), SYNONYMS, ids=[typed for typed, _ in SYNONYMS])
def test_every_synonym_is_read_as_it_says(typed, meant):
    words = {word for reading in readings_of(typed)[1:] for word in reading}
    assert set(fold(meant).split()) & words


def test_no_phrase_stands_in_the_synonyms_twice():
    typed = [fold(phrase) for phrase, _ in SYNONYMS]
    assert sorted(typed) == sorted(set(typed))
