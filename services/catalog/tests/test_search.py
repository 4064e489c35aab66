"""Finding public services: what people type, filters and what they would leave, pages, and addresses that make no sense."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from catalog.app import create_app
from tests.support.apps import client_for
from tests.support.catalog_search import LIST, TYPED, a_cursor, facet, page, slugs
from tests.support.tokens import StaticKeys

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(regional) -> AsyncIterator[httpx.AsyncClient]:
    """One reader for all searches."""
    async with client_for(create_app(regional.settings, keys=StaticKeys())) as client:
        yield client


@pytest.fixture(scope="module")
def services(whole_set) -> list[dict[str, Any]]:
    return whole_set["services"]["services"]


@pytest.mark.parametrize(("typed", "slug", "among"), TYPED, ids=[typed for typed, _, _ in TYPED])
async def test_what_people_type_finds_what_they_mean(client, typed, slug, among):
    assert slug in (await slugs(client, q=typed))[:among]


async def test_every_service_is_found_first_by_its_whole_name_in_either_language(client, services):
    for record in services:
        for name in ("name_uk", "name_en"):
            assert (await slugs(client, q=record[name][:200]))[0] == record["slug"]


@pytest.mark.parametrize("apostrophe", "'’ʼ`‘´′")
async def test_every_apostrophe_and_none_find_the_same(client, apostrophe):
    with_one = await slugs(client, q=f"об{apostrophe}єднання")

    assert with_one == await slugs(client, q="обєднання")
    assert with_one[0] == "public-association-registration"


@pytest.mark.parametrize(
    "text",
    ["ъъъъ", "qqqqqqqq", "???", "%_%", "%", "_", "\\", "шщшщшщшщ", "'; DROP --", "x" * 200, "і та про", "а", "\u202e"],
)
async def test_what_is_like_nothing_finds_nothing(client, text):
    found = await page(client, q=text)

    assert (found["items"], found["next"]) == ([], None)
    assert set(map(len, found["facets"].values())) == {0}


@pytest.mark.parametrize("text", ["%", "_", "*", ":*", "|", "&", "!", "(", "'", '"', "\\", "<->", "$", "{}"])
async def test_signs_around_a_word_mean_nothing(client, text):
    plain = await slugs(client, q="шлюб")

    assert await slugs(client, q=f"{text}шлюб{text} {text}") == plain


async def test_what_was_searched_by_more_words_fits_all_of_them_better_than_any(client):
    assert (await slugs(client, q="ліцензія автобус"))[0] == "bus-passenger-licence"
    assert (await slugs(client, q="ліцензія аптека"))[0] == "pharmacy-retail-licence"


async def test_without_words_all_services_come_by_slug(client, services):
    listed = sorted(record["slug"] for record in services)

    assert await slugs(client, limit=100) == listed[:100]
    assert await slugs(client, q=" ", limit=5) == listed[:5]


FILTERS = {
    "life_event": ("birth", lambda record, value: value in record["life_events"]),
    "applicant_kind": ("sole-trader", lambda record, value: value in record["applicant_kinds"]),
    "channel": ("online", lambda record, value: value in record["channels"]),
    "agency": ("moj-dracs", lambda record, value: value == record["agency"]),
    "fee": ("free", lambda record, value: record["fee"]["kind"] == value),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filter_keeps_what_has_the_value_and_nothing_else(client, services, name):
    value, has = FILTERS[name]
    wanted = sorted(record["slug"] for record in services if has(record, value))

    assert 0 < len(wanted) < len(services)
    assert await slugs(client, **{name: value}, limit=100) == wanted[:100]


@pytest.mark.parametrize("name", ["life_event", "applicant_kind", "channel", "agency", "territory"])
async def test_a_value_that_nothing_has_leaves_nothing(client, name):
    assert await slugs(client, **{name: "no-such-value"}) == []
    assert await slugs(client, **{name: "free"}) == []  # the value of another filter


async def test_what_costs_something_is_what_is_not_free(client, services):
    wanted = sorted(record["slug"] for record in services if record["fee"]["kind"] != "free")

    assert await slugs(client, fee="paid", limit=100) == wanted


async def test_filters_and_words_hold_together(client):
    assert await slugs(client, q="народження", life_event="birth", agency="moj-dracs") == ["birth-registration"]
    assert await slugs(client, q="народження", life_event="marriage", agency="pension-fund") == []


async def test_facets_count_what_is_found(client, services):
    counted = await facet(client, "agency")
    of_events = await facet(client, "life_event")

    assert sum(counted.values()) == len(services)
    assert list(counted.values()) == sorted(counted.values(), reverse=True)
    assert of_events["birth"] == sum("birth" in record["life_events"] for record in services)
    assert sum((await facet(client, "fee", q="паспорт")).values()) == len(await slugs(client, q="паспорт", limit=100))


@pytest.mark.parametrize("words", [{}, {"q": "реєстрація"}], ids=["all", "by words"])
@pytest.mark.parametrize("name", ["life_event", "applicant_kind", "agency", "channel", "fee", "territory"])
async def test_a_facet_says_how_much_each_value_would_leave_beside_the_other_filters(client, name, words):
    filters = {"life_event": "birth", "channel": "online", "fee": "free", "agency": "moj-dracs", "territory": "dnipro"}
    others = words | {key: value for key, value in filters.items() if key not in {name, "agency"}}
    counted = await facet(client, name, **others, **({name: filters[name]} if name in filters else {}))

    assert counted
    for value, number in counted.items():
        assert len(await slugs(client, **others, **{name: value}, limit=100)) == number, value


async def test_two_filters_that_nothing_fits_leave_the_facets_of_each_to_get_out(client):
    filters = {"life_event": "vehicle", "agency": "moj-dracs"}

    assert await slugs(client, **filters) == []
    assert set(await facet(client, "agency", **filters)) == set(await facet(client, "agency", life_event="vehicle"))
    assert set(await facet(client, "life_event", **filters)) == set(
        await facet(client, "life_event", agency="moj-dracs")
    )
    assert await facet(client, "channel", **filters) == {}


@pytest.mark.parametrize(
    "query", [{}, {"q": "реєстрація"}, {"q": "permit", "channel": "online"}, {"territory": "dnipro"}]
)
async def test_pages_hold_every_service_once_and_in_the_order_of_one_long_page(client, query):
    whole = await slugs(client, **query, limit=100)
    address, found = str(client.build_request("GET", LIST, params=query | {"limit": 7}).url), []
    while address and len(found) < len(whole):
        answer = (await client.get(address)).json()
        assert (answer["facets"] is None) is bool(found)
        found += [item["slug"] for item in answer["items"]]
        address = answer["next"]

    assert len(whole) > 14
    assert found[: len(whole)] == whole


async def test_an_item_of_the_list_shows_what_people_choose_by(client):
    (item,) = (await page(client, q="реєстрація народження", limit=1))["items"]

    assert item["name"] == {
        "uk": "Державна реєстрація народження та походження дитини",
        "en": "State registration of birth and parentage",
    }
    assert (item["slug"], item["code"], item["version"]) == ("birth-registration", "01-01", 1)
    assert item["fee"]["kind"] == "free"
    assert item["term"] == {"days": 1, "unit": "working", "basis": "ст. 13 Закону № 2398-VI"}


NO_CURSORS = {
    "nothing": "",
    "no base64": "!!",
    "no JSON": "eA",
    "an object": "eyJhIjoxLCJiIjoyfQ",
    "too short": a_cursor(5),
    "U+0000": a_cursor(0, "\0"),
    "null": a_cursor(None, None),
    "a half null": a_cursor(0, None),
    "a number in a text": a_cursor("5", "a"),
    "no number": a_cursor("NaN", "a"),
    "no end": a_cursor("Infinity", "a"),
    "a decimal that nobody can hold": a_cursor("1E+999999", "a"),
    "a very small decimal": a_cursor("1e-99999", "a"),
    "a fraction": a_cursor(0.5, "a"),
    "a negative number": a_cursor(-1, "a"),
    "more than can be scored": a_cursor(10_001, "a"),
    "more than a column holds": a_cursor(2**40, "a"),
    "yes": a_cursor(True, "a"),
    "a list": a_cursor([1], "a"),
    "a number for a slug": a_cursor(5, 1.5),
    "no slug": a_cursor(5, "A b"),
}


@pytest.mark.parametrize("words", [{}, {"q": "паспорт"}], ids=["all", "by likeness"])
@pytest.mark.parametrize("cursor", NO_CURSORS.values(), ids=NO_CURSORS)
async def test_a_cursor_of_another_making_is_a_named_problem(client, cursor, words):
    answer = await client.get(LIST, params={"cursor": cursor, **words})

    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/problems/invalid-request")
    assert answer.json()["errors"] == [{"pointer": "?cursor", "detail": "is not a cursor of this list"}]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("q=%00", 400),
        ("agency=a%00b", 400),
        ("territory=%00", 400),
        (f"q={'a' * 201}", 422),
        (f"q={quote('ї' * 200)}", 200),
        (f"q={'a+' * 100}", 200),
        (f"agency={'a' * 121}", 422),
        ("fee=cheap", 422),
        ("fee=", 422),
        ("agency=", 200),
        ("limit=0", 422),
        ("limit=101", 422),
        ("limit=ten", 422),
        ("q=%ff%fe", 200),
        ("q=%ED%A0%80", 200),
        ("agency=%ED%A0%80", 200),
        ("unknown=1", 200),
    ],
)
async def test_an_address_that_makes_no_sense_is_answered_and_never_breaks(client, query, status):
    answer = await client.get(f"{LIST}?{query}")

    assert answer.status_code == status
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
