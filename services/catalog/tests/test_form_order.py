"""People see the fields of a form in the order in which its author wrote them, wherever they read it."""

import json
from typing import Any

import pytest

from catalog.domain.days import kyiv_today
from catalog.domain.form_order import form_order
from catalog.domain.snapshot import unpack
from catalog.use_cases.export_data import export_data
from catalog.writing import as_json, as_table, write_whole
from shared.database import Database
from tests.support.apps import client_for
from tests.support.catalog_life import the_data

SLUG = "pet-registration"


def written() -> dict[str, list[str]]:
    """Return what the data set says of each form's fields, with their order."""
    return {record["slug"]: list(record["form"]["properties"]) for record in the_data("services")}


async def exported(catalogue) -> dict[str, list[dict[str, Any]]]:
    database = Database(catalogue.url, pool_size=1)
    try:
        return await export_data(database, kyiv_today())
    finally:
        await database.dispose()


async def test_cards_and_events_have_the_fields_as_they_were_written(client, regional):
    told = {data["slug"]: list(data["form"]["properties"]) for kind, data in await regional.events() if "form" in data}

    assert any(fields != sorted(fields, key=lambda name: (len(name), name)) for fields in written().values())
    assert told == written()
    for slug, fields in written().items():
        assert list((await client.get(f"/v1/public-services/{slug}")).json()["form"]["properties"]) == fields


async def test_a_snapshot_tells_the_order_that_its_canonical_form_loses(client):
    document = json.loads(unpack((await client.get("/v1/snapshot")).content)[1])

    for slug, card in document["entries"]["public_services"].items():
        told = card["form_order"].get("/properties", list(card["form"]["properties"]))
        assert told == written()[slug]


@pytest.mark.parametrize("name", ["whole.json", "table.csv"])
async def test_an_export_brings_the_fields_into_another_catalogue_as_they_were_written(
    regional, catalogue, tmp_path, name
):
    lists = await exported(regional)
    if name == "table.csv":
        others = {list_name: records for list_name, records in lists.items() if list_name != "public_services"}
        write_whole(as_json(others), tmp_path / "others.json")
    write_whole(as_json(lists) if name == "whole.json" else as_table(lists, ","), tmp_path / name)

    await catalogue.take_in(tmp_path)

    services = (await exported(catalogue))["public_services"]
    assert {card["slug"]: list(card["form"]["properties"]) for card in services} == written()


async def test_another_order_is_a_change(catalogue, folder, app_of):
    await catalogue.take_in(folder.path)
    services = folder.read("services")["services"]
    index = [record["slug"] for record in services].index(SLUG)
    form = services[index]["form"]
    turned = dict(reversed(form["properties"].items()))
    folder.change("services", index, form=form | {"properties": turned})

    done = await catalogue.take_in(folder.path)

    (change,) = done.changes
    (difference,) = change.differences
    assert (change.version, difference.member) == (2, "form.properties (order)")
    assert (difference.before, difference.after) == (list(form["properties"]), list(turned))
    assert (await catalogue.take_in(folder.path)).changes == []
    async with client_for(app_of(catalogue)) as client:
        card = (await client.get(f"/v1/public-services/{SLUG}")).json()
    assert list(card["form"]["properties"]) == list(turned)


def test_the_order_is_told_for_every_object_that_holds_fields():
    inner = {"type": "object", "properties": {"z": {}, "a": {}}}
    form = {
        "properties": {"b/c": inner, "a": {"type": "array", "items": inner}},
        "$defs": {"d": {"properties": {"x": {}}}},
    }

    assert form_order(form) == {
        "/properties": ["b/c", "a"],
        "/properties/b~1c/properties": ["z", "a"],
        "/properties/a/items/properties": ["z", "a"],
    }
