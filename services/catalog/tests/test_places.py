"""Territories as a tree, centres as the data set has them, agencies, registers and life events: lists that a reader keeps."""

from dataclasses import replace

import pytest

from tests.support.apps import client_for

WHOLE = {"/v1/agencies": "agencies", "/v1/registers": "registers"}
ENRICHED = {"/v1/service-centres": "service_centres", "/v1/territories": "territories"}


@pytest.mark.parametrize("path", WHOLE)
async def test_a_list_holds_every_record_of_the_data_set_as_it_is(client, whole_set, path):
    name = WHOLE[path]

    answer = await client.get(path)

    records = sorted(whole_set[name][name], key=lambda record: record["slug"])
    assert answer.json() == {"items": records}


@pytest.mark.parametrize("path", ENRICHED)
async def test_a_list_of_places_holds_every_member_of_every_record_and_more(client, whole_set, path):
    name = ENRICHED[path]

    items = (await client.get(path)).json()["items"]

    by_slug = {item["slug"]: item for item in items}
    assert list(by_slug) == sorted(by_slug)
    for record in whole_set[name][name]:
        assert record.items() <= by_slug[record["slug"]].items()


@pytest.mark.parametrize("path", [*WHOLE, *ENRICHED, "/v1/access-points", "/v1/territories/dnipro"])
async def test_a_reader_who_has_an_answer_is_told_so(client, path):
    first = await client.get(path)

    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    other = await client.get(path, headers={"If-None-Match": '"another"'})

    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, other.content) == (200, first.content)
    assert first.headers["cache-control"].startswith("public, max-age=")


async def test_a_territory_lies_in_the_district_of_today_and_has_its_codes(client, whole_set):
    dnipro = (await client.get("/v1/territories/dnipro")).json()
    district = (await client.get("/v1/territories/dniprovskyi-raion-2020")).json()

    assert (dnipro["parent"], dnipro["path"]) == ("dniprovskyi-raion-2020", ["dniprovskyi-raion-2020"])
    assert (dnipro["koatuu"], dnipro["katottg"], dnipro["children"]) == ("1210100000", "UA12020010010037010", [])
    assert (district["parent"], district["katottg"]) == (None, "UA12020000000052809")
    wanted = whole_set["territories"]["successor_districts"][0]["territories"]
    assert district["children"] == sorted(wanted)


async def test_territories_are_found_by_code_parent_and_kind(client):
    async def slugs(**asked: str) -> list[str]:
        return [item["slug"] for item in (await client.get("/v1/territories", params=asked)).json()["items"]]

    assert await slugs(code="1210100000") == await slugs(code="UA12020010010037010") == ["dnipro"]
    assert "dnipro" in await slugs(parent="dniprovskyi-raion-2020")
    assert len(await slugs(kind="city")) == 13
    assert len(await slugs()) == 42
    assert await slugs(code="1") == []


async def test_the_centres_of_one_territory_and_of_all_below_it_are_found(client):
    async def slugs(territory: str) -> list[str]:
        answer = await client.get("/v1/service-centres", params={"territory": territory})
        return [record["slug"] for record in answer.json()["items"]]

    assert await slugs("dnipro") == ["cnap-dnipro"]
    assert len(await slugs("dniprovskyi-raion-2020")) == 5
    assert await slugs("atlantis") == []


async def test_a_centre_tells_its_address_and_hours(client, whole_set):
    wanted = next(item for item in whole_set["service_centres"]["service_centres"] if item["slug"] == "cnap-dnipro")

    answer = await client.get("/v1/service-centres/cnap-dnipro")

    assert wanted.items() <= answer.json().items()
    assert len(answer.json()["opening_hours"]) == 7
    assert answer.json()["exceptions"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/service-centres/no-such-centre",
        "/v1/service-centres/moj-dracs",
        "/v1/service-centres/no-such-centre/exceptions",
        "/v1/service-centres/no-such-centre/public-services",
        "/v1/territories/atlantis",
        "/v1/public-services/no-such-service/places",
    ],
)
async def test_what_is_not_there_is_not_found(client, path):
    answer = await client.get(path)

    assert (answer.status_code, answer.json()["title"]) == (404, "There is no such thing, or it is not yours")


async def test_life_events_come_with_the_number_of_their_services(client, whole_set):
    answer = await client.get("/v1/life-events")

    counted: dict[str, int] = {}
    for record in whole_set["services"]["services"]:
        for event in record["life_events"]:
            counted[event] = counted.get(event, 0) + 1
    assert answer.json() == [
        {"life_event": event, "services": number}
        for event, number in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]


async def test_a_database_that_is_away_is_a_named_problem(app_of, regional):
    gone = replace(regional, url="postgresql://catalog_app:test@127.0.0.1:9/catalog")
    async with client_for(app_of(gone)) as client:
        answer = await client.get("/v1/agencies")
        ready = await client.get("/readyz")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["type"].endswith("/problems/temporarily-unavailable")
    assert ready.status_code == 503
