"""Search keeps up with what is published, ended, withdrawn and offered: in every process, and while no news is heard."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest

from catalog.domain.days import kyiv_today
from tests.support.apps import client_for
from tests.support.catalog_search import facet, slugs
from tests.support.eventually import eventually

PET, RESIDENCE = "pet-registration", "residence-registration"
TODAY, DAY = kyiv_today(), timedelta(days=1)
_LISTENERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%catalog_changed%'"


@pytest.fixture
async def reader(catalogue, app_of) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app_of(catalogue)) as client:
        yield client


async def becomes(reader: httpx.AsyncClient, wanted: list[str], **query: Any) -> None:
    """Wait until a search finds exactly these: the news of a change takes a moment."""

    async def is_found() -> bool:
        return await slugs(reader, **query) == wanted

    await eventually(is_found, timeout=2)


async def withdraw(catalogue, slug: str, on: Any) -> None:
    await catalogue.rows("UPDATE public_services SET withdrawn_on = $2 WHERE slug = $1", slug, on)
    await catalogue.rows("NOTIFY catalog_changed")


async def test_a_new_version_is_found_by_its_words_from_its_first_day_and_the_old_one_no_more(
    reader, catalogue, folder
):
    await catalogue.take_in(folder.path, on=TODAY - DAY)
    await becomes(reader, [PET], q="cat")
    assert await slugs(reader, q="ferret") == []
    index = [record["slug"] for record in folder.read("services")["services"]].index(PET)
    folder.change(
        "services", index, name_en="Registration of a ferret", name_uk="Реєстрація тхора", life_events=["birth"]
    )

    await catalogue.take_in(folder.path)

    await becomes(reader, [PET], q="ferret")
    assert await slugs(reader, q="тхори") == [PET]
    assert await slugs(reader, q="cat") == []
    assert await slugs(reader, life_event="health") == []
    assert PET in await slugs(reader, life_event="birth")


async def test_a_version_for_a_later_day_is_not_found_before(catalogue, folder, app_of):
    await catalogue.take_in(folder.path, on=TODAY + DAY)

    async with client_for(app_of(catalogue)) as reader:
        assert await slugs(reader) == await slugs(reader, q="собака") == []
        assert await facet(reader, "fee") == {}


async def test_what_is_better_but_not_offered_hides_nothing(reader, catalogue, folder):
    await catalogue.take_in(folder.path)
    await becomes(reader, [PET], q="реєстрація собака")

    await withdraw(catalogue, PET, TODAY)

    await becomes(reader, [RESIDENCE], q="реєстрація собака")


async def test_a_withdrawn_service_is_found_until_its_last_day(reader, catalogue, folder):
    await catalogue.take_in(folder.path)
    await becomes(reader, [PET, RESIDENCE])

    await withdraw(catalogue, PET, TODAY)
    await becomes(reader, [RESIDENCE])
    await withdraw(catalogue, PET, TODAY + DAY)
    await becomes(reader, [PET, RESIDENCE])
    await withdraw(catalogue, PET, None)
    assert await slugs(reader) == [PET, RESIDENCE]


async def test_a_territory_has_what_its_centres_take_in_and_what_one_of_them_adds(catalogue, folder, app_of):
    services = folder.read("services")["services"]
    online = next(index for index, record in enumerate(services) if record["slug"] == PET)
    folder.change("services", online, channels=["online"])
    (refusing, adding) = (centre["territory"] for centre in folder.read("service_centres")["service_centres"][:2])
    folder.change("service_centres", 0, does_not_offer=[RESIDENCE])
    folder.change("service_centres", 1, also_offers=[PET])

    await catalogue.take_in(folder.path)

    async with client_for(app_of(catalogue)) as reader:
        assert await slugs(reader, territory=refusing) == []
        assert await slugs(reader, territory=adding) == [PET, RESIDENCE]
        assert await facet(reader, "territory") == {adding: 2}
        assert await facet(reader, "territory", q="собака") == {adding: 1}
        assert await facet(reader, "channel", territory=refusing) == {}


async def test_what_a_centre_offers_anew_is_found_in_its_territory(reader, catalogue, folder):
    folder.change("service_centres", 0, does_not_offer=[RESIDENCE])
    await catalogue.take_in(folder.path)
    centre = folder.read("service_centres")["service_centres"][0]
    await becomes(reader, [PET], territory=centre["territory"])
    folder.change("service_centres", 0, does_not_offer=[PET])

    await catalogue.take_in(folder.path)

    await becomes(reader, [RESIDENCE], territory=centre["territory"])


async def test_a_territory_has_what_is_offered_below_it(catalogue, folder, app_of):
    await catalogue.take_in(folder.path)
    (below,) = {centre["territory"] for centre in folder.read("service_centres")["service_centres"][:1]}
    await catalogue.rows("INSERT INTO territories (slug, data) VALUES ('above', '{}')")
    await catalogue.rows("UPDATE territories SET parent = 'above' WHERE slug = $1", below)

    async with client_for(app_of(catalogue)) as reader:
        assert await slugs(reader, territory="above") == [PET, RESIDENCE]


async def test_what_is_longer_than_any_word_is_published_and_not_searched(catalogue, folder, app_of):
    endless = "".join(sha256(bytes([number])).hexdigest() for number in range(60))
    folder.change("services", 0, description_en=endless)

    await catalogue.take_in(folder.path)

    async with client_for(app_of(catalogue)) as reader:
        assert await slugs(reader) == [PET, RESIDENCE]
        assert await slugs(reader, q=endless[:100]) == []


async def test_a_change_is_found_by_every_process(catalogue, folder, app_of):
    await catalogue.take_in(folder.path)
    async with client_for(app_of(catalogue)) as one, client_for(app_of(catalogue)) as other:
        for reader in (one, other):
            await is_remembered(reader, catalogue)
        folder.change("services", 0, name_en="Registration of a ferret")

        await catalogue.take_in(folder.path)

        for reader in (one, other):
            await becomes(reader, [folder.read("services")["services"][0]["slug"]], q="ferret")


async def is_remembered(reader: httpx.AsyncClient, catalogue) -> None:
    """Wait until the process searches in its memory: what is changed without a word stays unknown to it."""

    async def is_unknown() -> bool:
        await slugs(reader)
        await catalogue.rows("UPDATE public_services SET withdrawn_on = $2 WHERE slug = $1", PET, TODAY)
        found = await slugs(reader)
        await catalogue.rows("UPDATE public_services SET withdrawn_on = NULL")
        if found == [PET, RESIDENCE]:
            return True
        await catalogue.rows("NOTIFY catalog_changed")
        return False

    await eventually(is_unknown, timeout=5)


async def test_while_changes_cannot_be_heard_every_search_looks_for_itself(reader, catalogue, folder):
    await catalogue.take_in(folder.path)
    await is_remembered(reader, catalogue)
    over = asyncio.Event()
    unheard = asyncio.create_task(never_heard(catalogue, until=over))
    try:
        await eventually(lambda: is_seen_at_once(reader, catalogue), timeout=5)
        for on, wanted in ((TODAY, [RESIDENCE]), (None, [PET, RESIDENCE])) * 3:
            await catalogue.rows("UPDATE public_services SET withdrawn_on = $2 WHERE slug = $1", PET, on)
            assert await slugs(reader) == wanted
    finally:
        over.set()
        await unheard
    await is_remembered(reader, catalogue)


async def never_heard(catalogue, *, until: asyncio.Event) -> None:
    """End every connection that listens, as soon as it does."""
    while not until.is_set():
        await catalogue.rows(_LISTENERS)


async def is_seen_at_once(reader: httpx.AsyncClient, catalogue) -> bool:
    await catalogue.rows("UPDATE public_services SET withdrawn_on = $2 WHERE slug = $1", PET, TODAY)
    found = await slugs(reader)
    await catalogue.rows("UPDATE public_services SET withdrawn_on = NULL")
    return found == [RESIDENCE]


async def test_who_searches_while_a_change_is_read_in_waits_for_one_index_that_has_it(reader, catalogue, folder):
    await catalogue.take_in(folder.path)
    await becomes(reader, [PET, RESIDENCE])
    await withdraw(catalogue, PET, TODAY)
    await becomes(reader, [RESIDENCE])

    found = await asyncio.gather(*(slugs(reader, q="реєстрація") for _ in range(20)))

    assert found == [[RESIDENCE]] * 20
