"""Freshness: an overdue review shows on the card, in the owner's list and in the metric, until it is confirmed."""

import re

import pytest

from tests.support.apps import client_for
from tests.support.catalog_life import PET, RESIDENCE, Desk, faults_of, problem_of
from tests.support.eventually import eventually

CARD = f"/v1/public-services/{PET}"


@pytest.fixture
async def desk(catalogue, folder, app_of, tokens, clock):
    """Two public services of the council; the review of one is long overdue, that of the other is tomorrow."""
    desk = Desk(None, tokens, clock)
    for index, record in enumerate(folder.read("services")["services"]):
        dates = ("2020-01-01", "2021-01-01") if record["slug"] == PET else (desk.day(-1), desk.day(1))
        folder.change("services", index, reviewed_on=dates[0], review_on=dates[1])
    await catalogue.take_in(folder.path)
    async with client_for(app_of(catalogue)) as desk.client:
        yield desk


async def confirm(desk, review_on: str, who: str = "representative"):
    return await desk.ask("POST", f"public-services/{PET}/confirm-review", who, {"review_on": review_on})


async def mine(desk, query: str = "", who: str = "representative"):
    answer = await desk.ask("GET", f"my-public-services{query}", who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def overdue_by_the_metric(client) -> float:
    return float(
        re.search(r"^catalog_cards_review_overdue (\S+)$", (await client.get("/metrics")).text, re.MULTILINE)[1]
    )


async def test_an_overdue_review_shows_on_the_card_until_it_is_confirmed(desk):
    before = (await desk.client.get(CARD)).json()

    confirmed = await confirm(desk, desk.day(100))

    assert confirmed.json() == {"slug": PET, "version": 1, "review_on": desk.day(100)}

    async def is_seen() -> bool:
        after = (await desk.client.get(CARD)).json()
        return after == before | {"review_on": desk.day(100), "is_review_overdue": False}

    assert (before["review_on"], before["is_review_overdue"]) == ("2021-01-01", True)
    await eventually(is_seen, timeout=2)
    assert (await desk.client.get(CARD, params={"on": desk.day(101)})).json()["is_review_overdue"] is True


async def test_a_confirmation_changes_no_version_and_keeps_who_gave_it(desk, catalogue):
    query = "SELECT version, definition, review_on FROM public_service_versions ORDER BY slug"
    before = await catalogue.rows(query)
    told = len(await catalogue.events())

    for days in (100, 50):
        assert (await confirm(desk, desk.day(days))).status_code == 200

    assert await catalogue.rows(query) == before
    assert len(await catalogue.events()) == told
    (row,) = await catalogue.rows("SELECT confirmed_by, review_on FROM public_service_reviews")
    assert (row["review_on"].isoformat(), len(row["confirmed_by"])) == (desk.day(50), 36)


@pytest.mark.parametrize("days", [-1, 0, 1099])
async def test_the_next_review_is_after_today_and_not_too_far(desk, catalogue, days):
    refused = await confirm(desk, desk.day(days))
    assert problem_of(refused) == (422, "review-too-far")
    assert refused.json()["latest"] > desk.day(1000)
    assert await catalogue.rows("SELECT FROM public_service_reviews") == []


async def test_an_edit_is_a_review_too(desk):
    await confirm(desk, desk.day(100))
    await desk.keep(review_on=desk.day(300))
    await desk.publish()

    async def is_new() -> bool:
        return (await desk.client.get(CARD)).json()["review_on"] == desk.day(300)

    await eventually(is_new, timeout=2)


async def test_the_owners_list_has_what_is_theirs_and_what_is_stale(desk):
    await desk.begin(slug="a-new-one")
    await desk.keep(RESIDENCE, tacit_approval=True)

    everything, stale = await mine(desk), await mine(desk, "?stale=true")
    others = await mine(desk, who="other head")

    assert [(item["slug"], item["version"], item["status"]) for item in everything["items"]] == [
        ("a-new-one", None, None),
        (PET, 1, "published"),
        (RESIDENCE, 1, "published"),
    ]
    assert [item["is_review_overdue"] for item in everything["items"]] == [False, True, False]
    assert [item["draft_edited_at"] is None for item in everything["items"]] == [False, True, False]
    assert [item["slug"] for item in stale["items"]] == [PET]
    assert others["items"] == []


async def test_the_owners_list_comes_in_pages(desk):
    await desk.begin(slug="a-new-one")
    seen, path = [], "?limit=1"
    while path:
        page = await mine(desk, path)
        seen += [item["slug"] for item in page["items"]]
        path = page["next"] and "?" + page["next"].partition("?")[2]
    assert seen == ["a-new-one", PET, RESIDENCE]


async def test_what_is_withdrawn_is_no_longer_stale(desk):
    await desk.ask("POST", f"public-services/{PET}/withdraw", "head", {"on": desk.day(0)})
    assert (await mine(desk, "?stale=true"))["items"] == []
    assert [item["status"] for item in (await mine(desk))["items"]] == ["withdrawn", "published"]


async def test_the_metric_counts_what_is_overdue(desk, catalogue, app_of, clock):
    async def is_one() -> bool:
        return await overdue_by_the_metric(desk.client) == 1

    await eventually(is_one, timeout=5)
    clock.advance(days=2)
    async with client_for(app_of(catalogue)) as later:

        async def is_two() -> bool:
            return await overdue_by_the_metric(later) == 2

        await eventually(is_two, timeout=5)


async def test_a_definition_whose_next_review_nobody_will_see_is_not_published(desk):
    await desk.keep(review_on="9999-12-31")

    assert faults_of(await desk.publish()).keys() == {"/review_on"}
    assert await desk.version_on(0) == 1
