"""A card at its address: versions by date, conditional requests, languages, and that a change is seen at once."""

from datetime import timedelta

import pytest

from catalog.api.caching import is_same
from catalog.api.card_cache import CardAnswers, Finished
from catalog.domain.days import kyiv_today
from tests.support.apps import client_for
from tests.support.eventually import eventually

CARD = "/v1/public-services/residence-registration"


async def test_a_card_holds_everything_that_is_defined_for_the_service_in_both_languages(client, whole_set):
    record = next(item for item in whole_set["services"]["services"] if item["slug"] == "residence-registration")

    card = (await client.get(CARD)).json()

    assert card["name"] == {"uk": record["name_uk"], "en": record["name_en"]}
    assert card["description"] == {"uk": record["description_uk"], "en": record["description_en"]}
    assert (card["version"], card["status"], card["valid_from"]) == (1, "published", kyiv_today().isoformat())
    for name in ("form", "fee", "channels", "legal_basis", "agency", "life_events", "tacit_approval"):
        assert card[name] == record[name], name
    assert [item["code"] for item in card["refusal_codes"]] == [item["code"] for item in record["refusal_reasons"]]
    assert [item["slug"] for item in card["required_documents"]] == [
        item["slug"] for item in record["required_documents"]
    ]


@pytest.mark.parametrize("language", ["uk", "en", "de, *;q=0.1", "", "\u00fc"])
async def test_a_card_is_the_same_for_readers_of_every_language(client, language):
    plain = await client.get(CARD)

    answers = [await client.get(CARD, headers={"Accept-Language": language.encode()}) for _ in range(2)]

    assert [answer.content for answer in answers] == [plain.content, plain.content]
    assert {answer.headers["etag"] for answer in answers} == {plain.headers["etag"]}


@pytest.mark.parametrize("tags", ["{etag}", "W/{etag}", '"other", {etag}', "*"])
async def test_a_reader_who_has_the_card_is_told_so_without_a_body(client, tags):
    first = await client.get(CARD)
    wanted = {"If-None-Match": tags.format(etag=first.headers["etag"])}

    uncached = await client.get(CARD, params={"on": kyiv_today().isoformat()}, headers=wanted)
    cached = await client.get(CARD, headers=wanted)

    for answer in (uncached, cached):
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == first.headers["etag"]
        assert answer.headers["cache-control"] == "public, max-age=60"


async def test_a_reader_with_another_card_gets_this_one(client):
    for _ in range(2):
        answer = await client.get(CARD, headers={"If-None-Match": '"other"'})
        assert (answer.status_code, answer.json()["slug"]) == (200, "residence-registration")


def test_an_entity_tag_is_compared_whole():
    assert not is_same('"abc"', '"ab"')
    assert not is_same(None, '"ab"')
    assert not is_same("", '"ab"')


@pytest.mark.parametrize("slug", ["no-such-service", "RESIDENCE-REGISTRATION", "residence-registration%20", "%D1%8F"])
async def test_an_unknown_card_is_not_found_every_time_it_is_asked_for(client, slug):
    answers = [await client.get(f"/v1/public-services/{slug}") for _ in range(2)]

    for answer in answers:
        assert answer.status_code == 404
        assert answer.json()["type"] == "http://catalog.test/problems/not-found"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/public-services/a%00b", 400),
        (f"/v1/public-services/{'a' * 121}", 422),
        (f"{CARD}?on=tomorrow", 422),
        (f"{CARD}?on=0000-01-01", 422),
        (f"{CARD}?on=0001-01-01", 404),
        (f"{CARD}?on=9999-12-31", 200),
        (f"{CARD}/versions", 200),
        ("/v1/public-services/no-such-service/versions", 404),
    ],
)
async def test_every_address_of_a_card_has_its_answer(client, path, status):
    answer = await client.get(path)

    assert answer.status_code == status
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


async def test_cards_are_read_and_never_written_here(client):
    await client.get(CARD)
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert (await client.request(method, CARD, json={})).status_code == 405


