"""Search keeps up with what is published, ended, withdrawn and offered."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256

import httpx
import pytest

from catalog.domain.days import kyiv_today
from tests.support.apps import client_for
from tests.support.catalog_search import facet, slugs

PET, RESIDENCE = "pet-registration", "residence-registration"
TODAY, DAY = kyiv_today(), timedelta(days=1)


@pytest.fixture
async def reader(catalogue, app_of) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app_of(catalogue)) as client:
        yield client


async def test_a_new_version_is_found_by_its_words_from_its_first_day_and_the_old_one_no_more(
    reader, catalogue, folder
):
    await catalogue.take_in(folder.path, on=TODAY - DAY)
    assert await slugs(reader, q="ferret") == []
    index = [record["slug"] for record in folder.read("services")["services"]].index(PET)
    folder.change(
        "services", index, name_en="Registration of a ferret", name_uk="Реєстрація тхора", life_events=["birth"]
    )

    await catalogue.take_in(folder.path)

    assert await slugs(reader, q="ferret") == await slugs(reader, q="тхори") == [PET]
    assert await slugs(reader, q="cat") == []
    assert await slugs(reader, life_event="health") == []
    assert PET in await slugs(reader, life_event="birth")
    assert [
        row["version"] for row in await catalogue.rows("SELECT version FROM search_entries ORDER BY slug, version")
    ] == [2, 1]


async def test_a_version_for_a_later_day_is_not_found_before(reader, catalogue, folder):
    await catalogue.take_in(folder.path, on=TODAY + DAY)

    assert await slugs(reader) == await slugs(reader, q="собака") == []
    assert await facet(reader, "fee") == {}
    assert len(await catalogue.rows("SELECT FROM search_entries")) == 2


async def test_what_is_better_but_not_offered_hides_nothing(reader, catalogue, folder):
    await catalogue.take_in(folder.path)
    assert await slugs(reader, q="реєстрація собака") == [PET]

    await catalogue.rows("UPDATE public_services SET withdrawn_on = $2 WHERE slug = $1", PET, TODAY)

    assert await slugs(reader, q="реєстрація собака") == [RESIDENCE]


async def test_a_withdrawn_service_is_found_until_its_last_day(reader, catalogue, folder):
    await catalogue.take_in(folder.path)
    withdraw = "UPDATE public_services SET withdrawn_on = $2 WHERE slug = $1"

    await catalogue.rows(withdraw, PET, TODAY + DAY)
    assert await slugs(reader) == [PET, RESIDENCE]
    await catalogue.rows(withdraw, PET, TODAY)
    assert await slugs(reader) == [RESIDENCE]
    await catalogue.rows(withdraw, PET, None)
    assert await slugs(reader) == [PET, RESIDENCE]


async def test_a_territory_has_what_its_centres_take_in_and_what_one_of_them_adds(reader, catalogue, folder):
    services = folder.read("services")["services"]
    online = next(index for index, record in enumerate(services) if record["slug"] == PET)
    folder.change("services", online, channels=["online"])
    (refusing, adding) = (centre["territory"] for centre in folder.read("service_centres")["service_centres"][:2])
    folder.change("service_centres", 0, does_not_offer=[RESIDENCE])
    folder.change("service_centres", 1, also_offers=[PET])

    await catalogue.take_in(folder.path)

    assert await slugs(reader, territory=refusing) == []
    assert await slugs(reader, territory=adding) == [PET, RESIDENCE]
    assert await facet(reader, "territory") == {adding: 2}
    assert await facet(reader, "territory", q="собака") == {adding: 1}
    assert await facet(reader, "channel", territory=refusing) == {}


async def test_a_territory_has_what_is_offered_below_it(reader, catalogue, folder):
    await catalogue.take_in(folder.path)
    (below,) = {centre["territory"] for centre in folder.read("service_centres")["service_centres"][:1]}
    await catalogue.rows("INSERT INTO territories (slug, data) VALUES ('above', '{}')")
    await catalogue.rows("UPDATE territories SET parent = 'above' WHERE slug = $1", below)

    assert await slugs(reader, territory="above") == [PET, RESIDENCE]


async def test_versions_published_at_once_with_the_same_new_words_wait_for_one_another(catalogue, folder):
    await catalogue.take_in(folder.path)
    statement = """
        INSERT INTO public_service_versions (slug, version, valid_from, valid_to, published_by, definition, summary,
          folded_name, folded_text, review_on)
        SELECT slug, 2, valid_from + 9, NULL, 'x', definition, summary, $2, $2, valid_from
        FROM public_service_versions WHERE slug = $1
    """
    await catalogue.rows("UPDATE public_service_versions SET valid_to = valid_from + 9")

    await asyncio.gather(
        catalogue.rows(statement, PET, "aaa bbb ccc ddd"), catalogue.rows(statement, RESIDENCE, "ddd ccc bbb aaa")
    )

    words = await catalogue.rows("SELECT word FROM search_words WHERE word = ANY ($1)", ["aaa", "bbb", "ccc", "ddd"])
    assert len(words) == 4


async def test_what_is_longer_than_any_word_is_published_and_not_searched(reader, catalogue, folder):
    # longer than an index of words could hold, also when it is compressed
    endless = "".join(sha256(bytes([number])).hexdigest() for number in range(60))
    folder.change("services", 0, description_en=endless)

    await catalogue.take_in(folder.path)

    assert await slugs(reader) == [PET, RESIDENCE]
    assert await slugs(reader, q=endless[:100]) == []
