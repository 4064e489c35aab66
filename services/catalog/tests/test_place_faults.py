"""Places that a data set cannot have: every fault with its file and pointer."""

from typing import Any

import pytest

from catalog.domain.faults import find_faults
from catalog.reading import read_data_set
from catalog.use_cases.import_data import ImportRefused
from tests.support.catalog_places import a_centre, generated_post_offices, weekly

FIRST, SECOND = "apostolivskyi-raion", "vasylkivskyi-raion"
DISTRICT = {"slug": "a-district", "name_uk": "Район", "name_en": "District"}


def faults_of(folder) -> list[str]:
    data, _, faults = read_data_set([folder.path])
    return [str(fault) for fault in faults or find_faults(data)]


def put(folder, *centres: dict[str, Any], **lists: Any) -> None:
    folder.write("service_centres", {"service_centres": centres or [a_centre("cnap", FIRST)], **lists})


def test_territories_that_are_above_themselves_are_told_with_the_way_around(folder):
    folder.change("territories", 0, parent=SECOND)
    folder.change("territories", 1, parent=FIRST)

    assert faults_of(folder) == [
        f"territories.json#/territories/0/parent: is above itself: {FIRST} → {SECOND} → {FIRST}",
        f"territories.json#/territories/1/parent: is above itself: {SECOND} → {FIRST} → {SECOND}",
    ]


def test_a_cycle_through_a_district_is_found_too(folder):
    content = folder.read("territories")
    content["territories"][0]["successor"] = "a-district"
    content["successor_districts"] = [DISTRICT | {"parent": FIRST}]
    folder.write("territories", content)

    assert [fault.split(": ")[0] for fault in faults_of(folder)] == [
        "territories.json#/successor_districts/0/parent",
        "territories.json#/territories/0/successor",
    ]


def test_codes_coordinates_and_parents_are_looked_at(folder):
    folder.change("territories", 0, koatuu="12", parent="atlantis")
    folder.change("territories", 1, lat=50.45, lon=30.52)

    assert faults_of(folder) == [
        "territories.json#/territories/0/parent: unknown territory: atlantis",
        "territories.json#/territories/0/koatuu: 12 is no KOATUU code",
        "territories.json#/territories/1/lat: 50.45, 30.52 is outside the region",
    ]


CENTRES: dict[str, tuple[dict[str, Any], str]] = {
    "hours that overlap": (
        {"opening_hours": weekly(("09:00", "13:00"), ("12:59", "18:00"), days=["mon"])},
        "/opening_hours/1: mon: 12:59–18:00 overlaps other hours of the day",
    ),
    "hours that end before they begin": (
        {"opening_hours": weekly(("18:00", "09:00"), days=["fri"])},
        "/opening_hours/0: fri: 18:00–09:00 are no hours",
    ),
    "a break that ends before it begins": (
        {"lunch_break": {"from": "14:00", "to": "13:00"}},
        "/lunch_break: is no break: give `from` before `to`, as HH:MM",
    ),
    "hours of a branch": (
        {"branches": [{"opening_hours": weekly(("18:00", "09:00"), days=["fri"])}]},
        "/branches/0/opening_hours/0: fri: 18:00–09:00 are no hours",
    ),
    "a branch without hours": ({"branches": [{}]}, '/branches/0: "opening_hours" is a required property'),
    "a place outside the region": ({"lat": 0, "lon": 0}, "/lat: 0, 0 is outside the region"),
    "half a place": ({"lat": None}, "/lat: lat and lon are both numbers, or neither is given"),
    "an unknown public service": ({"also_offers": ["x"]}, "/also_offers/0: unknown public service: x"),
    "an offer both ways": (
        {"also_offers": ["pet-registration"], "does_not_offer": ["pet-registration"]},
        "/does_not_offer/0: pet-registration is offered too",
    ),
}


@pytest.mark.parametrize(("members", "wanted"), CENTRES.values(), ids=CENTRES)
def test_a_fault_of_a_centre_is_told_with_its_pointer(folder, members, wanted):
    put(folder, a_centre("cnap-right", FIRST), a_centre("cnap", FIRST, **members))
    assert faults_of(folder) == [f"service_centres.json#/service_centres/1{wanted}"]


OFFICES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown territory": ({"territory": "atlantis"}, "/territory: unknown territory: atlantis"),
    "outside the region": ({"lat": 50.45, "lon": 30.52}, "/lat: 50.45, 30.52 is outside the region"),
    "no settlement": ({"settlement_uk": ""}, "/settlement_uk: "),
    "no word on applications": ({"accepts_applications": "yes"}, "/accepts_applications: "),
    "the slug of another": ({"slug": "post-60000"}, "/slug: 'post-60000' stands here for the 2. time"),
}


@pytest.mark.parametrize(("members", "wanted"), OFFICES.values(), ids=OFFICES)
def test_a_fault_of_a_post_office_is_told_with_its_pointer(folder, members, wanted):
    offices = generated_post_offices(2, folder.read("territories")["territories"])
    put(folder, post_offices=[offices[0], offices[1] | members])

    (fault,) = faults_of(folder)

    assert fault.startswith(f"service_centres.json#/post_offices/1{wanted}")


async def test_places_with_a_fault_leave_those_that_are_there(catalogue, folder):
    put(folder, a_centre("cnap", FIRST))
    await catalogue.take_in(folder.path)
    put(folder, a_centre("cnap", FIRST, lat=0, lon=0), a_centre("cnap-new", FIRST))

    with pytest.raises(ImportRefused):
        await catalogue.take_in(folder.path)

    assert [row["slug"] for row in await catalogue.rows("SELECT slug FROM service_centres")] == ["cnap"]


async def test_a_cycle_that_a_second_data_set_would_close_is_refused(catalogue, folder):
    folder.change("territories", 0, parent=SECOND)
    put(folder, a_centre("cnap", FIRST))
    await catalogue.take_in(folder.path)
    second = folder.read("territories")["territories"][1] | {"parent": FIRST}
    folder.write("territories", {"territories": [second]})

    with pytest.raises(ImportRefused) as refused:
        await catalogue.take_in(folder.path / "territories.json")

    assert f"territories.json#/territories/0/parent: is above itself: {SECOND} → {FIRST} → {SECOND}" in [
        str(fault) for fault in refused.value.faults
    ]


async def test_a_territory_that_moves_below_another_takes_its_centres_along(catalogue, folder, app_of):
    folder.change("territories", 0, parent=SECOND)
    put(folder, a_centre("cnap", FIRST))
    await catalogue.take_in(folder.path)
    folder.change("territories", 0, parent=None)
    folder.change("territories", 1, parent=FIRST)

    done = await catalogue.take_in(folder.path)

    assert done.places == 2
    rows = await catalogue.rows("SELECT slug, parent FROM territories ORDER BY slug")
    assert [tuple(row) for row in rows] == [(FIRST, None), (SECOND, FIRST)]


@pytest.mark.parametrize(
    ("name", "member"),
    [("territories", "seat_uk"), ("service_centres", "address_uk"), ("agencies", "note_en"), ("registers", "source")],
)
def test_no_text_of_a_place_or_body_is_longer_than_people_read(folder, name, member):
    folder.change(name, 0, **{member: "я" * 100_000})

    (fault,) = faults_of(folder)

    assert fault == f"{name}.json#/{name}/0/{member}: the value is longer than 5000 characters"
