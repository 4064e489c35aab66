"""The projections of the catalogue: the same rows whatever the order and however often, and cases without them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from applications.consumers.listening import PROJECTIONS
from shared.database import Database
from tests.support.events import an_event

SLUG, CENTRE = "tree-removal", "cnap-samar"
TABLES = ("cards", "withdrawals", "organisations")
START = datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.fixture
async def project(database_url):
    """Hand events to the handlers of the projections, past the inbox, as a rebuild does."""
    database = Database(database_url, pool_size=1)

    async def hand_over(*events):
        for event in events:
            handler = PROJECTIONS[event.type]
            async with database.transaction() as connection:
                await handler.handle(connection, event, handler.view.model_validate(event.data))

    yield hand_over
    await database.dispose()


def told(hour, event_type, data):
    """An event that the catalogue told at an hour, so that the order of telling is plain."""
    event = an_event(event_type, data, subject=data.get("slug", CENTRE))
    return replace(event, time=START + timedelta(hours=hour))


def published(hour, card):
    return told(hour, "catalog.published.v1", card)


def withdrawn(hour, version, on):
    return told(hour, "catalog.withdrawn.v1", {"slug": SLUG, "version": version, "withdrawn_on": on})


def changed(hour, *, active):
    name = {"uk": "Центр", "en": "Centre"}
    data = {"organisation": CENTRE, "kind": "service-centre", "name": name, "territory": "samar", "agency": None}
    return told(hour, "catalog.changed.v1", {**data, "active": active})


async def kept(connection):
    return {table: await connection.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}  # noqa: S608


async def empty(connection):
    for table in TABLES:
        await connection.execute(f"DELETE FROM {table}")  # noqa: S608  names of this test


def histories(a_card):
    """What the catalogue told, by name; the order here is the order of telling."""
    return {
        "versions and withdrawals": [
            published(1, a_card(SLUG)),
            withdrawn(2, 1, "2026-12-01"),
            published(3, a_card(SLUG, version=2, valid_from="2026-11-20")),
            withdrawn(4, 2, "2026-12-24"),
        ],
        "a withdrawal that is moved": [
            withdrawn(1, 1, "2026-12-24"),
            withdrawn(2, 1, "2026-12-31"),
            withdrawn(3, 1, "2026-12-01"),
        ],
        "one version told twice": [
            published(1, a_card(SLUG)),
            published(2, a_card(SLUG, code="99-99", valid_from="2026-11-20")),
        ],
        "a centre that is closed, opened and closed": [
            changed(1, active=False),
            changed(2, active=True),
            changed(3, active=False),
        ],
    }


@pytest.mark.parametrize(
    "name",
    [
        "versions and withdrawals",
        "a withdrawal that is moved",
        "one version told twice",
        "a centre that is closed, opened and closed",
    ],
)
async def test_the_same_rows_are_left_in_whatever_order_and_however_often_events_come(
    name, project, connection, a_card
):
    history = histories(a_card)[name]
    await project(*history)
    expected = await kept(connection)
    assert any(expected.values())
    for order in permutations(history):
        await empty(connection)
        await project(*order, *order[:2])
        assert await kept(connection) == expected, [event.time.hour for event in order]


async def test_of_two_events_for_one_version_the_first_told_holds(project, connection, a_card):
    await project(published(2, a_card(SLUG, code="99-99")), published(1, a_card(SLUG)))
    assert await connection.fetchval("SELECT data->>'code' FROM cards WHERE slug = $1", SLUG) == "04-01"


async def test_of_two_events_about_an_organisation_the_last_told_holds(project, connection):
    await project(changed(2, active=False), changed(1, active=True))
    assert await connection.fetchval("SELECT is_active FROM organisations WHERE id = $1", CENTRE) is False


async def test_an_event_that_comes_again_mends_a_row_that_went_wrong(project, connection, a_card):
    events = [published(1, a_card(SLUG)), withdrawn(2, 1, "2026-12-01"), changed(3, active=True)]
    await project(*events)
    expected = await kept(connection)
    await connection.execute("UPDATE cards SET data = '{}', valid_from = '2020-01-01'")
    await connection.execute("UPDATE withdrawals SET withdrawn_on = '2020-01-01'")
    await connection.execute("UPDATE organisations SET is_active = false, name = '{}'")
    await project(*events)
    assert await kept(connection) == expected


async def test_rows_without_a_time_give_way_to_any_event(project, connection, a_card):
    events = [published(1, a_card(SLUG)), withdrawn(2, 1, "2026-12-01"), changed(3, active=True)]
    await project(*events)
    expected = await kept(connection)
    await connection.execute("UPDATE cards SET data = '{}', told_at = NULL")
    await connection.execute("UPDATE withdrawals SET withdrawn_on = '2020-01-01', told_at = NULL")
    await connection.execute("UPDATE organisations SET is_active = false, told_at = NULL")
    await project(*events)
    assert await kept(connection) == expected


ADDRESSES = [
    ("/v1/applications/{id}", "citizen"),
    ("/v1/applications/{id}", "representative"),
    ("/v1/applications/{id}/timeline", "citizen"),
    ("/v1/applications", "citizen"),
    ("/v1/applications?state=registered", "representative"),
    ("/v1/track/{reference}?code={access_code}", "nobody"),
    ("/v1/applications/{id}/verification-subject?requirement=community-register", "register gateway"),
]


@pytest.mark.parametrize(("address", "by"), ADDRESSES, ids=[f"{address} {by}" for address, by in ADDRESSES])
async def test_a_case_whose_card_is_not_known_is_there_later_and_never_absent(address, by, office, connection):
    case = await office.a_case("registered")
    address = address.format(**case)
    before = (await office.get(address, by=by)).json()
    await connection.execute("UPDATE cards SET slug = 'lost-' || slug")

    answer = await office.get(address, by=by)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (503, "temporarily-unavailable")
    assert answer.headers["retry-after"]

    await connection.execute("UPDATE cards SET slug = replace(slug, 'lost-', '')")
    assert (await office.get(address, by=by)).json() == before


async def test_a_case_whose_card_is_not_known_is_not_changed(office, connection):
    case = await office.a_case("registered")
    await connection.execute("DELETE FROM cards")
    before = await office.counts()
    answer = await office.do(case, "claim", by="representative")
    assert answer.status_code == 503
    assert await office.counts() == before


async def test_a_wrong_code_finds_nothing_also_when_the_card_is_not_known(office, connection):
    case = await office.a_case()
    await connection.execute("DELETE FROM cards")
    answer = await office.get(f"/v1/track/{case['reference']}?code=AAAA-AAAA-AAAA", by="nobody")
    assert answer.status_code == 404


async def test_a_strangers_case_is_absent_also_when_its_card_is_not_known(office, connection):
    case = await office.a_case("registered")
    await connection.execute("DELETE FROM cards")
    assert (await office.get(f"/v1/applications/{case['id']}", by="other citizen")).status_code == 404
