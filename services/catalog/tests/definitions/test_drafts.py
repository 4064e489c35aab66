"""Drafts: begun anew, from another public service, from an agency's defaults; kept only by who knows their state."""

import asyncio

import pytest

from tests.support.catalog_life import COUNCIL, PET, RESIDENCE, a_definition, a_form, faults_of, problem_of

NEW = "pet-passport"
DEFAULTS = f"agencies/{COUNCIL}/defaults"


async def test_a_new_public_service_begins_as_a_draft_that_nobody_else_sees(desk, catalogue):
    answer = await desk.begin()

    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/public-services/{NEW}/draft"
    body = answer.json()
    assert (body["owner_agency"], body["based_on"], body["newest_version"]) == (COUNCIL, 0, 0)
    assert body["definition"] == a_definition(reviewed_on=desk.day(0), review_on=body["definition"]["review_on"])
    assert body["definition"]["review_on"] > desk.day(360)
    assert (await desk.draft(NEW, "head of an office"))[1] == answer.headers["etag"]
    assert (await desk.client.get(f"/v1/public-services/{NEW}")).status_code == 404
    assert problem_of(await desk.ask("GET", f"public-services/{NEW}/draft", "other head")) == (404, "not-found")
    assert len(await catalogue.events()) == len([1 for kind, _ in await catalogue.events() if kind != "withdrawn.v1"])
    assert not [data for _, data in await catalogue.events() if data.get("slug") == NEW]


async def test_a_repeated_request_begins_one_draft(desk, catalogue):
    first, second = await asyncio.gather(*(desk.begin(key="one-and-the-same") for _ in range(2)))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len(await catalogue.rows("SELECT FROM public_service_drafts")) == 1
    other = await desk.begin(key="one-and-the-same", slug="another")
    assert problem_of(other) == (422, "idempotency-key-reused")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"slug": PET}, (409, "slug-taken")),
        ({"code": "04-01"}, (409, "code-taken")),
        ({"copy_of": "no-such-service"}, (404, "not-found")),
        ({"owner_agency": "migration-service"}, (403, "forbidden")),
        ({"slug": "a" * 121}, (422, "invalid-request")),
        ({"unknown": 1}, (422, "invalid-request")),
        ({"name": "a text"}, (422, "invalid-request")),
    ],
)
async def test_what_cannot_begin_is_refused_by_name(desk, catalogue, body, refusal):
    assert problem_of(await desk.begin(**body)) == refusal
    assert await catalogue.rows("SELECT FROM public_service_drafts") == []
    assert await catalogue.rows("SELECT FROM idempotency_keys") == []


async def test_a_code_is_taken_by_a_draft_too(desk):
    assert (await desk.begin()).status_code == 201
    assert problem_of(await desk.begin(slug="another")) == (409, "code-taken")
    assert problem_of(await desk.begin(code="14-99")) == (409, "slug-taken")


