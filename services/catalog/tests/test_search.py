"""Finding public services: what people type, filters, pages, and addresses that make no sense."""

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from catalog.app import create_app
from tests.support.apps import client_for
from tests.support.tokens import StaticKeys

pytestmark = pytest.mark.asyncio(loop_scope="module")
LIST = "/v1/public-services"

# what is typed, the service meant, and among how many of the first it has to be
TYPED = [
    ("реєстрація місця проживання", "residence-registration", 1),
    ("регістрація місця прожівання", "residence-registration", 2),
    ("РЕЄСТРАЦІЯ МІСЦЯ ПРОЖИВАННЯ", "residence-registration", 1),
    ("registraton of residence", "residence-registration", 1),
    ("паспорт для виїзду за кордон", "foreign-passport", 2),
    ("foreign pasport", "foreign-passport", 1),
    ("закордоний паспорт", "foreign-passport", 2),
    ("обмін паспорта на id картку", "id-card-exchange", 1),
    ("народження", "birth-registration", 3),
    ("birth registration", "birth-registration", 1),
    ("допомога при народжені дитини", "child-birth-allowance", 1),
    ("шлюбу", "marriage-registration", 1),
    ("шлюб", "marriage-registration", 1),
    ("субсидія", "housing-subsidy", 1),
    ("субсидії", "housing-subsidy", 1),
    ("житлові субсидії", "housing-subsidy", 1),
    ("пенсії", "old-age-pension", 1),
    ("pension", "old-age-pension", 1),
    ("собака", "pet-registration", 1),
    ("підприємець", "sole-trader-registration", 1),
    ("ліцензія таксі", "taxi-licence", 1),
    ("tax debt", "no-tax-debt-certificate", 1),
    ("посвідчення мисливця", "hunter-certificate", 1),
    ("посвідчення водія", "driving-licence-exchange", 2),
    ("декларація про відходи", "waste-declaration", 1),
    ("дозвіл на викиди", "emissions-permit", 2),
    ("будівельний паспорт", "building-passport", 1),
    ("внутрішньо переміщена особа", "idp-registration", 2),
    ("громадське об'єднання", "public-association-registration", 1),
    ("сім'я", "low-income-family-support", 2),
    ("багатодітна сім`я", "large-family-certificate", 1),
    ("кадастр витяг ділянка", "parcel-extract", 5),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(regional) -> AsyncIterator[httpx.AsyncClient]:
    """One reader for all searches."""
    async with client_for(create_app(regional.settings, keys=StaticKeys())) as client:
        yield client


async def slugs(client, **query: Any) -> list[str]:
    answer = await client.get(LIST, params=query)
    assert answer.status_code == 200, answer.text
    return [item["slug"] for item in answer.json()["items"]]


@pytest.mark.parametrize(("typed", "slug", "among"), TYPED, ids=[typed for typed, _, _ in TYPED])
async def test_what_people_type_finds_what_they_mean(client, typed, slug, among):
    assert slug in (await slugs(client, q=typed))[:among]


@pytest.mark.parametrize("apostrophe", "'’ʼ`‘´′")
async def test_every_apostrophe_and_none_find_the_same(client, apostrophe):
    with_one = await slugs(client, q=f"об{apostrophe}єднання")

    assert with_one == await slugs(client, q="обєднання")
    assert with_one[0] == "public-association-registration"


@pytest.mark.parametrize("text", ["ъыьъыь", "qqqqqqqq", "???", "%_%", "'; DROP TABLE public_services --", "x" * 200])
async def test_what_is_like_nothing_finds_nothing(client, text):
    assert await slugs(client, q=text) == []


async def test_without_words_all_services_come_by_slug(client, whole_set):
    listed = sorted(record["slug"] for record in whole_set["services"]["services"])

    assert await slugs(client, limit=100) == listed[:100]
    assert await slugs(client, q=" ", limit=5) == listed[:5]


FILTERS = {
    "life_event": ("birth", lambda record, value: value in record["life_events"]),
    "applicant_kind": ("sole-trader", lambda record, value: value in record["applicant_kinds"]),
    "channel": ("online", lambda record, value: value in record["channels"]),
    "agency": ("moj-dracs", lambda record, value: value == record["agency"]),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filter_keeps_what_has_the_value_and_nothing_else(client, whole_set, name):
    value, has = FILTERS[name]
    wanted = sorted(record["slug"] for record in whole_set["services"]["services"] if has(record, value))

    assert 0 < len(wanted) < len(whole_set["services"]["services"])
    assert await slugs(client, **{name: value}, limit=100) == wanted[:100]
    assert await slugs(client, **{name: "no-such-value"}) == []


async def test_filters_and_words_hold_together(client):
    assert await slugs(client, q="народження", life_event="birth", agency="moj-dracs") == ["birth-registration"]
    assert await slugs(client, q="народження", life_event="marriage") == []


@pytest.mark.parametrize("query", [{}, {"q": "реєстрація"}, {"q": "permit", "channel": "online"}])
async def test_pages_hold_every_service_once_and_in_the_order_of_one_long_page(client, query):
    whole = await slugs(client, **query, limit=100)
    address, found = str(client.build_request("GET", LIST, params=query | {"limit": 7}).url), []
    while address and len(found) < len(whole):
        page = (await client.get(address)).json()
        found += [item["slug"] for item in page["items"]]
        address = page["next"]

    assert len(whole) > 14
    assert found[: len(whole)] == whole


async def test_an_item_of_the_list_shows_what_people_choose_by(client):
    answer = await client.get(LIST, params={"q": "реєстрація народження", "limit": 1})

    (item,) = answer.json()["items"]
    assert item["name"] == {
        "uk": "Державна реєстрація народження та походження дитини",
        "en": "State registration of birth and parentage",
    }
    assert (item["slug"], item["version"], item["fee"]["kind"]) == ("birth-registration", 1, "free")
    assert item["term"] == {"days": 1, "unit": "working", "basis": "ст. 13 Закону № 2398-VI"}


def a_cursor(*key: Any) -> str:
    return urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


NO_CURSORS = {
    "nothing": "",
    "no base64": "!!",
    "no JSON": "eA",
    "an object": urlsafe_b64encode(b'{"a":1,"b":2}').decode(),
    "too short": a_cursor("0.5"),
    "U+0000": a_cursor(0.0, "\0"),
    "null": a_cursor(None, None),
    "a half null": a_cursor(0.0, None),
    "no number": a_cursor("NaN", "a"),
    "no end": a_cursor("Infinity", "a"),
    "a number nobody can hold": a_cursor("1e999999", "a"),
    "a very small number": a_cursor("1e-99999", "a"),
    "a list": a_cursor([1], "a"),
    "a number for a slug": a_cursor(0.5, 1.5),
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
        (f"q={'a' * 201}", 422),
        ("limit=0", 422),
        ("limit=101", 422),
        ("limit=ten", 422),
        ("q=%ff%fe", 200),
        ("q=%ED%A0%80", 200),
        ("unknown=1", 200),
    ],
)
async def test_an_address_that_makes_no_sense_is_answered_and_never_breaks(client, query, status):
    answer = await client.get(f"{LIST}?{query}")

    assert answer.status_code == status
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
