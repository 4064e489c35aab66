"""Who may do what with definitions: route by role, in the own agency and in others. What is not in the table is refused."""

from typing import Any

import pytest

from tests.support.catalog_life import COUNCIL, PEOPLE, PET, a_definition, problem_of

DRAFT = f"public-services/{PET}/draft"
DEFAULTS = f"agencies/{COUNCIL}/defaults"
OUTSIDERS = (
    "other head", "other representative", "head of a namesake", "head of centre", "administrator", "citizen", "operator",
)  # fmt: skip
HEADS = ("head", "head of an office")
OWN = (*HEADS, "representative", "representative of an office")
NOT_THERE, NOT_YOURS = (404, "not-found"), (403, "forbidden")

# route: who may, and how insiders without the role and outsiders are refused
TABLE: dict[str, tuple[tuple[str, ...], tuple[int, str] | None, tuple[int, str]]] = {
    "read a draft": (OWN, None, NOT_THERE),
    "keep a draft": (OWN, None, NOT_THERE),
    "discard a draft": (OWN, None, NOT_THERE),
    "publish": (HEADS, NOT_YOURS, NOT_THERE),
    "withdraw": (HEADS, NOT_YOURS, NOT_YOURS),
    "confirm a review": (OWN, None, NOT_YOURS),
    "begin for the council": (OWN, None, NOT_YOURS),
    "read defaults": (OWN, None, NOT_THERE),
    "keep defaults": (HEADS, NOT_YOURS, NOT_THERE),
}
# routes that are asked the same by everybody: method, path, body
PLAIN: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "read a draft": ("GET", DRAFT, None),
    "discard a draft": ("DELETE", DRAFT, None),
    "read defaults": ("GET", DEFAULTS, None),
    "keep defaults": ("PUT", DEFAULTS, {"channels": ["online"]}),
}


async def attempt(desk, route: str, who: str) -> Any:
    """Do the one thing, with everything right but perhaps the person."""
    edited = await desk.keep(tacit_approval=True)
    definition, etag = edited.json()["definition"], edited.headers["etag"]
    if route == "begin for the council":
        return await desk.begin(who, owner_agency=COUNCIL, slug=who.replace(" ", "-"), code=who)
    verbs = {
        "publish": ("POST", f"public-services/{PET}/publish", {"valid_from": desk.day(0)}),
        "withdraw": ("POST", f"public-services/{PET}/withdraw", {"on": desk.day(0)}),
        "confirm a review": ("POST", f"public-services/{PET}/confirm-review", {"review_on": desk.day(9)}),
        "keep a draft": ("PUT", DRAFT, definition),
    }
    method, path, body = (PLAIN | verbs)[route]
    if route == "keep defaults":
        etag = (await desk.ask("GET", DEFAULTS)).headers["etag"]
    return await desk.ask(method, path, who, body, If_Match=etag)


async def state_of(catalogue) -> list[Any]:
    tables = ("public_services", "public_service_versions", "public_service_drafts", "public_service_reviews",
              "agency_defaults", "idempotency_keys", "outbox")  # fmt: skip
    return [await catalogue.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]  # noqa: S608


@pytest.mark.parametrize("route", TABLE)
async def test_each_does_what_the_table_says_and_nothing_else(desk, catalogue, route):
    allowed, inside, outside = TABLE[route]
    await desk.keep(tacit_approval=True)
    before = await state_of(catalogue)

    refused = {who: problem_of(await attempt(desk, route, who)) for who in PEOPLE if who not in allowed}
    after = await state_of(catalogue)
    taken = {who: (await attempt(desk, route, who)).status_code for who in allowed}

    assert refused == {who: outside if who in OUTSIDERS else inside for who in refused}
    assert after == before
    assert set(taken.values()) <= {200, 201, 204}, taken


async def test_what_a_stranger_is_told_of_a_draft_does_not_depend_on_the_draft(desk):
    await desk.begin(slug="secret-plan")
    answers = []
    for slug in ("secret-plan", "no-such-plan"):
        answer = await desk.ask("GET", f"public-services/{slug}/draft", "other head")
        told = answer.json()
        answers.append({name: value.replace(slug, "…") for name, value in told.items() if name in {"detail", "title"}})
        assert problem_of(answer) == NOT_THERE
    assert answers[0] == answers[1]


@pytest.mark.parametrize("who", ["citizen", "administrator", "head of centre", "operator"])
async def test_who_works_for_no_agency_has_no_list(desk, who):
    assert problem_of(await desk.ask("GET", "my-public-services", who)) == NOT_YOURS
    assert problem_of(await desk.begin(who)) == NOT_YOURS


async def test_without_a_token_nothing_of_this_is_answered(desk):
    for method, path in (("GET", DRAFT), ("PUT", DRAFT), ("DELETE", DRAFT), ("GET", DEFAULTS), ("PUT", DEFAULTS)):
        answer = await desk.ask(method, path, None, a_definition() if method == "PUT" else None, If_Match='"x"')
        assert problem_of(answer) == (401, "unauthenticated")
