"""The life of a version: published from a day on, superseded, withdrawn; what is published never changes."""

import asyncio

import asyncpg
import pytest

from tests.support.apps import client_for
from tests.support.catalog_life import COUNCIL, PET, RESIDENCE, faults_of, problem_of
from tests.support.eventually import eventually

NEW = "pet-passport"
CARD = f"/v1/public-services/{PET}"


async def edited_and_published(desk, days: int = 0, slug: str = PET, **body):
    """Change a word of the definition and publish it."""
    definition, _ = await desk.draft(slug)
    number = len(definition["life_events"]) + 1
    kept = await desk.keep(slug, life_events=[*definition["life_events"], f"event-{number}"])
    assert kept.status_code == 200, kept.text
    return await desk.publish(slug, days=days, **body)


async def told(catalogue, kind: str = "published.v1", slug: str = PET):
    return [data for event, data in await catalogue.events() if event == kind and data["slug"] == slug]


async def test_a_new_public_service_is_there_from_the_day_of_its_first_version(desk, catalogue):
    await desk.begin()

    published = await desk.publish(NEW, days=5)

    assert published.json() == {"slug": NEW, "version": 1, "valid_from": desk.day(5)}
    assert [await desk.version_on(days, NEW) for days in (0, 4, 5, 400)] == [None, None, 1, 1]
    (event,) = await told(catalogue, slug=NEW)
    assert (event["version"], event["valid_from"], event["owner_agency"]) == (1, desk.day(5), COUNCIL)
    assert await catalogue.rows("SELECT FROM public_service_drafts") == []
    (row,) = await catalogue.rows("SELECT published_by FROM public_service_versions WHERE slug = $1", NEW)
    assert row["published_by"] not in {"", "import"}


async def test_a_new_version_supersedes_the_one_before_from_its_day_on(desk, catalogue):
    first = (await desk.client.get(CARD)).json()

    assert (await edited_and_published(desk, days=10)).json()["version"] == 2

    assert [await desk.version_on(days) for days in (-1, 0, 9, 10, 11)] == [None, 1, 1, 2, 2]
    versions = (await desk.client.get(f"{CARD}/versions")).json()
    assert [(each["version"], each["status"], each["valid_from"], each["valid_to"]) for each in versions] == [
        (2, "scheduled", desk.day(10), None),
        (1, "published", desk.day(0), desk.day(10)),
    ]
    now = (await desk.client.get(CARD)).json()
    assert now == first | {"valid_to": desk.day(10)}
    assert [event["version"] for event in await told(catalogue)] == [1, 2]


async def test_what_becomes_of_a_version_is_seen_on_the_day(desk):
    await edited_and_published(desk, days=0)
    listed = (await desk.client.get(f"{CARD}/versions")).json()
    assert [(each["version"], each["status"]) for each in listed] == [(2, "published"), (1, "superseded")]
    assert (listed[1]["valid_from"], listed[1]["valid_to"]) == (desk.day(0), desk.day(0))
    assert await desk.version_on(0) == 2


async def test_nothing_is_published_after_the_fact(desk):
    await desk.keep(tacit_approval=True)
    refused = await desk.publish(days=-1)
    assert problem_of(refused) == (422, "day-past")
    assert refused.json()["today"] == desk.day(0)
    assert await desk.version_on(0) == 1


async def test_today_is_todays_date_in_kyiv(desk, clock):
    clock.set(clock.now().replace(hour=22, minute=30))  # after midnight in Kyiv, summer or winter
    await desk.keep(tacit_approval=True)
    assert desk.today != clock.now().date()
    assert problem_of(await desk.publish(days=-1)) == (422, "day-past")
    assert (await desk.publish(days=0)).status_code == 200


async def test_without_an_edit_there_is_nothing_to_publish(desk):
    assert problem_of(await desk.publish()) == (404, "not-found")
    await desk.keep(tacit_approval=True)
    assert (await desk.publish()).status_code == 200
    assert problem_of(await desk.publish()) == (404, "not-found")


