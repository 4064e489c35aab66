"""Cards and organisations as the catalogue's events tell them: handled, repeated, out of order, withdrawn."""

from dataclasses import replace
from datetime import date

import pytest
from pydantic import ValidationError

from shared.cloudevents import InvalidEvent
from shared.ids import new_id
from tests.support.events import an_event

SLUG = "tree-removal"


def a_centre(slug, *, active=True):
    data = {
        "organisation": slug, "kind": "service-centre", "name": {"uk": "Центр", "en": "Centre"},
        "territory": "samar", "agency": None, "active": active,
    }  # fmt: skip
    return an_event("catalog.changed.v1", data, subject=slug)


async def current(office, **options):
    """Submit under what the service holds for current; return the version it took, or the problem's name."""
    await office.upload()
    answer = await office.submit(public_service=SLUG, **options)
    if answer.status_code != 201:
        return answer.json()["type"].rpartition("/")[2]
    rows = await office.rows("applications", "submitted_at, reference", public_service=SLUG)
    return rows[-1]["card_version"]


async def test_a_published_card_is_kept_whole(office, catalogue, a_card):
    card = a_card(SLUG)
    await catalogue.publish(card)
    (row,) = await office.rows("cards", slug=SLUG)
    assert (row["version"], row["valid_from"], row["valid_to"]) == (1, date(2026, 1, 1), None)
    assert row["data"] == card
    assert await current(office) == 1


async def test_a_repeated_event_changes_nothing(office, deliver, a_card):
    event = an_event("catalog.published.v1", a_card(SLUG), subject=SLUG)
    await deliver(event)
    before = await office.counts()
    await deliver(event)
    assert await office.counts() == before


async def test_a_published_version_never_changes(office, catalogue, a_card):
    await catalogue.publish(a_card(SLUG))
    await catalogue.publish(a_card(SLUG, code="99-99", decision_policy="head"))
    (row,) = await office.rows("cards", slug=SLUG)
    assert (row["data"]["code"], row["data"]["decision_policy"]) == ("04-01", "representative")


async def test_an_older_version_that_comes_after_a_newer_one_does_not_take_its_place(office, catalogue, a_card):
    await catalogue.publish(a_card(SLUG, version=3))
    await catalogue.publish(a_card(SLUG, version=2))
    assert [row["version"] for row in await office.rows("cards", "version", slug=SLUG)] == [2, 3]
    assert await current(office) == 3


async def test_a_version_that_is_not_valid_yet_waits_for_its_day(office, catalogue, a_card, clock):
    await catalogue.publish(a_card(SLUG))
    await catalogue.publish(a_card(SLUG, version=2, valid_from="2026-11-24"))
    assert await current(office) == 1
    clock.advance(hours=13)
    assert await current(office) == 2


async def test_a_version_that_takes_the_place_of_a_later_one_stays_when_the_day_of_that_one_comes(
    office, catalogue, a_card, clock
):
    await catalogue.publish(a_card(SLUG))
    await catalogue.publish(a_card(SLUG, version=2, valid_from="2026-11-25"))
    await catalogue.publish(a_card(SLUG, version=3, valid_from="2026-11-24"))
    assert await current(office) == 1
    clock.advance(hours=13)
    assert await current(office) == 3
    clock.advance(hours=24)
    assert await current(office) == 3


async def test_a_version_with_an_end_takes_applications_until_its_day(office, catalogue, a_card, clock):
    await catalogue.publish(a_card(SLUG, valid_to="2026-11-24"))
    assert await current(office) == 1
    clock.advance(hours=13)
    assert await current(office) == "service-withdrawn"


async def test_a_withdrawn_card_takes_applications_until_its_day(office, catalogue, a_card, clock):
    await catalogue.publish(a_card(SLUG))
    await catalogue.withdraw(SLUG, "2026-11-24")
    assert await current(office) == 1
    clock.advance(hours=13)
    assert await current(office) == "service-withdrawn"


async def test_a_withdrawal_from_today_on_holds_at_once(office, catalogue, a_card):
    await catalogue.publish(a_card(SLUG))
    assert await current(office) == 1
    await catalogue.withdraw(SLUG, "2026-11-23")
    assert await current(office) == "service-withdrawn"


async def test_a_withdrawal_holds_for_a_version_that_begins_before_its_day(office, catalogue, a_card, clock):
    await catalogue.publish(a_card(SLUG))
    await catalogue.withdraw(SLUG, "2026-11-24")
    await catalogue.publish(a_card(SLUG, version=2, valid_from="2026-11-23"))
    assert await current(office) == 2
    clock.advance(hours=13)
    assert await current(office) == "service-withdrawn"


async def test_a_version_that_was_published_for_a_day_after_the_withdrawal_does_not_begin(
    office, catalogue, a_card, clock
):
    await catalogue.publish(a_card(SLUG))
    await catalogue.publish(a_card(SLUG, version=2, valid_from="2026-11-24"))
    await catalogue.withdraw(SLUG, "2026-11-23", version=2)
    assert await current(office) == "service-withdrawn"
    clock.advance(hours=13)
    assert await current(office) == "service-withdrawn"


async def test_a_withdrawal_can_be_moved(office, catalogue, a_card, clock):
    await catalogue.publish(a_card(SLUG))
    await catalogue.withdraw(SLUG, "2026-11-20")
    assert await current(office) == "service-withdrawn"
    await catalogue.withdraw(SLUG, "2026-11-24")
    assert await current(office) == 1
    clock.advance(hours=13)
    assert await current(office) == "service-withdrawn"


