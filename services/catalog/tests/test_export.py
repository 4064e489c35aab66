"""Exports: what was exported changes nothing when it is imported, and makes an empty catalogue the same."""

import csv
import json
from datetime import timedelta
from io import StringIO

import pytest

from catalog.domain.days import kyiv_today
from catalog.use_cases.export_data import export_data
from catalog.use_cases.import_data import ImportRefused
from catalog.writing import as_json, as_table, write_whole
from shared.database import Database

TOMORROW = kyiv_today() + timedelta(days=1)


async def exported(catalogue):
    database = Database(catalogue.url, pool_size=1)
    try:
        return await export_data(database, kyiv_today())
    finally:
        await database.dispose()


async def test_an_export_of_the_region_changes_nothing_when_it_is_imported_again(regional, tmp_path):
    lists = await exported(regional)
    whole, table = tmp_path / "whole.json", tmp_path / "services.csv"
    write_whole(as_json(lists), whole)
    write_whole(as_table(lists, ";"), table)

    for file in (whole, table):
        done = await regional.take_in(file, is_dry_run=True)

        assert (done.new_versions, done.unchanged) == ([], len(lists["public_services"]))
        assert (done.organisations, done.records, done.places, done.changes) == (0, 0, 0, [])


async def test_an_export_makes_an_empty_catalogue_the_same(regional, catalogue, tmp_path):
    lists = await exported(regional)
    write_whole(as_json(lists), tmp_path / "whole.json")

    await catalogue.take_in(tmp_path / "whole.json")

    assert as_json(await exported(catalogue)) == as_json(lists)
    for table in ("organisations", "territories", "access_points", "service_centre_offers", "records"):
        statement = f"SELECT row_to_json({table})::text AS row FROM {table} ORDER BY 1"  # noqa: S608  our own names
        there, here = await regional.rows(statement), await catalogue.rows(statement)
        assert [row["row"] for row in here] == [row["row"] for row in there], table


async def test_a_version_to_come_is_exported_with_its_first_day(catalogue, folder, tmp_path):
    await catalogue.take_in(folder.path)
    record = folder.read("services")["services"][0]
    folder.write("services", {"services": [record | {"name_en": "From tomorrow", "valid_from": TOMORROW.isoformat()}]})
    done = await catalogue.take_in(folder.path)
    lists = await exported(catalogue)

    assert done.new_versions == [f"{record['slug']} v2"]
    dates = [(one["slug"], one.get("valid_from")) for one in lists["public_services"] if one["slug"] == record["slug"]]
    assert dates == [(record["slug"], None), (record["slug"], TOMORROW.isoformat())]
    for name, content in (("again.json", as_json(lists)), ("again.csv", as_table(lists, ","))):
        write_whole(content, tmp_path / name)
        again = await catalogue.take_in(tmp_path / name)
        assert (again.new_versions, again.unchanged) == ([], 3)


async def test_what_cannot_begin_on_its_day_is_refused_by_its_place(catalogue, folder, tmp_path):
    await catalogue.take_in(folder.path)
    first, second = folder.read("services")["services"]
    later = [first | {"name_en": "From tomorrow", "valid_from": TOMORROW.isoformat()}, second]
    folder.write("services", {"services": later})
    await catalogue.take_in(folder.path)
    past = second | {"name_en": "From long ago", "valid_from": "2020-01-01"}
    folder.write("services", {"services": [first | {"name_en": "From today"}, past]})

    with pytest.raises(ImportRefused) as refused:
        await catalogue.take_in(folder.path)

    assert sorted(map(str, refused.value.faults)) == [
        f"services.json#/services/0/slug: Version 2 of '{first['slug']}' is published from {TOMORROW}.",
        f"services.json#/services/1/valid_from: 2020-01-01 is over; today is {kyiv_today()}.",
    ]


async def test_a_withdrawn_service_is_not_exported_and_not_reopened(catalogue, folder):
    await catalogue.take_in(folder.path)
    slug = folder.read("services")["services"][0]["slug"]
    await catalogue.rows("UPDATE public_services SET withdrawn_on = $1 WHERE slug = $2", kyiv_today(), slug)

    assert slug not in [one["slug"] for one in (await exported(catalogue))["public_services"]]
    assert (await catalogue.take_in(folder.path)).unchanged == 2
    folder.change("services", 0, name_en="Changed")
    with pytest.raises(ImportRefused) as refused:
        await catalogue.take_in(folder.path)
    assert [str(fault) for fault in refused.value.faults] == [
        f"services.json#/services/0/slug: '{slug}' is withdrawn from {kyiv_today()}."
    ]


AWKWARD = {
    "legal_basis": ['Закон: «один»; два, "три"', "рядок\nдругий", " з пропуском "],
    "name": {"uk": "=1+1", "en": "'-x"},
    "fee": {"kind": "fixed", "amount_uah": 0.1, "legal_reference": None},
}


async def test_awkward_texts_and_members_left_out_survive_a_table(catalogue, folder, tmp_path):
    await catalogue.take_in(folder.path)
    lists = await exported(catalogue)
    definition = lists["public_services"][0] | AWKWARD
    whole, table = tmp_path / "whole.json", tmp_path / "services.csv"
    write_whole(as_json({"public_services": [definition]}), whole)
    assert len((await catalogue.take_in(whole)).new_versions) == 1

    write_whole(as_table(await exported(catalogue), ","), table)
    done = await catalogue.take_in(table)

    assert (done.new_versions, done.changes) == ([], [])
    cells = next(csv.reader(StringIO(table.read_text("utf-8-sig")), delimiter=","))
    assert cells[0] == "slug"
    assert "'=1+1" in table.read_text("utf-8-sig")


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path):
    file = tmp_path / "out.json"
    file.write_text("old", "utf-8")

    write_whole(as_json({"agencies": [{"slug": "a"}]}), file)

    assert json.loads(file.read_bytes()) == {"agencies": [{"slug": "a"}]}
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]
