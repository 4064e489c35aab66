"""Which centre offers what, where to apply for a public service, and 700 access points around."""

import pytest

from shared.pagination import encode_cursor
from tests.support.apps import client_for
from tests.support.catalog_places import APOSTOLOVE, DNIPRO, a_centre, generated_post_offices, weekly

FIRST, SECOND = "apostolivskyi-raion", "vasylkivskyi-raion"
PET, RESIDENCE = "pet-registration", "residence-registration"


@pytest.fixture
def region(folder):
    """Two centres with kiosks and 698 post offices; one centre has its own word on what it offers."""
    territories = folder.read("territories")["territories"]
    centres = [
        a_centre("cnap-first", FIRST, APOSTOLOVE, does_not_offer=[PET], opening_hours=weekly(("00:00", "24:00"))),
        a_centre("cnap-second", SECOND, DNIPRO, opening_hours=weekly(("00:00", "24:00"))),
    ]
    offices = generated_post_offices(698, territories)
    folder.write("service_centres", {"service_centres": centres, "post_offices": offices})
    folder.change("services", 0, channels=["service-centre", "online", "post-office"])
    folder.change("services", 1, channels=["service-centre", "kiosk-info"])
    return folder


@pytest.fixture
async def reader(catalogue, region, app_of):
    await catalogue.take_in(region.path)
    async with client_for(app_of(catalogue)) as client:
        yield client


def slugs(items: list[dict]) -> list[str]:
    return [item["slug"] for item in items]


async def offered(reader, centre: str) -> list[str]:
    return slugs((await reader.get(f"/v1/service-centres/{centre}/public-services")).json()["items"])


async def test_a_centre_offers_what_centres_take_in_but_for_its_own_word(reader):
    services = await offered(reader, "cnap-second")
    assert services == sorted([PET, RESIDENCE])
    assert await offered(reader, "cnap-first") == [RESIDENCE]


async def test_a_centre_may_offer_what_others_do_not(reader, catalogue, region):
    index = slugs(region.read("services")["services"]).index(PET)
    region.change("services", index, channels=["online"])
    region.change("service_centres", 0, does_not_offer=[], also_offers=[PET])

    await catalogue.take_in(region.path)

    assert PET in await offered(reader, "cnap-first")
    assert PET not in await offered(reader, "cnap-second")
    assert slugs((await reader.get(f"/v1/public-services/{PET}/places")).json()["service_centres"]) == ["cnap-first"]


async def test_what_a_centre_offers_comes_page_by_page(reader):
    first = (await reader.get("/v1/service-centres/cnap-second/public-services", params={"limit": 1})).json()
    second = (await reader.get(first["next"])).json()

    assert slugs(first["items"]) + slugs(second["items"]) == sorted([PET, RESIDENCE])
    assert second["next"] is None
    assert set(first["items"][0]) >= {"slug", "code", "version", "name", "term", "fee", "channels"}


async def test_a_public_service_says_where_to_apply_for_it(reader, region):
    by_slug = {record["slug"]: record["channels"] for record in region.read("services")["services"]}
    by_post = next(slug for slug, channels in by_slug.items() if "post-office" in channels)

    pet = (await reader.get(f"/v1/public-services/{PET}/places")).json()
    posted = (await reader.get(f"/v1/public-services/{by_post}/places", params={"near": "48.465,35.046"})).json()

    assert slugs(pet["service_centres"]) == ["cnap-second"]
    assert pet["channels"] == by_slug[PET]
    assert pet["service_centres"][0]["state"]["is_open"]
    assert {point["kind"] for point in posted["access_points"]} == {"post-office"}
    assert all(point["accepts_applications"] for point in posted["access_points"])
    distances = [point["distance_m"] for point in posted["access_points"]]
    assert distances == sorted(distances)
    assert len(distances) == 20
    more = (await reader.get(posted["more_access_points"])).json()
    assert more["items"] == posted["access_points"]


async def test_where_to_apply_is_asked_for_one_territory(reader):
    places = (await reader.get(f"/v1/public-services/{RESIDENCE}/places", params={"territory": SECOND})).json()

    assert slugs(places["service_centres"]) == ["cnap-second"]
    assert {point["territory"] for point in places["access_points"]} <= {SECOND}


async def test_nowhere_takes_in_what_is_withdrawn(reader, catalogue):
    await catalogue.rows("UPDATE public_services SET withdrawn_on = '2020-01-01' WHERE slug = $1", PET)

    places = (await reader.get(f"/v1/public-services/{PET}/places")).json()

    assert (places["channels"], places["service_centres"], places["access_points"]) == ([], [], [])
    assert PET not in await offered(reader, "cnap-second")


async def all_points(reader, **asked) -> list[dict]:
    page = (await reader.get("/v1/access-points", params={"limit": 100, **asked})).json()
    items = page["items"]
    while page["next"]:
        page = (await reader.get(page["next"])).json()
        items += page["items"]
    return items


async def test_every_access_point_comes_once_by_slug(reader):
    points = await all_points(reader)

    assert len(points) == 700
    assert slugs(points) == sorted(set(slugs(points)))
    kiosks = [point for point in points if point["kind"] == "kiosk"]
    assert [(point["slug"], point["centre"]) for point in kiosks] == [
        ("kiosk-cnap-first", "cnap-first"),
        ("kiosk-cnap-second", "cnap-second"),
    ]


async def test_near_a_point_every_access_point_comes_once_the_nearest_first(reader, region):
    seat = region.read("territories")["territories"][0]
    points = await all_points(reader, near=f"{seat['lat']},{seat['lon']}")

    assert len(set(slugs(points))) == len(points) == 700
    keys = [(point["distance_m"], point["slug"]) for point in points]
    assert keys == sorted(keys)
    assert points[0]["distance_m"] == 0


async def test_an_access_point_without_coordinates_stands_where_its_territory_does(reader, region):
    seats = {record["slug"]: (record["lat"], record["lon"]) for record in region.read("territories")["territories"]}
    points = await all_points(reader, kind="post-office")

    rough = [point for point in points if point["is_approximate"]]
    assert len(rough) == 70
    assert all((point["lat"], point["lon"]) == seats[point["territory"]] for point in rough)


async def test_access_points_are_found_by_kind_territory_and_public_service(reader):
    assert {point["territory"] for point in await all_points(reader, territory=FIRST)} == {FIRST}
    assert slugs(await all_points(reader, kind="kiosk", territory=SECOND)) == ["kiosk-cnap-second"]
    assert await all_points(reader, public_service="no-such-service") == []


async def test_a_cursor_that_is_not_of_the_list_is_refused(client):
    wrong = ["x", encode_cursor([1]), encode_cursor(["a", "b"]), encode_cursor([None, None]), encode_cursor([[1], "b"])]
    answers = [await client.get("/v1/access-points", params={"cursor": cursor}) for cursor in wrong]
    assert [answer.status_code for answer in answers] == [422] * 5


async def test_a_kiosk_goes_when_its_centre_has_none_any_more(reader, catalogue, region):
    region.change("service_centres", 0, has_kiosk=False)
    done = await catalogue.take_in(region.path)

    assert done.places == 2
    assert slugs(await all_points(reader, kind="kiosk")) == ["kiosk-cnap-second"]


async def test_the_same_places_a_second_time_change_nothing(catalogue, region):
    first, second = await catalogue.take_in(region.path), await catalogue.take_in(region.path)
    assert (first.places, second.places) == (2 + 2 + 700 + 1, 0)
