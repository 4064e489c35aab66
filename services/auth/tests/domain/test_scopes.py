"""Scopes: a closed list, and a service is told only those that it knows."""

import pytest

from auth.domain.scopes import AUDIENCES, SCOPES, find_scope, known_to, services_of


def test_every_scope_says_what_it_is_for_in_both_languages():
    for scope in SCOPES:
        assert scope.services <= set(AUDIENCES)
        assert scope.services
        assert scope.uk != scope.en


@pytest.mark.parametrize("name", ["kiosk", "agency-system:municipal-registrar--dnipro", "agency-system:a"])
def test_a_scope_is_found_by_its_name(name):
    assert find_scope(name) is not None


@pytest.mark.parametrize(
    "name",
    ["", "Kiosk", "kiosk:", "agency-system", "agency-system:", "agency-system:<agency>", "agency-system:A",
     "agency-system:a b", "agency-system:a---b", "agency-system:-a", "agency-system:a\n"],
)  # fmt: skip
def test_anything_else_is_no_scope(name):
    assert find_scope(name) is None


def test_a_service_is_told_what_it_knows():
    held = ["kiosk", "accounts:contact", "unknown"]
    assert known_to(["catalog"], held) == ("kiosk",)
    assert known_to(["auth", "catalog"], held) == ("accounts:contact", "kiosk")
    assert known_to(["notifications"], held) == ()
    assert services_of(held) == ("auth", "catalog", "applications")
