"""Data sets that are refused: every fault by file and JSON Pointer, and nothing is written of the rest."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from catalog.domain.faults import find_faults
from catalog.reading import read_data_set
from catalog.use_cases.import_data import ImportRefused

Change = Callable[[dict[str, Any]], None]


def faults_of(folder) -> list[str]:
    data, _, faults = read_data_set([folder.path])
    return [str(fault) for fault in faults or find_faults(data)]


def changed(folder, name: str, change: Change) -> None:
    content = folder.read(name)
    change(content)
    folder.write(name, content)


def setting(*path: str | int, to: Any) -> Change:
    """Return a change that sets the member at a path."""

    def change(content: dict[str, Any]) -> None:
        node: Any = content
        for part in path[:-1]:
            node = node[part]
        node[path[-1]] = to

    return change


def without(*path: str | int) -> Change:
    """Return a change that takes the member at a path away."""

    def change(content: dict[str, Any]) -> None:
        node: Any = content
        for part in path[:-1]:
            node = node[part]
        del node[path[-1]]

    return change


SERVICE = ("services", 1)
CHECK = (*SERVICE, "register_checks", 0)
LOOP = {"x": {"type": "object", "properties": {"again": {"$ref": "#/$defs/x"}}}}
FAULTS = {
    "a list that is none": (
        "territories",
        setting("territories", to={}),
        "territories.json#/territories: is not a list",
    ),
    "a record that is no object": ("agencies", setting("agencies", 0, to="a"), "agencies.json#/agencies/0: "),
    "no name": ("services", without(*SERVICE, "name_en"), "services.json#/services/1: "),
    "an empty name": ("services", setting(*SERVICE, "name_en", to=""), "services.json#/services/1/name_en: "),
    "a term in words": (
        "services",
        setting(*SERVICE, "deadline", "days", to="ten"),
        "services.json#/services/1/deadline/days: ",
    ),
    "a form that is a list": ("services", setting(*SERVICE, "form", to=[]), "services.json#/services/1/form: "),
    "a slug that is no slug": (
        "agencies",
        setting("agencies", 0, "slug", to="An Agency"),
        "agencies.json#/agencies/0/slug: ",
    ),
    "no opening hours": (
        "service_centres",
        without("service_centres", 1, "opening_hours"),
        "service_centres.json#/service_centres/1: ",
    ),
    "impossible hours": (
        "service_centres",
        setting("service_centres", 1, "opening_hours", 0, "opens", to="25:00"),
        "service_centres.json#/service_centres/1/opening_hours/0: mon: 25:00",
    ),
    "a place that closes before it opens": (
        "service_centres",
        setting("service_centres", 0, "opening_hours", 1, "closes", to="08:00"),
        "service_centres.json#/service_centres/0/opening_hours/1: tue: 09:00–08:00",
    ),
    "an unknown territory": (
        "service_centres",
        setting("service_centres", 0, "territory", to="atlantis"),
        "service_centres.json#/service_centres/0/territory: unknown territory: atlantis",
    ),
    "an unknown agency": (
        "services",
        setting(*SERVICE, "agency", to="nobody"),
        "services.json#/services/1/agency: unknown agency: nobody",
    ),
    "an unknown owner": (
        "services",
        setting(*SERVICE, "owner_agency", to="nobody"),
        "services.json#/services/1/owner_agency: unknown agency: nobody",
    ),
    "a document of an unknown register": (
        "services",
        setting(*SERVICE, "required_documents", 0, "replaced_by_register", to="no-such"),
        "services.json#/services/1/required_documents/0/replaced_by_register: unknown register: no-such",
    ),
    "a check of an unknown register": (
        "services",
        setting(*CHECK, "register", to="no-such"),
        "services.json#/services/1/register_checks/0/register: unknown register: no-such",
    ),
    "a field that the register lacks": (
        "services",
        setting(*CHECK, "asserts", 0, to="shoe_size"),
        "services.json#/services/1/register_checks/0/asserts/0: unknown field of ",
    ),
    "a key that the form lacks": (
        "services",
        setting(*CHECK, "bind", to={"a/b": "shoe_size"}),
        "services.json#/services/1/register_checks/0/bind/a~1b: unknown field of the form: shoe_size",
    ),
    "a form that is no schema": (
        "services",
        setting(*SERVICE, "form", "properties", "x", to={"type": "objekt"}),
        "services.json#/services/1/form/properties/x/type: not a JSON Schema",
    ),
    "a form that asks the network": (
        "services",
        setting(*SERVICE, "form", "properties", "x", to={"$ref": "http://127.0.0.1/schema"}),
        "services.json#/services/1/form/properties/x/$ref: leads out of the form",
    ),
    "a form that unfolds without end": (
        "services",
        setting(*SERVICE, "form", to={"type": "object", "properties": {"x": {"$ref": "#/$defs/x"}}, "$defs": LOOP}),
        "services.json#/services/1/form: ",
    ),
    "a form with an expression that takes for ever": (
        "services",
        setting(*SERVICE, "form", "properties", "x", to={"type": "string", "pattern": "^(a+)+$"}),
        "services.json#/services/1/form/properties/x/pattern: ",
    ),
    "a name of 100,000 characters": (
        "services",
        setting(*SERVICE, "name_uk", to="я" * 100_000),
        "services.json#/services/1/name_uk: the value is longer than 300 characters",
    ),
    "a name of an agency of 100,000 characters": (
        "agencies",
        setting("agencies", 0, "name_uk", to="я" * 100_000),
        "agencies.json#/agencies/0/name_uk: the value is longer than 300 characters",
    ),
    "a description of 100,000 characters": (
        "services",
        setting(*SERVICE, "description_en", to="x" * 100_000),
        "services.json#/services/1/description_en: the value is longer than 5000 characters",
    ),
    "a document in a form that nobody knows": (
        "services",
        setting(*SERVICE, "required_documents", 0, "original_or_copy", to="fax"),
        "services.json#/services/1/required_documents/0/original_or_copy: ",
    ),
    "a reason with an empty text": (
        "services",
        setting(*SERVICE, "refusal_reasons", 0, "text_en", to=" "),
        "services.json#/services/1/refusal_reasons/0/text_en: ",
    ),
    "a check without a purpose": (
        "services",
        setting(*CHECK, "purpose_en", to=" "),
        "services.json#/services/1/register_checks/0/purpose_en: ",
    ),
    "a term of no law": (
        "services",
        setting(*SERVICE, "deadline", "basis", to=None),
        "services.json#/services/1/deadline/basis: ",
    ),
    "a date that is none": (
        "services",
        setting(*SERVICE, "valid_from", to="2026-02-30"),
        "services.json#/services/1/valid_from: ",
    ),
    "a territory above itself": (
        "territories",
        setting("territories", 0, "parent", to="apostolivskyi-raion"),
        "territories.json#/territories/0/parent: is above itself",
    ),
    "hours that overlap": (
        "service_centres",
        setting(
            "service_centres",
            1,
            "opening_hours",
            1,
            to={"day": "mon", "opens": "10:00", "closes": "11:00", "closed": False},
        ),
        "service_centres.json#/service_centres/1/opening_hours/1: mon: 10:00–11:00 overlaps",
    ),
    "a text with U+0000": (
        "services",
        setting(*SERVICE, "description_en", to="a\0b"),
        "services.json#/services/1/description_en: U+0000",
    ),
    "assertions of a wrong shape": (
        "assertions",
        setting("form_fields", to=["full_name"]),
        "assertions.json#/form_fields: ",
    ),
}


@pytest.mark.parametrize(("name", "change", "wanted"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_file_and_pointer(folder, name, change, wanted):
    changed(folder, name, change)

    (fault,) = faults_of(folder)

    assert fault.startswith(wanted)


TWICE = {
    "slug": ("slug", "services.json#/services/1/slug: '{}' from today stands already in services.json#/services/0"),
    "code": ("code", "services.json#/services/1/code: '{}' is the code of {slug} too (services.json#/services/0)"),
}


@pytest.mark.parametrize(("name", "wanted"), TWICE.values(), ids=TWICE)
def test_a_slug_or_code_of_a_service_that_stands_twice_is_told_where_it_is_repeated(folder, name, wanted):
    first = folder.read("services")["services"][0]
    folder.change("services", 1, **{name: first[name]})

    assert faults_of(folder) == [wanted.format(first[name], slug=first["slug"])]


def test_an_agency_that_stands_twice_is_told_where_it_is_repeated(folder):
    agencies = folder.read("agencies")["agencies"]
    folder.write("agencies", {"agencies": [*agencies, agencies[0]]})

    assert faults_of(folder) == [
        f"agencies.json#/agencies/{len(agencies)}/slug: '{agencies[0]['slug']}' stands here for the 2. time"
    ]


DATES = {
    "an end before the start": (
        [("2030-02-01", "2030-01-01")],
        ["/services/0/valid_to: ends before it begins: it is valid from 2030-02-01"],
    ),
    "versions that overlap": (
        [("2030-01-01", "2030-03-01"), ("2030-02-01", None)],
        ["/services/0/valid_to: overlaps the version from 2030-02-01 (services.json#/services/1)"],
    ),
    "days without a version": (
        [("2030-01-01", "2030-02-01"), ("2030-03-01", None)],
        [
            "/services/0/valid_to: leaves days without a version before the version from 2030-03-01 (services.json#/services/1)"
        ],
    ),
    "an end after which nothing comes": (
        [("2030-01-01", "2031-01-01")],
        ["/services/0/valid_to: no version of it begins then; what is to end without a next version is withdrawn"],
    ),
    "two versions from one day": (
        [("2030-01-01", None), ("2030-01-01", None)],
        ["/services/1/slug: 'residence-registration' from 2030-01-01 stands already in services.json#/services/0"],
    ),
    "one after the other": ([(None, "2030-01-01"), ("2030-01-01", None)], []),
}


@pytest.mark.parametrize(("dates", "wanted"), DATES.values(), ids=DATES)
def test_versions_of_one_service_follow_each_other(folder, dates, wanted):
    record = folder.read("services")["services"][0]
    dated = [record | {"valid_from": begins, "valid_to": ends} for begins, ends in dates]
    folder.write(
        "services",
        {"services": [{k: v for k, v in each.items() if v or k not in {"valid_from", "valid_to"}} for each in dated]},
    )

    assert faults_of(folder) == [f"services.json#{fault}" for fault in wanted]


@pytest.mark.parametrize("slug", [{}, {"a": 1}, [], [None], None, 5, True])
def test_a_slug_that_is_no_text_is_a_fault(folder, slug):
    folder.write("services", {"services": [], "public_services": [{"slug": slug}]})

    assert {fault.partition(": ")[0] for fault in faults_of(folder)} == {"services.json#/public_services/0/slug"}


def test_what_is_wrong_with_one_service_does_not_hide_what_is_wrong_with_others(folder):
    folder.change("services", 0, name_en=7)
    folder.change("services", 1, agency="nobody")

    assert [fault.split(": ")[0] for fault in faults_of(folder)] == [
        "services.json#/services/0/name_en",
        "services.json#/services/1/agency",
    ]


def test_all_faults_of_all_files_are_told_at_once(folder):
    folder.change("services", 0, agency="nobody")
    folder.change("services", 1, agency="nobody", owner_agency="nobody")
    folder.change("service_centres", 0, territory="atlantis")

    assert [fault.split(": ")[0] for fault in faults_of(folder)] == [
        "service_centres.json#/service_centres/0/territory",
        "services.json#/services/0/agency",
        "services.json#/services/1/agency",
        "services.json#/services/1/owner_agency",
    ]


BROKEN = {
    "broken JSON": (b'{"services": [', "services.json#: Not JSON"),
    "another encoding": ('{"services": "дозвіл"}'.encode("cp1251"), "services.json#: is not UTF-8: byte 14 is 0xe4"),
    "UTF-16": ('{"services": []}'.encode("utf-16"), "services.json#: is not UTF-8: byte 0 is 0xff"),
    "a list": (b"[]", "services.json#: is not a JSON object"),
    "a lone surrogate": (b'{"services": ["\\ud800"]}', "services.json#: Not JSON"),
    "no number": (b'{"services": [NaN]}', "services.json#: Not JSON"),
    "a bottomless value": (b'{"services":' + b"[" * 5000 + b"]" * 5000 + b"}", "services.json#: "),
    "nothing": (b"", "services.json#: Not JSON"),
    "half a file": (b'{"services": [{"slug": "a"', "services.json#: Not JSON"),
}


@pytest.mark.parametrize(("body", "wanted"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_read_is_named(folder, body, wanted):
    (folder.path / "services.json").write_bytes(body)

    (fault,) = faults_of(folder)

    assert fault.startswith(wanted)


def test_a_file_that_is_not_there_is_named(folder):
    _, _, faults = read_data_set([folder.path / "nowhere.json"])

    assert [str(fault) for fault in faults] == ["nowhere.json#: cannot be read: No such file or directory"]


def test_a_named_file_without_any_list_is_no_data_set(folder):
    folder.write("people", {"people": []})

    _, _, named = read_data_set([folder.path / "people.json"])

    assert [fault.what.partition(" ")[0] for fault in named] == ["has"]
    assert faults_of(folder) == []


def test_services_with_checks_need_the_table_of_comparisons(folder):
    _, _, faults = read_data_set([folder.path / "services.json"])

    assert [fault.place.file for fault in faults] == ["assertions.json"]


def test_a_byte_order_mark_is_no_fault(folder):
    file = folder.path / "services.json"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    assert faults_of(folder) == []


async def test_a_data_set_with_a_fault_leaves_the_catalogue_as_it_was(catalogue, folder):
    await catalogue.take_in(folder.path)
    before = await catalogue.events()
    folder.change("services", 0, name_en="Changed, and right")
    folder.change("services", 1, agency="nobody")

    with pytest.raises(ImportRefused) as refused:
        await catalogue.take_in(folder.path)

    assert [fault.place.pointer for fault in refused.value.faults] == ["/services/1/agency"]
    assert await catalogue.events() == before
    rows = await catalogue.rows("SELECT definition FROM public_service_versions")
    assert not any("Changed, and right" in json.dumps(row["definition"]) for row in rows)


async def test_a_code_stays_the_code_of_its_service_also_when_that_left_the_data_set(catalogue, folder):
    await catalogue.take_in(folder.path)
    left, stays = folder.read("services")["services"]
    folder.write("services", {"services": [stays | {"code": left["code"]}]})

    with pytest.raises(ImportRefused) as refused:
        await catalogue.take_in(folder.path)

    assert [str(fault) for fault in refused.value.faults] == [
        f"services.json#/services/0/code: '{left['code']}' is the code of {left['slug']}"
    ]
