"""Dated exceptions to a centre's hours: its own officers set them, each based on what was there, and everybody sees them."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.apps import client_for
from tests.support.catalog_places import a_centre, a_holiday, a_power_cut, kyiv

CENTRE, OTHER = "cnap-apostolivskyi-raion", "cnap-vasylkivskyi-raion"
TERRITORIES = {CENTRE: "apostolivskyi-raion", OTHER: "vasylkivskyi-raion"}
PATH = f"/v1/service-centres/{CENTRE}/exceptions"
ROLES = ["service_centre_administrator", "head_of_service_centre"]
Call = Callable[..., Any]


@pytest.fixture
async def reader(catalogue, folder, app_of, clock):
    folder.write("service_centres", {"service_centres": [a_centre(slug, place) for slug, place in TERRITORIES.items()]})
    await catalogue.take_in(folder.path)
    clock.set(kyiv("2026-06-01T08:00"))
    async with client_for(app_of(catalogue)) as client:
        yield client


@pytest.fixture
def officer(reader, tokens) -> Call:
    """Call as an officer of the centre; `based_on` is the ETag that is named."""

    async def call(
        method: str, path: str = PATH, body: Any = None, *, based_on: str | None = '"0"', **bearer: Any
    ) -> Any:
        held = bearer or {"role": ROLES[0], "organisation": CENTRE}
        headers = tokens.headers(**held) | ({"If-Match": based_on} if based_on else {})
        return await reader.request(method, path, json=body, headers=headers)

    return call


async def state_at(reader, clock, at: str) -> dict[str, Any]:
    clock.set(kyiv(at))
    return (await reader.get(f"/v1/service-centres/{CENTRE}")).json()["state"]


@pytest.mark.parametrize("role", ROLES)
async def test_an_officer_of_the_centre_announces_a_power_cut_and_its_state_says_so(reader, officer, clock, role):
    added = await officer("POST", body=a_power_cut("2026-06-01"), role=role, organisation=CENTRE)

    assert (added.status_code, added.headers["etag"]) == (201, '"1"')
    assert added.headers["location"] == f"{PATH}/{added.json()['id']}"
    found = await state_at(reader, clock, "2026-06-01T12:00")
    assert (found["is_open"], found["until"]) == (False, "2026-06-01T11:00:00Z")
    assert found["because"] == {
        "kind": "power-cut",
        "reason": {"uk": "Немає електропостачання", "en": "No electricity"},
    }
    listed = (await reader.get("/v1/service-centres")).json()["items"]
    assert {item["slug"]: item["state"]["is_open"] for item in listed} == {CENTRE: False, OTHER: True}


async def test_what_was_set_is_read_back_with_who_set_it_only_in_the_database(reader, officer, catalogue, clock):
    holiday = a_holiday("2026-06-28", "2026-06-29", hours=[{"opens": "10:00", "closes": "24:00"}])
    added = (await officer("POST", body=holiday, subject="an-officer", role=ROLES[0], organisation=CENTRE)).json()

    assert added == {**holiday, "id": added["id"], "closed": []}
    assert (await reader.get(PATH)).json() == {"items": [added]}
    assert (await reader.get(f"/v1/service-centres/{CENTRE}")).json()["exceptions"] == [added]
    (row,) = await catalogue.rows("SELECT written_by, written_at FROM service_centre_exceptions")
    assert (row["written_by"], row["written_at"]) == ("an-officer", clock.now())


async def test_an_exception_is_changed_and_removed(reader, officer, clock):
    added = (await officer("POST", body=a_power_cut("2026-06-01"))).json()
    one = f"{PATH}/{added['id']}"

    changed = await officer("PUT", one, a_power_cut("2026-06-01", ("10:00", "16:00")), based_on='"1"')
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (await state_at(reader, clock, "2026-06-01T12:00"))["until"] == "2026-06-01T13:00:00Z"

    removed = await officer("DELETE", one, based_on='"2"')
    assert (removed.status_code, removed.headers["etag"], removed.content) == (204, '"3"', b"")
    assert (await state_at(reader, clock, "2026-06-01T12:00"))["is_open"]
    assert (await reader.get(PATH)).json() == {"items": []}


WRITES: dict[str, tuple[str, str, Any]] = {
    "add": ("POST", PATH, a_power_cut("2026-06-01")),
    "change": ("PUT", f"{PATH}/0198f2c0-7b1a-7c3d-8e4f-5a6b7c8d9e0f", a_power_cut("2026-06-01")),
    "remove": ("DELETE", f"{PATH}/0198f2c0-7b1a-7c3d-8e4f-5a6b7c8d9e0f", None),
}
STRANGERS: dict[str, dict[str, Any]] = {
    "an administrator of another centre": {"role": ROLES[0], "organisation": OTHER},
    "a head of another centre": {"role": ROLES[1], "organisation": OTHER},
    "an officer of an agency": {"role": "head_of_executive_agency", "organisation": CENTRE},
    "a citizen": {"subject": "0198f2c0-7b1a-7c3d-8e4f-5a6b7c8d9e0f"},
    "a machine": {"scopes": ["kiosk"]},
}


@pytest.mark.parametrize("bearer", STRANGERS.values(), ids=STRANGERS)
async def test_for_everybody_else_the_centre_is_not_there(officer, catalogue, bearer):
    answers = [
        await officer(method, path, body, based_on=based_on, **bearer)
        for method, path, body in WRITES.values()
        for based_on in ('"0"', '"7"', None)
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert [row["revision"] for row in await catalogue.rows("SELECT revision FROM service_centres")] == [0, 0]


@pytest.mark.parametrize(("method", "path", "body"), WRITES.values(), ids=WRITES)
async def test_a_write_names_what_it_is_based_on(officer, reader, method, path, body):
    missing = await officer(method, path, body, based_on=None)
    stale = await officer(method, path, body, based_on='"3"')
    other = await officer(method, path, body, based_on='W/"0"')

    assert [answer.status_code for answer in (missing, stale, other)] == [428, 412, 422]
    assert (await reader.get(PATH)).headers["etag"] == '"0.2026-06-01"'


async def test_the_tag_of_the_list_is_what_a_change_names_and_a_repeated_change_is_stale(reader, officer):
    tag = (await reader.get(PATH)).headers["etag"]
    first = await officer("POST", body=a_power_cut("2026-06-01"), based_on=tag)
    repeated = await officer("POST", body=a_power_cut("2026-06-01"), based_on=tag)

    assert (first.status_code, repeated.status_code) == (201, 412)
    assert repeated.json()["type"].endswith("/problems/version-changed")
    assert len((await reader.get(PATH)).json()["items"]) == 1
    unchanged = await reader.get(PATH, headers={"If-None-Match": tag})
    assert unchanged.status_code == 200
    again = await reader.get(PATH, headers={"If-None-Match": unchanged.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_of_many_officers_who_change_the_same_state_at_once_one_does(reader, officer):
    answers = await asyncio.gather(*(officer("POST", body=a_power_cut("2026-06-02")) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [201, *[412] * 5]
    assert len((await reader.get(PATH)).json()["items"]) == 1


@pytest.mark.parametrize(("method", "body"), [("PUT", a_power_cut("2026-06-01")), ("DELETE", None)])
async def test_an_exception_of_another_centre_is_not_there(officer, method, body):
    added = await officer("POST", body=a_power_cut("2026-06-01"))
    through_other = f"/v1/service-centres/{OTHER}/exceptions/{added.json()['id']}"

    answer = await officer(method, through_other, body, role=ROLES[1], organisation=OTHER)

    assert answer.status_code == 404


async def test_hours_of_one_day_are_set_once_but_power_may_fail_on_it_too(reader, officer, clock):
    await officer("POST", body=a_holiday("2026-06-28", "2026-06-30"))
    again = await officer("POST", body=a_holiday("2026-06-30", "2026-07-01"), based_on='"1"')
    cut = await officer("POST", body=a_power_cut("2026-06-29"), based_on='"1"')

    assert (again.status_code, again.json()["from_on"], again.json()["to_on"]) == (409, "2026-06-28", "2026-06-30")
    assert cut.status_code == 201
    assert (await state_at(reader, clock, "2026-06-29T12:00"))["because"]["kind"] == "holiday"


async def test_an_exception_may_be_moved_within_its_own_days(officer):
    added = (await officer("POST", body=a_holiday("2026-06-28", "2026-06-30"))).json()
    moved = await officer("PUT", f"{PATH}/{added['id']}", a_holiday("2026-06-29", "2026-07-01"), based_on='"1"')
    assert moved.status_code == 200


async def test_days_that_are_over_in_kyiv_are_not_changed_any_more(officer, clock):
    clock.set(kyiv("2026-06-02T00:30"))  # the evening before in UTC
    over = await officer("POST", body=a_power_cut("2026-06-01"))
    today = await officer("POST", body=a_power_cut("2026-06-02"))

    assert (over.status_code, over.json()["type"].rpartition("/")[2]) == (422, "exception-over")
    assert today.status_code == 201


async def test_what_is_over_is_listed_only_for_those_who_ask(reader, officer, clock):
    await officer("POST", body=a_power_cut("2026-06-01"))
    clock.set(kyiv("2026-06-02T08:00"))

    assert (await reader.get(PATH)).json() == {"items": []}
    assert len((await reader.get(PATH, params={"since": "2026-06-01"})).json()["items"]) == 1


WRONG: dict[str, Any] = {
    "neither hours nor a closed part": a_power_cut("2026-06-01", closed=[]),
    "both": a_power_cut("2026-06-01", hours=[]),
    "the end before the beginning": a_holiday("2026-06-02", "2026-06-01"),
    "more than a year": a_holiday("2026-06-02", "2027-06-03"),
    "the end of time": a_holiday("0001-01-01", "9999-12-31"),
    "hours that end before they begin": a_power_cut("2026-06-01", ("14:00", "10:00")),
    "hours that overlap": a_power_cut("2026-06-01", ("10:00", "12:00"), ("11:59", "13:00")),
    "an hour that is none": a_power_cut("2026-06-01", ("10:00", "25:00")),
    "no reason in English": a_power_cut("2026-06-01", reason={"uk": "Немає світла"}),
    "an empty reason": a_power_cut("2026-06-01", reason={"uk": "", "en": ""}),
    "a kind nobody knows": a_power_cut("2026-06-01", kind="party"),
    "a mistyped member": a_power_cut("2026-06-01", clossed=[]),
    "too many spans": a_power_cut("2026-06-01", *[(f"{hour:02d}:00", f"{hour:02d}:30") for hour in range(9)]),
    "no object": [],
}


async def test_an_exception_that_cannot_be_is_refused(officer, reader):
    refused = {}
    for name, body in WRONG.items():
        answer = await officer("POST", body=body)
        refused[name] = (answer.status_code, answer.json()["type"].rpartition("/")[2])

    assert refused == dict.fromkeys(WRONG, (422, "invalid-request"))
    assert (await reader.get(PATH)).json() == {"items": []}


async def test_the_next_import_of_weekly_hours_leaves_exceptions_and_their_revision_alone(
    reader, officer, catalogue, folder
):
    await officer("POST", body=a_power_cut("2026-06-02"))
    folder.change("service_centres", 0, lunch_break={"from": "12:00", "to": "13:00"})
    done = await catalogue.take_in(folder.path)

    assert done.places == 1
    kept = await reader.get(PATH)
    assert (len(kept.json()["items"]), kept.headers["etag"]) == (1, '"1.2026-06-01"')
