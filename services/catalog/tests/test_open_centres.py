"""Which centres are open, until when and why not, and which is the nearest: by the clocks of Kyiv."""

import pytest

from tests.support.apps import client_for
from tests.support.catalog_places import APOSTOLOVE, DNIPRO, a_centre, kyiv, weekly

FIRST, SECOND = "apostolivskyi-raion", "vasylkivskyi-raion"
NEAR_DNIPRO = "48.46,35.04"


@pytest.fixture
async def reader(catalogue, folder, app_of):
    """A reader of a catalogue with three centres: in the middle of Dnipro, at a distance, and nobody knows where."""
    centres = [
        a_centre("cnap-centre", FIRST, DNIPRO, lunch_break={"from": "13:00", "to": "14:00"}),
        a_centre("cnap-far", FIRST, APOSTOLOVE, opening_hours=weekly(("08:00", "12:00"), ("15:00", "20:00"))),
        a_centre("cnap-lost", SECOND, None, opening_hours=weekly(("00:00", "24:00"))),
    ]
    folder.write("service_centres", {"service_centres": centres})
    await catalogue.take_in(folder.path)
    async with client_for(app_of(catalogue)) as client:
        yield client


async def items(reader, **asked) -> list[dict]:
    answer = await reader.get("/v1/service-centres", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def state(reader, clock, at: str) -> dict:
    clock.set(kyiv(at))
    return (await reader.get("/v1/service-centres/cnap-centre")).json()["state"]


STATES = {
    "open in winter": ("2026-03-27T12:00", True, "2026-03-27T11:00:00Z", None),
    "open in summer": ("2026-03-30T12:00", True, "2026-03-30T10:00:00Z", None),
    "closed, opens after clocks are put forward": ("2026-03-28T18:00", False, "2026-03-29T06:00:00Z", "outside-hours"),
    "closed, opens after clocks are put back": ("2026-10-24T18:00", False, "2026-10-25T07:00:00Z", "outside-hours"),
    "at lunch": ("2026-10-25T13:30", False, "2026-10-25T12:00:00Z", "break"),
}


async def test_a_centre_says_whether_it_is_open_until_when_and_why_not(reader, clock):
    for name, (at, is_open, until, because) in STATES.items():
        found = await state(reader, clock, at)

        assert (found["is_open"], found["until"]) == (is_open, until), name
        assert (found["because"] and found["because"]["kind"]) == because, name
        assert found["because"] is None or set(found["because"]["reason"]) == {"uk", "en"}


async def test_what_never_closes_has_no_end_in_sight(reader):
    (lost,) = await items(reader, territory=SECOND)
    assert lost["state"] == {"is_open": True, "until": None, "because": None}


OPEN_AT = {
    "at lunch, with an offset": ("2026-03-27T13:30:00+02:00", {"cnap-lost"}),
    "the same in UTC": ("2026-03-27T11:30:00Z", {"cnap-lost"}),
    "without an offset it is Kyiv's": ("2026-03-27T13:30", {"cnap-lost"}),
    "the same UTC hour, clocks put forward": ("2026-03-30T11:30:00Z", {"cnap-centre", "cnap-lost"}),
    "in the evening": ("2026-10-26T19:30", {"cnap-far", "cnap-lost"}),
    "in the morning": ("2026-10-26T09:00", {"cnap-centre", "cnap-far", "cnap-lost"}),
}


async def test_only_what_is_open_at_an_instant_is_found(reader, clock):
    clock.set(kyiv("2026-06-01T12:00"))
    for name, (open_at, wanted) in OPEN_AT.items():
        found = await items(reader, open_at=open_at)

        assert {item["slug"] for item in found} == wanted, name
        assert all(item["state"]["is_open"] for item in found)


async def test_what_is_open_now_is_found_by_that_word(reader, clock):
    clock.set(kyiv("2026-06-01T13:30"))
    assert [item["slug"] for item in await items(reader, open_at="now")] == ["cnap-lost"]
    clock.set(kyiv("2026-06-01T19:30"))
    assert [item["slug"] for item in await items(reader, open_at="now")] == ["cnap-far", "cnap-lost"]


async def test_near_a_point_the_nearest_open_comes_first_and_closed_ones_last(reader, clock):
    clock.set(kyiv("2026-06-01T10:00"))
    all_open = await items(reader, near=NEAR_DNIPRO)
    assert [item["slug"] for item in all_open] == ["cnap-centre", "cnap-far", "cnap-lost"]
    assert all_open[0]["distance_m"] == pytest.approx(711, abs=5)
    assert all_open[1]["distance_m"] == pytest.approx(133_500, rel=0.01)
    assert all_open[2]["distance_m"] is None

    clock.set(kyiv("2026-06-01T19:30"))
    assert [item["slug"] for item in await items(reader, near=NEAR_DNIPRO)] == ["cnap-far", "cnap-lost", "cnap-centre"]
    assert [
        item["slug"] for item in await items(reader, near=NEAR_DNIPRO, open_at="2026-06-02T10:00", territory=FIRST)
    ] == [
        "cnap-centre",
        "cnap-far",
    ]


async def test_without_a_point_there_is_no_distance(reader):
    assert all("distance_m" not in item for item in await items(reader))


WRONG = {
    "no numbers": {"near": "here"},
    "one number": {"near": "48.46"},
    "beyond the pole": {"near": "90.1,35"},
    "beyond the date line": {"near": "48,180.5"},
    "not a number": {"near": "nan,nan"},
    "no instant": {"open_at": "tomorrow"},
    "the end of time": {"open_at": "9999-12-31T23:59:59Z"},
    "the beginning of time": {"open_at": "0001-01-01T00:00:00+14:00"},
    "a number": {"open_at": "1"},
    "two years ahead": {"open_at": "2030-01-01T10:00:00Z"},
}


@pytest.mark.parametrize("path", ["/v1/service-centres", "/v1/public-services/pet-registration/places"])
async def test_a_point_or_an_instant_that_cannot_be_is_refused(client, path):
    refused = {}
    for name, asked in WRONG.items():
        answer = await client.get(path, params=asked)
        refused[name] = (answer.status_code, answer.json()["errors"][0]["pointer"])

    assert refused == {name: (422, f"?{next(iter(asked))}") for name, asked in WRONG.items()}


async def test_an_answer_is_fresh_until_the_first_centre_opens_or_closes_and_its_tag_changes_then(reader, clock):
    clock.set(kyiv("2026-06-01T10:00"))
    morning = await reader.get("/v1/service-centres")
    clock.set(kyiv("2026-06-01T11:59:40"))
    just_before = await reader.get("/v1/service-centres")
    clock.set(kyiv("2026-06-01T12:00"))
    just_after = await reader.get("/v1/service-centres", headers={"If-None-Match": morning.headers["etag"]})

    assert morning.headers["cache-control"] == "public, max-age=60"
    assert just_before.headers["cache-control"] == "public, max-age=20"
    assert just_before.headers["etag"] == morning.headers["etag"]
    assert just_after.status_code == 200
