"""Places, agencies, registers and life events: whole short lists that a reader keeps."""

from dataclasses import replace

import pytest

from tests.support.apps import client_for

LISTS = {
    "/v1/service-centres": "service_centres",
    "/v1/agencies": "agencies",
    "/v1/territories": "territories",
    "/v1/registers": "registers",
}


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_holds_every_record_of_the_data_set_as_it_is(client, whole_set, path):
    name = LISTS[path]

    answer = await client.get(path)

    records = sorted(whole_set[name][name], key=lambda record: record["slug"])
    assert answer.json() == {"items": records}


@pytest.mark.parametrize("path", LISTS)
async def test_a_reader_who_has_a_list_is_told_so(client, path):
    first = await client.get(path)

    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")


async def test_the_centres_of_one_territory_are_found(client):
    answer = await client.get("/v1/service-centres", params={"territory": "dnipro"})

    assert [record["slug"] for record in answer.json()["items"]] == ["cnap-dnipro"]
    assert (await client.get("/v1/service-centres", params={"territory": "atlantis"})).json() == {"items": []}


async def test_a_centre_tells_its_address_and_hours(client, whole_set):
    wanted = next(item for item in whole_set["service_centres"]["service_centres"] if item["slug"] == "cnap-dnipro")

    answer = await client.get("/v1/service-centres/cnap-dnipro")

    assert answer.json() == wanted
    assert len(answer.json()["opening_hours"]) == 7


@pytest.mark.parametrize("slug", ["no-such-centre", "moj-dracs"])
async def test_what_is_no_centre_is_not_found(client, slug):
    answer = await client.get(f"/v1/service-centres/{slug}")

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
