"""Levels of assurance: what cards ask for, what auth writes into tokens and what applications read there are one."""

from applications.domain import assurance
from auth.domain.assurance import Level
from catalog.domain.definition_schema import ASSURANCE_LEVELS


def test_cards_tokens_and_applications_mean_the_same_levels():
    assert list(ASSURANCE_LEVELS) == list(Level) == list(assurance.LEVELS)
    assert [level.acr for level in Level] == [assurance.acr_of(level) for level in assurance.LEVELS]
    for given in Level:
        for wanted in Level:
            assert assurance.is_sure_enough(given.acr, wanted) == (given.rank >= wanted.rank)
