"""Territories as a tree, codes, coordinates, distances."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.territories import (
    Position,
    coordinate_faults,
    metres_between,
    on_cycles,
    parents_of,
    path_to,
    tree_faults,
)

DNIPRO, KRYVYI_RIH = Position(48.465, 35.046), Position(47.910, 33.391)


def test_a_territory_lies_in_the_district_that_took_it_in_unless_it_names_another():
    tree = {
        "region": {},
        "district": {"parent": "region"},
        "town": {"successor": "district"},
        "village": {"parent": "town", "successor": "district"},
        "lost": {"successor": "not-in-the-data"},
    }
    parents = parents_of(tree)
    assert parents == {"region": None, "district": "region", "town": "district", "village": "town", "lost": None}
    assert path_to(parents, "village") == ["region", "district", "town"]


def test_each_territory_of_a_cycle_is_named_with_the_way_around_and_those_below_it_are_not():
    tree = {"a": {"parent": "b"}, "b": {"parent": "c"}, "c": {"successor": "a"}, "d": {"parent": "a"}, "e": {}}
    assert list(tree_faults(tree)) == [
        ("a", (("parent",), "is above itself: a → b → c → a")),
        ("b", (("parent",), "is above itself: b → c → a → b")),
        ("c", (("successor",), "is above itself: c → a → b → c")),
    ]
    assert list(tree_faults({"a": {"parent": "a"}})) == [("a", (("parent",), "is above itself: a → a"))]


@given(st.dictionaries(st.sampled_from("abcdef"), st.none() | st.sampled_from("abcdef")))
def test_a_territory_is_on_a_cycle_exactly_when_going_up_leads_back_to_it(parents):
    def leads_back(slug: str) -> bool:
        above = parents.get(slug)
        for _ in parents:
            if above == slug:
                return True
            above = parents.get(above)
        return False

    assert set(on_cycles(parents)) == {slug for slug in parents if leads_back(slug)}


CODES = {
    "a KOATUU code of nine digits": ({"koatuu": "121010000"}, ("koatuu",)),
    "a KATOTTG code without its letters": ({"katottg": "12020010010037010"}, ("katottg",)),
    "a KATOTTG code that is a number": ({"katottg": 1}, ("katottg",)),
    "an unknown parent": ({"parent": "atlantis"}, ("parent",)),
}


@pytest.mark.parametrize(("record", "path"), CODES.values(), ids=CODES)
def test_codes_and_parents_that_cannot_be_are_told(record, path):
    assert [found[0] for _, found in tree_faults({"dnipro": record})] == [path]
    assert list(tree_faults({"dnipro": {"koatuu": "1210100000", "katottg": "UA12020010010037010"}})) == []


COORDINATES = {
    "in the region": ({"lat": 48.465, "lon": 35.046}, 0),
    "nowhere": ({"lat": None, "lon": None}, 0),
    "in Kyiv": ({"lat": 50.45, "lon": 30.52}, 1),
    "latitude and longitude swapped": ({"lat": 35.046, "lon": 48.465}, 1),
    "half a position": ({"lat": 48.465}, 1),
    "a text": ({"lat": "48.465", "lon": "35.046"}, 1),
    "a boolean": ({"lat": True, "lon": True}, 1),
}


@pytest.mark.parametrize(("record", "faults"), COORDINATES.values(), ids=COORDINATES)
def test_coordinates_outside_the_region_are_a_fault(record, faults):
    assert len(list(coordinate_faults(record))) == faults


def test_distances_are_those_of_the_map():
    assert metres_between(DNIPRO, DNIPRO) == 0
    assert metres_between(DNIPRO, KRYVYI_RIH) == metres_between(KRYVYI_RIH, DNIPRO)
    assert metres_between(DNIPRO, KRYVYI_RIH) == pytest.approx(137_700, rel=0.01)
    assert metres_between(Position(0, 0), Position(0, 180)) == pytest.approx(20_015_000, rel=0.001)
