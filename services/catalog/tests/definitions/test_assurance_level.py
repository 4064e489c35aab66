"""How surely a person must be known to apply online: told by the card, the event and the snapshot, taken in and exported."""

import csv

import pytest

from catalog.domain.columns import COLUMNS, row_of
from catalog.domain.days import kyiv_today
from catalog.use_cases.read_published import read_published
from shared.database import Database
from tests.support.catalog_life import COUNCIL, PET, RESIDENCE, a_definition, faults_of

LEVELS = ("low", "substantial", "high")


async def told_levels(desk, catalogue, slug: str) -> tuple[str, str, str]:
    """Return what the card, the newest event and the snapshot's entry say."""
    card = (await desk.client.get(f"/v1/public-services/{slug}")).json()
    event = [data for kind, data in await catalogue.events() if kind == "published.v1" and data["slug"] == slug][-1]
    database = Database(catalogue.url, pool_size=1)
    try:
        async with database.transaction() as connection:
            entries = {entry[:2]: entry[2] async for entry in read_published(connection, desk.today)}
    finally:
        await database.dispose()
    return card["assurance_level"], event["assurance_level"], entries["public_services", slug]["assurance_level"]


async def test_where_nothing_is_said_the_level_is_low(desk, catalogue):
    assert "assurance_level" not in (await desk.draft())[0]
    assert await told_levels(desk, catalogue, PET) == ("low", "low", "low")


@pytest.mark.parametrize("level", LEVELS)
async def test_the_level_of_a_definition_is_told_by_card_event_and_snapshot(desk, catalogue, level):
    assert (await desk.keep(assurance_level=level)).status_code == 200
    assert (await desk.publish()).status_code == 200

    assert await told_levels(desk, catalogue, PET) == (level, level, level)


@pytest.mark.parametrize("level", ["LOW", "medium", "", None, 1])
async def test_another_level_is_a_fault(desk, level):
    assert set(faults_of(await desk.keep(assurance_level=level))) == {"/assurance_level"}


async def test_an_agency_may_have_a_level_for_all_that_is_new(desk):
    defaults = f"agencies/{COUNCIL}/defaults"
    etag = (await desk.ask("GET", defaults)).headers["etag"]
    assert (await desk.ask("PUT", defaults, "head", {"assurance_level": "high"}, If_Match=etag)).status_code == 200

    begun = await desk.begin(slug="other", code="14-30", copy_of=PET, definition={})

    assert begun.json()["definition"]["assurance_level"] == "high"


async def test_a_record_of_a_data_set_may_say_the_level(desk, catalogue, folder):
    index = [record["slug"] for record in folder.read("services")["services"]].index(RESIDENCE)
    folder.change("services", index, assurance_level="substantial")

    (change,) = (await catalogue.take_in(folder.path)).changes

    assert [each.member for each in change.differences] == ["assurance_level"]
    assert await told_levels(desk, catalogue, RESIDENCE) == ("substantial", "substantial", "substantial")


@pytest.mark.parametrize(("level", "versions"), [("high", 1), ("", 0)])
async def test_a_table_may_say_the_level(desk, catalogue, tmp_path, level, versions):
    definition, _ = await desk.draft()
    table = tmp_path / "table.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        said = {"assurance_level": level} if level else {}
        csv.writer(file).writerows([[column.name for column in COLUMNS], row_of({**definition, **said}, {})])

    done = await catalogue.take_in(table, on=kyiv_today())

    assert len(done.new_versions) == versions
    assert (await told_levels(desk, catalogue, PET))[0] == (level or "low")


def test_the_example_says_the_level():
    assert a_definition()["assurance_level"] == "low"