async def test_a_date_gives_the_version_that_was_valid_then(catalogue, folder, app_of):
    today, last_week = kyiv_today(), kyiv_today() - timedelta(days=7)
    await catalogue.take_in(folder.path, on=last_week)
    folder.change("services", 0, name_en="Newer name")
    await catalogue.take_in(folder.path, on=today)
    path = f"/v1/public-services/{folder.read('services')['services'][0]['slug']}"

    async with client_for(app_of(catalogue)) as client:
        versions = {
            str(day): (await client.get(path, params={"on": str(day)})).json().get("version")
            for day in (last_week - timedelta(days=1), last_week, today - timedelta(days=1), today)
        }
        listed = (await client.get(f"{path}/versions")).json()
        now = (await client.get(path)).json()

    assert list(versions.values()) == [None, 1, 1, 2]
    assert [item["version"] for item in listed] == [2, 1]
    assert (now["version"], now["name"]["en"]) == (2, "Newer name")


@pytest.fixture
async def readers(catalogue, folder, app_of):
    """Two processes that serve one catalogue, both with the card at hand."""
    await catalogue.take_in(folder.path)
    async with client_for(app_of(catalogue)) as one, client_for(app_of(catalogue)) as other:
        for client in (one, other):
            await eventually(lambda client=client: is_kept(client, catalogue), timeout=5)
        yield [one, other]


async def is_kept(client, catalogue) -> bool:
    """Tell whether the app answers from memory: the card is read, changed without a word, and read again."""
    first = await client.get(CARD)
    await catalogue.rows(
        "UPDATE public_service_versions SET definition = (definition::jsonb || '{\"unheard\": true}')::json"
    )
    second = await client.get(CARD)
    await catalogue.rows("UPDATE public_service_versions SET definition = (definition::jsonb - 'unheard')::json")
    if first.content == second.content and "unheard" not in first.json():
        return True
    await catalogue.rows("NOTIFY catalog_changed")
    return False


async def test_an_imported_change_is_seen_by_every_process_at_once(catalogue, folder, readers):
    before = {(await client.get(CARD)).headers["etag"] for client in readers}
    for index in range(2):
        folder.change("services", index, name_en="Changed name")
    await catalogue.take_in(folder.path)

    async def is_changed() -> bool:
        cards = [await client.get(CARD, headers={"If-None-Match": next(iter(before))}) for client in readers]
        return all(card.status_code == 200 and card.json()["name"]["en"] == "Changed name" for card in cards)

    assert len(before) == 1
    await eventually(is_changed, timeout=2)


async def test_a_card_that_was_unknown_is_found_as_soon_as_it_is_imported(catalogue, folder, app_of):
    async with client_for(app_of(catalogue)) as client:
        assert [(await client.get(CARD)).status_code for _ in range(3)] == [404, 404, 404]
        await catalogue.take_in(folder.path)
        assert (await client.get(CARD)).status_code == 200


async def test_while_changes_cannot_be_heard_no_card_is_kept(catalogue, folder, readers, service_databases):
    listeners = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%catalog_changed%'"
    assert len(await catalogue.rows(listeners)) >= len(readers)
    for index in range(2):
        folder.change("services", index, name_en="Changed unheard")

    async def is_forgotten() -> bool:
        return not any([await is_kept(client, catalogue) for client in readers])

    await eventually(is_forgotten, timeout=0.9)
    await catalogue.take_in(folder.path)

    for client in readers:
        assert (await client.get(CARD)).json()["name"]["en"] == "Changed unheard"
        await eventually(lambda client=client: is_kept(client, catalogue), timeout=5)


def an_answer() -> Finished:
    return Finished(start={}, not_modified={}, body={}, etag='"x"')


def test_an_answer_made_before_a_change_is_not_kept_after_it():
    answers = CardAnswers()
    answers.is_open = True
    read_before = answers.generation
    answers.clear()

    answers.keep("/v1/public-services/late", an_answer(), read_before)
    answers.keep("/v1/public-services/new", an_answer(), answers.generation)

    assert answers.get("/v1/public-services/late") is None
    assert answers.get("/v1/public-services/new") is not None


def test_the_answers_at_hand_are_bounded_and_the_oldest_goes_first():
    answers = CardAnswers()
    answers.is_open = True
    for number in range(5001):
        answers.keep(f"/{number}", an_answer(), answers.generation)

    assert answers.get("/0") is None
    assert answers.get("/1") is not None
    assert answers.get("/5000") is not None
