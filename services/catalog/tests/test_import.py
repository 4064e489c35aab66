"""Importing the regional data set: what it publishes, that a repeat changes nothing, that a change is a new version."""

import asyncio
from datetime import timedelta

from catalog.domain.days import kyiv_today
from shared.clock import SystemClock
from shared.cloudevents import CloudEvent
from shared.contracts import Contracts
from shared.ids import new_id

COUNTS = """SELECT (SELECT count(*) FROM public_services) AS services, (SELECT count(*) FROM organisations) AS organisations,
(SELECT count(*) FROM records) AS records, (SELECT count(*) FROM public_service_versions) AS versions,
(SELECT count(*) FROM outbox) AS events"""


async def counts(catalogue) -> dict[str, int]:
    return dict((await catalogue.rows(COUNTS))[0])


async def test_every_service_and_organisation_of_the_region_is_published_as_its_contract_says(regional, whole_set):
    services = {record["slug"] for record in whole_set["services"]["services"]}
    events, contracts = await regional.events(), Contracts()
    for event_type, data in events:
        envelope = CloudEvent(
            new_id(), "/catalog", f"ua.virtual-office.catalog.{event_type}", "x", SystemClock().now(), "", data
        )
        contracts.check(envelope)

    assert {data["slug"] for event_type, data in events if event_type == "published.v1"} == services
    offices = [data for event_type, data in events if event_type == "changed.v1"]
    assert {data["kind"] for data in offices} == {"service-centre", "executive-agency"}
    assert len(offices) == (await counts(regional))["organisations"] == len({data["organisation"] for data in offices})


async def test_the_event_of_a_service_carries_what_its_card_defines(regional, whole_set):
    record = next(item for item in whole_set["services"]["services"] if item["slug"] == "birth-registration")
    event = next(data for kind, data in await regional.events() if data.get("slug") == "birth-registration")

    assert event["form"] == record["form"]
    assert event["version"] == 1
    assert event["term"] == {name: record["deadline"][name] for name in ("days", "unit", "basis")}
    assert [code["code"] for code in event["refusal_codes"]] == [item["code"] for item in record["refusal_reasons"]]
    assert [check["register"] for check in event["register_checks"]] == [
        check["register"] for check in record["register_checks"]
    ]
    registered = {item["field"]: item for check in event["register_checks"] for item in check["asserts"]}
    assert registered["document_status"] == {"field": "document_status", "form_field": None, "expected": "valid"}
    assert registered["full_name"]["form_field"] == "mother_full_name"


async def test_each_territory_has_its_own_office_of_a_per_territory_agency(regional, whole_set):
    agency = next(item for item in whole_set["agencies"]["agencies"] if item["scope"] == "per-territory")
    territories = {item["slug"] for item in whole_set["territories"]["territories"]}

    offices = [
        data for kind, data in await regional.events() if data.get("agency") == agency["slug"] and "kind" in data
    ]
    offices = [data for data in offices if data["kind"] == "executive-agency"]

    assert {data["territory"] for data in offices} == territories
    assert {data["organisation"] for data in offices} == {f"{agency['slug']}--{slug}" for slug in territories}


async def test_the_same_data_set_a_second_time_changes_nothing_and_tells_nothing(catalogue, folder):
    first = await catalogue.take_in(folder.path)
    before = await counts(catalogue)

    second = await catalogue.take_in(folder.path)

    assert len(first.new_versions) == before["services"] == 2
    assert (first.organisations, first.records) == (before["organisations"], before["records"])
    assert await counts(catalogue) == before
    assert (second.new_versions, second.unchanged, second.organisations, second.records) == ([], 2, 0, 0)
    assert (second.places, second.changes) == (0, [])