async def test_of_two_who_take_one_code_at_once_one_is_told(desk):
    answers = await asyncio.gather(*(desk.begin(slug=f"pet-passport-{number}") for number in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_every_fault_of_a_new_definition_is_named(desk):
    long = {"uk": "ї" * 100_000, "en": "x"}
    faults = faults_of(await desk.begin(slug="Wrong Slug", name=long, definition={"agency": "nobody", "kind": 5}))

    assert {"/slug", "/name/uk", "/kind", ""} <= faults.keys()
    assert "ї" not in faults["/name/uk"]
    assert len(faults[""]) < 300


async def test_who_works_for_two_agencies_says_for_which(desk):
    mandates = [("agency_representative", COUNCIL), ("head_of_executive_agency", "municipal-residence-registrar")]
    headers = desk.tokens.headers(mandates=mandates) | {"Idempotency-Key": "0123456789"}
    body = {"slug": NEW, "code": "14-21", "name": {"uk": "Назва", "en": "Name"}, "copy_of": PET}

    asked = await desk.client.post("/v1/public-services", json=body, headers=headers)
    said = await desk.client.post("/v1/public-services", json=body | {"owner_agency": COUNCIL}, headers=headers)

    assert faults_of(asked) == {"/owner_agency": "one of municipal-council, municipal-residence-registrar"}
    assert said.json()["owner_agency"] == COUNCIL


async def test_a_copy_takes_over_everything_but_what_is_its_own(desk):
    name = {"uk": "Реєстрація коня", "en": "Registration of a horse"}
    body = {"slug": "horse-registration", "code": "14-22", "name": name, "copy_of": PET}

    copied = (await desk.begin(**body, definition={"tacit_approval": True})).json()["definition"]

    original, _ = await desk.draft(PET)
    own = {"slug", "code", "name", "tacit_approval", "form", "reviewed_on", "review_on"}
    assert {name for name in copied if copied[name] != original[name]} - {"reviewed_on", "review_on"} == {
        "slug", "code", "name", "tacit_approval", "form",
    }  # fmt: skip
    assert copied["form"] == original["form"] | {"$id": "urn:forms:horse-registration:1"}
    assert copied["reviewed_on"] == desk.day(0)
    assert copied.keys() == original.keys() >= own


async def test_what_is_not_said_comes_from_the_defaults_of_the_agency(desk):
    wanted = {"channels": ["online"], "responsible_role": "head_of_executive_agency", "life_events": ["pets"]}
    none = await desk.ask("GET", DEFAULTS)
    assert none.json() == {}
    kept = await desk.ask("PUT", DEFAULTS, "head", wanted, If_Match=none.headers["etag"])
    assert (kept.status_code, kept.json()) == (200, wanted)
    definition = a_definition()
    given = {name: definition[name] for name in definition.keys() - wanted.keys() - {"slug", "code", "name"}}

    plain = (await desk.begin(definition=given)).json()["definition"]
    said = await desk.begin(slug="other", code="14-30", definition=given | {"channels": ["service-centre"]})
    copied = await desk.begin(slug="copied", code="14-31", copy_of=PET, definition={})

    assert {name: plain[name] for name in wanted} == wanted
    assert said.json()["definition"]["channels"] == ["service-centre"]
    assert copied.json()["definition"]["channels"] == ["service-centre", "online", "post-office"]


async def test_defaults_are_kept_by_who_knows_their_state(desk):
    etag = (await desk.ask("GET", DEFAULTS)).headers["etag"]
    first = await desk.ask("PUT", DEFAULTS, "head", {"channels": ["online"]}, If_Match=etag)
    late = await desk.ask("PUT", DEFAULTS, "head", {"channels": ["post-office"]}, If_Match=etag)
    wrong = await desk.ask("PUT", DEFAULTS, "head", {"channels": ["pigeon"]}, If_Match=first.headers["etag"])

    assert first.status_code == 200
    assert problem_of(late) == (412, "version-changed")
    assert faults_of(wrong).keys() == {"/channels/0"}
    assert (await desk.ask("GET", DEFAULTS)).json() == {"channels": ["online"]}


async def test_the_draft_of_a_published_service_begins_as_its_newest_version(desk, catalogue):
    answer = await desk.ask("GET", f"public-services/{PET}/draft", "representative")
    body = answer.json()
    card = (await desk.client.get(f"/v1/public-services/{PET}")).json()

    assert (body["is_edited"], body["based_on"], body["newest_version"]) == (False, 1, 1)
    assert body["definition"].items() <= card.items()
    kept = await desk.keep(tacit_approval=True)
    assert kept.json()["is_edited"]
    assert (await desk.client.get(f"/v1/public-services/{PET}")).json() == card
    assert len(await catalogue.rows("SELECT FROM public_service_versions")) == 2


async def test_a_draft_is_kept_only_by_who_read_its_present_state(desk):
    definition, etag = await desk.draft()
    path = f"public-services/{PET}/draft"
    wanted = [definition | {"life_events": [f"event-{number}"]} for number in range(4)]

    answers = await asyncio.gather(*(desk.ask("PUT", path, "representative", body, If_Match=etag) for body in wanted))

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert await desk.draft() == (winner.json()["definition"], winner.headers["etag"])
    again = await desk.ask("PUT", path, "representative", definition, If_Match=winner.headers["etag"])
    assert again.status_code == 200


@pytest.mark.parametrize("tag", ["*", '"0"', "", 'W/"x"', '"' + "a" * 90 + '"'])
async def test_a_state_that_is_not_the_drafts_changes_nothing(desk, tag):
    definition, etag = await desk.draft()
    answer = await desk.ask("PUT", f"public-services/{PET}/draft", "head", definition, If_Match=tag)
    assert problem_of(answer) == (412, "version-changed")
    assert (await desk.draft())[1] == etag


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_change_names_the_state_that_it_is_based_on(desk, method):
    answer = await desk.ask(method, f"public-services/{PET}/draft", "head", {} if method == "PUT" else None)
    assert problem_of(answer) == (428, "precondition-required")


async def test_an_import_moves_the_state_of_a_draft(desk, catalogue, folder):
    kept = await desk.keep(tacit_approval=True)
    for index in range(2):
        folder.change("services", index, name_en="Changed by import")
    await catalogue.take_in(folder.path)

    late = await desk.ask(
        "PUT", f"public-services/{PET}/draft", "head", kept.json()["definition"], If_Match=kept.headers["etag"]
    )
    outdated = await desk.publish()
    merged = await desk.keep(name={"uk": "Назва", "en": "Both"})
    published = await desk.publish()

    assert problem_of(late) == (412, "version-changed")
    assert problem_of(outdated) == (409, "draft-outdated")
    assert (outdated.json()["based_on"], outdated.json()["newest"]) == (1, 2)
    assert merged.json()["based_on"] == 2
    assert published.json()["version"] == 3


async def test_a_public_service_keeps_its_slug_its_owner_and_its_code(desk):
    definition, etag = await desk.draft()
    wrong = definition | {"slug": RESIDENCE, "code": "99-99", "owner_agency": "municipal-residence-registrar"}
    refused = await desk.ask("PUT", f"public-services/{PET}/draft", "head", wrong, If_Match=etag)
    assert faults_of(refused) == {
        "/slug": "stays 'pet-registration'",
        "/code": "stays '14-10'",
        "/owner_agency": "stays 'municipal-council'",
    }
    await desk.begin()
    assert (await desk.keep(NEW, code="14-23")).json()["definition"]["code"] == "14-23"
    assert problem_of(await desk.keep(NEW, code="04-01")) == (409, "code-taken")


async def test_a_draft_with_faults_is_refused_and_stays_as_it_was(desk):
    _, before = await desk.draft()
    bomb = a_form(a={"$ref": "https://example.com"}, b={"pattern": "(a+)+"})
    faults = faults_of(await desk.keep(form=bomb, name={"uk": "x" * 100_000, "en": ""}))
    assert faults.keys() == {"/form/properties/a/$ref", "/form/properties/b/pattern", "/name/uk", "/name/en"}
    assert (await desk.draft())[1] == before


@pytest.mark.parametrize("body", [[], "x", 5, None])
async def test_what_is_no_definition_is_refused(desk, body):
    _, etag = await desk.draft()
    answer = await desk.ask("PUT", f"public-services/{PET}/draft", "head", body, If_Match=etag)
    assert problem_of(answer) == (422, "invalid-request")


async def test_a_discarded_draft_leaves_what_is_published(desk):
    kept = await desk.keep(tacit_approval=True)
    path = f"public-services/{PET}/draft"

    gone = await desk.ask("DELETE", path, "representative", If_Match=kept.headers["etag"])
    definition, etag = await desk.draft()
    nothing = await desk.ask("DELETE", path, "representative", If_Match=etag)

    assert gone.status_code == 204
    assert definition["tacit_approval"] is False
    assert problem_of(nothing) == (404, "not-found")


async def test_a_discarded_new_service_is_gone_and_its_code_free(desk):
    begun = await desk.begin()
    await desk.ask("DELETE", f"public-services/{NEW}/draft", "head", If_Match=begun.headers["etag"])
    assert problem_of(await desk.ask("GET", f"public-services/{NEW}/draft")) == (404, "not-found")
    assert (await desk.begin()).status_code == 201


async def test_the_fields_of_a_form_keep_their_order_from_the_draft_to_the_card(desk):
    fields = {"zip": {"type": "string"}, "address_of_the_owner": {"type": "string"}, "age": {"type": "integer"}}
    form = {"type": "object", "properties": fields}
    assert list(
        (await desk.keep(PET, register_checks=[], form=form)).json()["definition"]["form"]["properties"]
    ) == list(fields)
    _, etag = await desk.draft()
    turned = form | {"properties": dict(reversed(fields.items()))}

    await desk.keep(PET, form=turned)

    assert (await desk.draft())[1] != etag
    assert (await desk.publish()).status_code == 200
    card = (await desk.client.get(f"/v1/public-services/{PET}")).json()
    assert list(card["form"]["properties"]) == list(turned["properties"])
