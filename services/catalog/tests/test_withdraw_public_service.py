"""Withdrawing a public service: one date, one event, nothing when it is not there."""

from datetime import date

import pytest

from catalog.domain.errors import EndsBeforeItBegins, UnknownPublicService
from catalog.settings import NAME
from catalog.storage import tables
from catalog.use_cases.withdraw_public_service import withdraw_public_service
from shared.clock import SystemClock
from shared.contracts import Contracts
from shared.database import Database
from shared.outbox import Outbox

DAY = date(2027, 1, 1)
PET = "pet-registration"


@pytest.fixture
async def withdraw(catalogue, folder):
    await catalogue.take_in(folder.path)
    database = Database(catalogue.url, pool_size=1)
    outbox = Outbox(tables.outbox, Contracts(), service=NAME, clock=SystemClock())

    async def run(slug: str, on: date) -> None:
        await withdraw_public_service(database, outbox, slug, on)

    yield run
    await database.dispose()


async def test_a_withdrawn_public_service_has_its_date_and_tells_of_it_once(withdraw, catalogue):
    await withdraw(PET, DAY)
    await withdraw(PET, DAY)
    told = [data for kind, data in await catalogue.events() if kind == "withdrawn.v1"]
    assert told == [{"slug": PET, "version": 1, "withdrawn_on": "2027-01-01"}]
    (row,) = await catalogue.rows("SELECT withdrawn_on FROM public_services WHERE slug = $1", PET)
    assert row["withdrawn_on"] == DAY


async def test_an_unknown_public_service_cannot_be_withdrawn(withdraw, catalogue):
    with pytest.raises(UnknownPublicService):
        await withdraw("nothing-like-it", DAY)
    assert [kind for kind, _ in await catalogue.events() if kind == "withdrawn.v1"] == []


async def test_a_public_service_does_not_end_before_it_begins(withdraw, catalogue):
    with pytest.raises(EndsBeforeItBegins):
        await withdraw(PET, date(2020, 1, 1))
    assert await catalogue.rows("SELECT FROM public_services WHERE withdrawn_on IS NOT NULL") == []