async def test_a_changed_card_is_a_new_version_beside_the_old_one(catalogue, folder):
    yesterday = kyiv_today() - timedelta(days=1)
    await catalogue.take_in(folder.path, on=yesterday)
    earlier = len(await catalogue.events())
    folder.change("services", 1, name_en="Registration of a dog, a cat or a ferret")

    done = await catalogue.take_in(folder.path)

    slug = folder.read("services")["services"][1]["slug"]
    assert done.new_versions == [f"{slug} v2"]
    rows = await catalogue.rows("SELECT version, valid_from, definition FROM public_service_versions ORDER BY 1, slug")
    assert [row["valid_from"] for row in rows] == [yesterday, yesterday, kyiv_today()]
    assert "ferret" in rows[2]["definition"]
    assert not any("ferret" in row["definition"] for row in rows[:2])
    ((event_type, data),) = (await catalogue.events())[earlier:]
    assert (event_type, data["slug"], data["version"]) == ("published.v1", slug, 2)
    assert (data["name"]["en"], data["valid_from"]) == (
        "Registration of a dog, a cat or a ferret",
        kyiv_today().isoformat(),
    )


async def test_a_renamed_service_centre_is_told_once_and_publishes_no_card(catalogue, folder):
    await catalogue.take_in(folder.path)
    earlier = len(await catalogue.events())
    folder.change("service_centres", 0, name_en="Centre of the renamed district")

    done = await catalogue.take_in(folder.path)

    assert (done.new_versions, done.organisations, done.records, done.places) == ([], 1, 0, 2)  # its kiosk has its name
    (change,) = done.changes
    assert [(each.member, each.after) for each in change.differences] == [("name_en", "Centre of the renamed district")]
    ((event_type, data),) = (await catalogue.events())[earlier:]
    assert (event_type, data["name"]["en"]) == ("changed.v1", "Centre of the renamed district")


async def test_a_dry_run_says_what_would_change_and_writes_nothing(catalogue, folder):
    done = await catalogue.take_in(folder.path, is_dry_run=True)

    assert len(done.new_versions) == 2
    assert set((await counts(catalogue)).values()) == {0}


async def test_a_new_service_alone_is_judged_beside_what_the_catalogue_knows(catalogue, folder):
    known, new = folder.read("services")["services"]
    folder.write("services", {"services": [known]})
    await catalogue.take_in(folder.path)
    before = await counts(catalogue)
    folder.write("services", {"services": [new]})

    done = await catalogue.take_in(folder.path / "services.json", folder.path / "assertions.json")

    assert done.new_versions == [f"{new['slug']} v1"]
    after = await counts(catalogue)
    assert after == before | {"services": 2, "versions": 2, "events": before["events"] + 1}


async def test_a_new_territory_alone_gets_an_office_of_each_agency_that_has_them(catalogue, folder, whole_set):
    agency = next(item for item in whole_set["agencies"]["agencies"] if item["scope"] == "per-territory")
    folder.write("agencies", {"agencies": [*folder.read("agencies")["agencies"], agency | {"slug": "with-offices"}]})
    await catalogue.take_in(folder.path)
    folder.write("territories", {"territories": [whole_set["territories"]["territories"][2]]})

    done = await catalogue.take_in(folder.path / "territories.json")

    slug = whole_set["territories"]["territories"][2]["slug"]
    assert (done.places, done.new_versions) == (1, [])
    assert f"with-offices--{slug}" in [data.get("organisation") for _, data in await catalogue.events()]


async def test_a_list_that_stands_in_two_files_is_one_list(catalogue, folder):
    first, second = folder.read("services")["services"]
    folder.write("services", {"services": [first]})
    folder.write("services_more", {"services": [second]})

    done = await catalogue.take_in(folder.path)

    assert {name.partition(" ")[0] for name in done.new_versions} == {first["slug"], second["slug"]}


async def test_imports_at_once_publish_each_change_once(catalogue, folder):
    await catalogue.take_in(folder.path)
    for index in range(2):
        folder.change("services", index, name_en=f"Changed name {index}")

    await asyncio.gather(*(catalogue.take_in(folder.path) for _ in range(4)))

    published = [(data["slug"], data["version"]) for kind, data in await catalogue.events() if kind == "published.v1"]
    slugs = [record["slug"] for record in folder.read("services")["services"]]
    assert sorted(published) == sorted((slug, version) for slug in slugs for version in (1, 2))
