"""What people type when they look for a public service, and readers of the search."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import httpx

LIST = "/v1/public-services"

# what is typed, the service meant, and among how many of the first it has to be
TYPED = [
    # as cards have it, and in other forms of the words
    ("реєстрація місця проживання", "residence-registration", 1),
    ("РЕЄСТРАЦІЯ МІСЦЯ ПРОЖИВАННЯ", "residence-registration", 1),
    ("народження", "birth-registration", 3),
    ("шлюбу", "marriage-registration", 1),
    ("шлюб", "marriage-registration", 1),
    ("субсидія", "housing-subsidy", 1),
    ("субсидії", "housing-subsidy", 1),
    ("житлові субсидії", "housing-subsidy", 1),
    ("пенсії", "old-age-pension", 1),
    ("пенсію", "old-age-pension", 1),
    ("собака", "pet-registration", 1),
    ("підприємець", "sole-trader-registration", 1),
    ("ліцензія таксі", "taxi-licence", 1),
    ("посвідчення мисливця", "hunter-certificate", 1),
    ("посвідчення водія", "driving-licence-exchange", 2),
    ("декларація про відходи", "waste-declaration", 1),
    ("дозвіл на викиди", "emissions-permit", 1),
    ("дозволи на викиди", "emissions-permit", 1),
    ("будівельний паспорт", "building-passport", 1),
    ("внутрішньо переміщена особа", "idp-registration", 2),
    ("обмін паспорта на id картку", "id-card-exchange", 1),
    ("паспорт для виїзду за кордон", "foreign-passport", 2),
    ("кадастр витяг ділянка", "parcel-extract", 2),
    ("нерухомості", "property-ownership-registration", 3),
    ("свідоцтво про народження повторно", "civil-act-repeat-certificate", 3),
    # apostrophes, and letters that are mixed up
    ("громадське об'єднання", "public-association-registration", 1),
    ("громадське обєднання", "public-association-registration", 1),
    ("громадське обьєднання", "public-association-registration", 1),
    ("сім'я", "low-income-family-support", 1),
    ("багатодітна сім`я", "large-family-certificate", 1),
    ("субсидия", "housing-subsidy", 1),
    ("реестрация шлюба", "marriage-registration", 1),
    ("лицензия такси", "taxi-licence", 1),
    ("зовнишня реклама", "outdoor-advertising-permit", 1),
    ("реєстрацiя шлюбу", "marriage-registration", 1),  # with a Latin i
    # slips of the finger
    ("регістрація місця прожівання", "residence-registration", 1),
    ("закордоний паспорт", "foreign-passport", 1),
    ("допомога при народжені дитини", "child-birth-allowance", 1),
    ("пдприємець", "sole-trader-registration", 1),
    ("мисливса посвдчення", "hunter-certificate", 1),
    ("водокористуванння", "special-water-use-permit", 1),
    ("шлюп", "marriage-registration", 1),
    # while typing
    ("субс", "housing-subsidy", 1),
    ("реєстрація міс", "residence-registration", 1),
    ("посвідчення мисл", "hunter-certificate", 1),
    ("kinderg", "kindergarten-place", 1),
    # English
    ("registraton of residence", "residence-registration", 1),
    ("birth registration", "birth-registration", 1),
    ("foreign pasport", "foreign-passport", 1),
    ("child passport", "foreign-passport-child", 1),
    ("pension", "old-age-pension", 1),
    ("tax debt", "no-tax-debt-certificate", 1),
    ("construction permitt", "construction-permit", 1),
    ("marrige", "marriage-registration", 1),
    ("registering a marriage", "marriage-registration", 1),
    ("tractors", "tractor-registration", 1),
    # other words for it
    ("прописка", "residence-registration", 1),
    ("прописку дитини", "residence-registration", 1),
    ("виписатися", "residence-deregistration", 1),
    ("ФОП", "sole-trader-registration", 1),
    ("закрити ФОП", "sole-trader-termination", 1),
    ("загранпаспорт", "foreign-passport", 1),
    ("одруження", "marriage-registration", 1),
    ("розлучення", "divorce-registration", 1),
    ("дитсадок", "kindergarten-place", 1),
    ("переселенець", "idp-registration", 2),
    ("вирубка дерев", "tree-removal", 1),
    ("водійські права", "driving-licence-exchange", 1),
    ("комуналка", "housing-subsidy", 1),
    ("driver's license", "driving-licence-exchange", 1),
    ("propiska", "residence-registration", 1),
    ("how to register my dog", "pet-registration", 1),
    ("building permit", "construction-permit", 1),
    ("start a business", "sole-trader-registration", 1),
]

# the same, where services that were made of the same words are as good an answer
AMONG_MANY = {"сім'я": 6, "пенсію": 2, "нерухомості": 3, "how to register my dog": 3, "собака": 9}


async def page(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get(LIST, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def slugs(client: httpx.AsyncClient, **query: Any) -> list[str]:
    return [item["slug"] for item in (await page(client, **query))["items"]]


async def facet(client: httpx.AsyncClient, name: str, **query: Any) -> dict[str, int]:
    """Return how many services each value of a filter would leave."""
    values = (await page(client, **query))["facets"][name]
    return {entry["value"]: entry["services"] for entry in values}


def a_cursor(*key: Any) -> str:
    return urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")