async def test_of_heads_who_publish_at_once_one_makes_a_version(desk, catalogue):
    await desk.keep(tacit_approval=True)
    _, etag = await desk.draft()
    path, body = f"public-services/{PET}/publish", {"valid_from": desk.day(0)}

    answers = await asyncio.gather(*(desk.ask("POST", path, "head", body, If_Match=etag) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    assert [event["version"] for event in await told(catalogue)] == [1, 2]


async def test_the_head_publishes_what_the_head_read(desk):
    await desk.keep(tacit_approval=True)
    _, etag = await desk.draft()
    await desk.keep(decision_policy="head")
    body = {"valid_from": desk.day(0)}

    late = await desk.ask("POST", f"public-services/{PET}/publish", "head", body, If_Match=etag)
    unread = await desk.ask("POST", f"public-services/{PET}/publish", "head", body)

    assert problem_of(late) == (412, "version-changed")
    assert problem_of(unread) == (428, "precondition-required")


async def test_a_version_of_a_later_day_is_not_overtaken_unsaid(desk):
    await edited_and_published(desk, days=30)

    same_day = await edited_and_published(desk, days=30)
    refused = await desk.publish(days=5)
    said = await desk.publish(days=5, undo_version=2)

    assert problem_of(same_day) == problem_of(refused) == (409, "versions-overlap")
    assert (refused.json()["version"], refused.json()["valid_from"]) == (2, desk.day(30))
    assert said.json()["version"] == 3
    assert [await desk.version_on(days) for days in (0, 4, 5, 30, 31)] == [1, 1, 3, 3, 3]
    listed = (await desk.client.get(f"{CARD}/versions")).json()
    assert [each["status"] for each in listed] == ["scheduled", "superseded", "published"]


async def test_a_version_of_a_later_day_is_replaced_on_that_day_by_who_names_it(desk):
    await edited_and_published(desk, days=30)
    assert (await edited_and_published(desk, days=30, undo_version=2)).json()["version"] == 3
    assert [await desk.version_on(days) for days in (29, 30)] == [1, 3]


async def test_naming_another_version_undoes_nothing(desk):
    await edited_and_published(desk, days=30)
    assert problem_of(await edited_and_published(desk, days=5, undo_version=1)) == (409, "versions-overlap")


async def test_the_database_itself_holds_one_version_a_day(desk, catalogue):
    await edited_and_published(desk, days=30)
    with pytest.raises(asyncpg.ExclusionViolationError):
        await catalogue.rows("UPDATE public_service_versions SET valid_to = NULL WHERE slug = $1", PET)
    with pytest.raises(asyncpg.DataError):
        await catalogue.rows("UPDATE public_service_versions SET valid_to = '2020-01-01' WHERE slug = $1", PET)


async def test_what_is_published_is_seen_by_every_process_at_once(desk, catalogue, app_of):
    async with client_for(app_of(catalogue)) as other:
        assert (await other.get(CARD)).json()["version"] == 1
        await edited_and_published(desk)

        async def is_new() -> bool:
            return (await other.get(CARD)).json()["version"] == 2

        await eventually(is_new, timeout=2)


async def test_what_a_draft_refers_to_has_to_be_there_when_it_is_published(desk, catalogue):
    await desk.begin(definition={"agency": "municipal-improvement"}, copy_of=PET)
    await catalogue.rows("DELETE FROM records WHERE kind = 'agency' AND slug = 'municipal-improvement'")
    assert faults_of(await desk.publish(NEW)) == {"/agency": "unknown agency: municipal-improvement"}


async def test_a_code_that_another_took_meanwhile_is_not_published_twice(desk, catalogue):
    await desk.begin(copy_of=PET)
    await catalogue.rows("UPDATE public_services SET code = '14-21' WHERE slug = $1", RESIDENCE)
    assert problem_of(await desk.publish(NEW)) == (409, "code-taken")
    assert await told(catalogue, slug=NEW) == []


async def withdrawn(desk, days: int = 0, who: str = "head", slug: str = PET):
    return await desk.ask("POST", f"public-services/{slug}/withdraw", who, {"on": desk.day(days)})


async def test_a_withdrawn_public_service_stays_readable_and_is_told_of_once(desk, catalogue):
    for _ in range(2):
        assert (await withdrawn(desk, days=7)).json() == {"slug": PET, "withdrawn_on": desk.day(7)}

    statuses = [
        (await desk.client.get(CARD, params={"on": desk.day(days)})).json()["status"] for days in (0, 6, 7, 400)
    ]
    assert statuses == ["published", "published", "withdrawn", "withdrawn"]
    assert await told(catalogue, "withdrawn.v1") == [{"slug": PET, "version": 1, "withdrawn_on": desk.day(7)}]
    moved = await withdrawn(desk, days=9)
    assert moved.status_code == 200
    assert len(await told(catalogue, "withdrawn.v1")) == 2


@pytest.mark.parametrize(("days", "refusal"), [(-1, (422, "day-past")), (29, (422, "ends-before-it-begins"))])
async def test_a_public_service_does_not_end_before_today_or_before_it_begins(desk, catalogue, days, refusal):
    await edited_and_published(desk, days=30)
    assert problem_of(await withdrawn(desk, days=days)) == refusal
    assert await told(catalogue, "withdrawn.v1") == []


async def test_a_version_beyond_the_withdrawal_is_published_only_by_who_means_it(desk, catalogue):
    await withdrawn(desk, days=7)

    refused = await edited_and_published(desk, days=7)
    before = await edited_and_published(desk, days=6)
    again = await edited_and_published(desk, days=20, undo_withdrawal=True)

    assert problem_of(refused) == (409, "public-service-withdrawn")
    assert refused.json()["withdrawn_on"] == desk.day(7)
    assert before.json()["version"] == 2
    assert again.json()["version"] == 3
    assert [await desk.version_on(days) for days in (0, 6, 7, 19, 20)] == [1, 2, None, None, 3]
    card = (await desk.client.get(CARD, params={"on": desk.day(20)})).json()
    assert (card["status"], card["withdrawn_on"]) == ("published", None)
    assert [event["version"] for event in await told(catalogue)] == [1, 2, 3]


async def test_an_unknown_public_service_is_not_withdrawn(desk):
    assert problem_of(await withdrawn(desk, slug="no-such-service")) == (404, "not-found")


async def test_an_information_card_is_answered_for_a_date(desk):
    await edited_and_published(desk, days=10)
    answer = await desk.client.get(f"{CARD}/information-card")
    kept = await desk.client.get(f"{CARD}/information-card", headers={"If-None-Match": answer.headers["etag"]})
    early = await desk.client.get(f"{CARD}/information-card", params={"on": desk.day(-1)})

    assert answer.json()["provider"]["name"]["uk"]
    assert answer.json()["grounds_for_refusal"]
    assert kept.status_code == 304
    assert problem_of(early) == (404, "not-found")


@pytest.mark.parametrize("body", [{}, {"valid_from": "soon"}, {"valid_from": "2027-01-01", "extra": 1}])
async def test_a_publication_that_cannot_be_read_is_refused(desk, body):
    await desk.keep(tacit_approval=True)
    _, etag = await desk.draft()
    answer = await desk.ask("POST", f"public-services/{PET}/publish", "head", body, If_Match=etag)
    assert problem_of(answer) == (422, "invalid-request")