async def test_a_withdrawal_can_be_moved_after_another_version(office, catalogue, a_card, clock):
    await catalogue.publish(a_card(SLUG))
    await catalogue.withdraw(SLUG, "2026-11-24")
    await catalogue.publish(a_card(SLUG, version=2, valid_from="2026-11-23"))
    await catalogue.withdraw(SLUG, "2026-11-25", version=2)
    clock.advance(hours=13)
    assert await current(office) == 2
    clock.advance(hours=24)
    assert await current(office) == "service-withdrawn"


async def test_between_a_withdrawal_and_the_version_that_opens_again_a_service_is_closed(
    office, catalogue, a_card, clock
):
    """Also when it is known already until when the new version will be offered."""
    await catalogue.publish(a_card(SLUG))
    await catalogue.withdraw(SLUG, "2026-11-23")
    await catalogue.publish(a_card(SLUG, version=2, valid_from="2026-11-24"))
    await catalogue.withdraw(SLUG, "2026-11-25", version=2)
    assert await current(office) == "service-withdrawn"
    clock.advance(hours=13)
    assert await current(office) == 2
    clock.advance(hours=24)
    assert await current(office) == "service-withdrawn"


async def test_a_service_that_was_opened_again_stays_open_under_a_version_that_begins_earlier(
    office, catalogue, a_card, clock
):
    await catalogue.publish(a_card(SLUG))
    await catalogue.withdraw(SLUG, "2026-11-24")
    await catalogue.publish(a_card(SLUG, version=2, valid_from="2026-11-25"))
    await catalogue.publish(a_card(SLUG, version=3, valid_from="2026-11-23"))
    assert await current(office) == 3
    clock.advance(hours=13)
    assert await current(office) == 3


async def test_a_service_that_is_published_again_takes_applications_again(office, catalogue, a_card):
    await catalogue.publish(a_card(SLUG))
    await catalogue.withdraw(SLUG, "2026-11-01")
    assert await current(office) == "service-withdrawn"
    await catalogue.publish(a_card(SLUG, version=2, valid_from="2026-11-01"))
    assert await current(office) == 2


@pytest.mark.parametrize(
    "old",
    [
        {"channels": ["service-centre"]},
        {"form": {"type": "object", "required": ["nothing-has-this"]}},
        {"required_documents": []},
    ],
)
async def test_nobody_is_refused_on_a_card_that_was_replaced(old, office, catalogue, a_card):
    await catalogue.publish(a_card(SLUG, **old))
    refused = await current(office)
    assert refused in {"channel-not-offered", "form-invalid", "unknown-document"}
    await catalogue.publish(a_card(SLUG, version=2))
    assert await current(office) == 2


async def test_a_withdrawal_that_comes_after_a_newer_version_leaves_that_one(office, catalogue, a_card):
    await catalogue.publish(a_card(SLUG))
    await catalogue.publish(a_card(SLUG, version=2, valid_from="2026-11-01"))
    await catalogue.withdraw(SLUG, "2026-11-01", version=1)
    assert await current(office) == 2


async def test_a_withdrawal_that_comes_before_its_card_holds(office, catalogue, a_card):
    await catalogue.withdraw(SLUG, "2026-11-01")
    assert await current(office) == "unknown-service"
    await catalogue.publish(a_card(SLUG))
    assert await current(office) == "service-withdrawn"


async def test_running_cases_go_on_under_a_withdrawn_card(office, catalogue):
    case = await office.a_case()
    await catalogue.withdraw("residence-registration", "2026-11-01")
    assert (await office.do(case, "register", by="administrator")).status_code == 200


async def test_a_withdrawal_of_an_unknown_service_changes_no_card(office, catalogue):
    before = await office.rows("cards", "slug, version")
    await catalogue.withdraw("never-published", "2026-11-01")
    assert await office.rows("cards", "slug, version") == before


async def test_an_organisation_is_kept_as_it_was_told_last(office, catalogue):
    await catalogue.change("cnap-samar")
    await catalogue.change("cnap-samar", name={"uk": "Інша назва", "en": "Another name"}, active=False)
    (row,) = await office.rows("organisations", id="cnap-samar")
    assert (row["name"]["en"], row["is_active"], row["territory"]) == ("Another name", False, "samar")


async def test_an_older_event_that_is_replayed_does_not_open_a_closed_centre_again(office, deliver, catalogue):
    opened = a_centre("cnap-samar")
    await deliver(opened)
    await deliver(a_centre("cnap-samar", active=False))
    replayed = replace(opened, id=new_id())
    await deliver(replayed)
    await office.upload()
    answer = await office.submit(centre="cnap-samar")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "unknown-centre")


async def test_an_organisation_told_twice_by_one_event_is_kept_once(office, deliver):
    event = a_centre("cnap-samar")
    await deliver(event)
    before = await office.counts()
    await deliver(event)
    assert await office.counts() == before
    assert len(await office.rows("organisations", id="cnap-samar")) == 1


@pytest.mark.parametrize(
    "change", [{"version": 0}, {"version": "1"}, {"valid_from": "soon"}, {"form": None}, {"term": {}}]
)
async def test_a_card_that_breaks_its_contract_is_not_taken(change, office, catalogue, a_card):
    before = await office.counts()
    with pytest.raises((InvalidEvent, ValidationError)):
        await catalogue.publish(a_card(SLUG, **change))
    assert await office.counts() == before


async def test_an_event_of_others_is_passed_over(office, deliver):
    before = await office.counts()
    await deliver(an_event("notifications.delivered.v1", {"anything": True}))
    assert await office.counts() == before
