"""Search in a catalogue of regional size: 1,500 services more, made of the same words, hide none of the real ones."""

import json
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
import pytest_asyncio

from catalog.app import create_app
from dev.generate_services import generate
from dev.run_folder import ROOT
from tests.support.apps import client_for
from tests.support.catalog_search import AMONG_MANY, TYPED, facet, slugs
from tests.support.databases import PASSWORD
from tests.support.tokens import StaticKeys

pytestmark = pytest.mark.asyncio(loop_scope="module")
MADE = generate()["services"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(regional, service_databases, tmp_path_factory) -> AsyncIterator[httpx.AsyncClient]:
    """A reader of the regional catalogue with 1,500 services more."""
    server, name = service_databases.server, "catalog_full_size"
    file = tmp_path_factory.mktemp("generated") / "generated.json"
    file.write_text(json.dumps({"services": MADE}, ensure_ascii=False), "utf-8")
    admin = await asyncpg.connect(server.superuser_url)
    await admin.execute(f"DROP DATABASE IF EXISTS {name}")
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE catalog_regional")
    await admin.close()
    made = type(regional)(server.url(name, "catalog_app", PASSWORD))
    done = await made.take_in(ROOT / "dev" / "data", file)
    assert (len(done.new_versions), done.unchanged) == (1500, 130)
    async with client_for(create_app(made.settings, keys=StaticKeys())) as client:
        yield client


async def test_the_catalogue_holds_both(client):
    assert sum((await facet(client, "fee")).values()) == 1630


@pytest.mark.parametrize(("typed", "slug", "among"), TYPED, ids=[typed for typed, _, _ in TYPED])
async def test_what_people_type_finds_what_they_mean_among_many(client, typed, slug, among):
    assert slug in (await slugs(client, q=typed))[: AMONG_MANY.get(typed, among)]


async def test_every_real_service_is_found_first_by_its_whole_name(client, whole_set):
    for record in whole_set["services"]["services"]:
        for name in ("name_uk", "name_en"):
            assert (await slugs(client, q=record[name][:200]))[0] == record["slug"]


async def test_a_generated_service_is_found_first_by_its_whole_name(client):
    for record in MADE[::25]:
        for name in ("name_uk", "name_en"):
            assert (await slugs(client, q=record[name]))[0] == record["slug"]


async def test_what_most_services_have_in_common_is_found_page_by_page(client):
    found, address = 0, "/v1/public-services?q=видача&limit=100"
    while address:
        answer = (await client.get(address)).json()
        found, address = found + len(answer["items"]), answer["next"]

    assert found > 500
