"""From the event that asks for a verification, over a real register, to the event that tells what came out."""

from dataclasses import replace
from uuid import UUID

import pytest

from registry_gateway.clients.registers import RestRegisters
from shared.http import PeerUnavailable
from shared.ids import new_id
from tests.support.contracts import example_of
from tests.support.events import an_event

FULL_NAME, RNOKPP, REGISTER = "Зразковенко Олена Петрівна", "3297499020", "demographic-register"


async def test_a_requested_verification_is_asked_over_http_and_its_result_is_told(gateway, registers, open_case, clock):
    case = open_case()

    verification_id = await gateway.request(case)
    assert await gateway.ask() == 1

    assert await gateway.events() == [
        (
            "completed.v1",
            {
                "verification_id": str(verification_id),
                "application_id": case["application_id"],
                "requirement": REGISTER,
                "register": REGISTER,
                "outcome": "match",
                "fields": [
                    {"field": "full_name", "result": "match"},
                    {"field": "document_status", "result": "match"},
                ],
                "checked_at": clock.now().isoformat(),
            },
        )
    ]
    row = await gateway.verification(verification_id)
    assert (row["state"], row["outcome"], row["attempts"], row["leased_until"]) == ("completed", "match", 0, None)
    (question,) = registers.log()
    assert (question["case"], question["keys"]) == (case["reference"], ["rnokpp"])
    assert question["fields"] == ["full_name", "document_status"]
    assert question["purpose"] == "Confirm the applicant's identity"


OUTCOMES = {
    "another spelling": ({"asserted": {"full_name": "ЗРАЗКОВЕНКО  ОЛЕНА ПЕТРІВНА"}}, "match", ["match", "match"]),
    "another name": ({"asserted": {"full_name": "Макетенко Інна"}}, "mismatch", ["mismatch", "match"]),
    "an unknown person": ({"keys": {"rnokpp": "0000000000"}}, "not_found", ["not_found", "not_found"]),
}


@pytest.mark.parametrize(("changes", "outcome", "results"), OUTCOMES.values(), ids=OUTCOMES)
async def test_the_result_is_told_field_by_field(gateway, verify, changes, outcome, results):
    verification_id = await verify(**changes)

    ((event_type, data),) = await gateway.events()
    row = await gateway.verification(verification_id)
    assert (event_type, data["outcome"], row["outcome"]) == ("completed.v1", outcome, outcome)
    assert [field["result"] for field in data["fields"]] == results


async def test_neither_statements_nor_keys_nor_what_a_register_holds_are_kept_or_told(gateway, verify):
    await verify(asserted={"full_name": "Макетенко Інна"})

    everything = [
        str(dict(row))
        for table in ("verifications", "register_queries", "outbox", "inbox", "idempotency_keys", "cards")
        for row in await gateway.rows(f"SELECT * FROM {table}")  # noqa: S608  names of this test
    ]
    for personal in ("Макетенко", "Зразковенко", RNOKPP, "999000001", "1990-04-12"):
        assert not any(personal in row for row in everything), personal


async def test_the_subject_is_asked_for_with_this_services_own_token(gateway, peers, verify):
    await verify()
    await verify()

    assert peers.tokens == [{"grant_type": "client_credentials", "resource": "applications"}]
    assert [authorization for _, authorization in peers.asked] == ["Bearer token-1", "Bearer token-1"]


async def test_a_token_that_is_refused_is_replaced(gateway, peers, open_case, clock):
    peers.fault = "unauthorised"
    await gateway.request(open_case())

    await gateway.ask()
    clock.advance(seconds=2)
    await gateway.ask()

    assert [authorization for _, authorization in peers.asked] == ["Bearer token-1", "Bearer token-2"]
    assert (await gateway.events())[-1][0] == "completed.v1"


@pytest.mark.parametrize("kind", ["down", "error", "garbage", "huge", "timeout"])
async def test_a_register_in_trouble_delays_a_verification_and_never_falsifies_or_loses_it(
    gateway, registers, open_case, clock, kind
):
    case = open_case()
    registers.switch(kind)
    verification_id = await gateway.request(case)

    await gateway.ask()
    assert await gateway.ask() == 0, "it is not asked again at once"
    clock.advance(seconds=2)
    await gateway.ask()
    delayed = await gateway.verification(verification_id)
    registers.mend()
    clock.advance(seconds=3)
    await gateway.ask()

    assert (delayed["state"], delayed["attempts"], delayed["outcome"]) == ("pending", 2, None)
    assert [event_type for event_type, _ in await gateway.events()] == ["delayed.v1", "completed.v1"]
    _, told = (await gateway.events())[0]
    assert (told["attempts"], told["reference"], told["applicant_id"]) == (1, case["reference"], case["applicant_id"])
    assert (await gateway.verification(verification_id))["outcome"] == "match"


@pytest.mark.parametrize("status", ["unknown key", "unknown register"])
async def test_a_register_that_refuses_delays_too(gateway, registers, open_case, a_check, status):
    register, version = (REGISTER, 1) if status == "unknown key" else ("no-such-register", 2)
    if status == "unknown key":
        stranger = RestRegisters(gateway.deps.registers._http, registers.url, "another-key")
        gateway.deps = replace(gateway.deps, registers=stranger)
    else:
        await gateway.publish(a_check(register), version=version)
    await gateway.request(open_case(register), register, card_version=version)

    await gateway.ask()

    assert [event_type for event_type, _ in await gateway.events()] == ["delayed.v1"]


async def test_a_slow_register_is_waited_for(gateway, registers, verify):
    registers.switch("slow", delay_ms=300)

    await verify()

    assert [event_type for event_type, _ in await gateway.events()] == ["completed.v1"]


async def test_pauses_grow_with_each_failure_up_to_the_longest(gateway, registers, open_case, clock):
    registers.switch("down")
    verification_id = await gateway.request(open_case())
    pauses = []
    for _ in range(9):
        assert await gateway.ask() == 1
        row = await gateway.verification(verification_id)
        pauses.append((row["next_attempt_at"] - clock.now()).total_seconds())
        clock.set(row["next_attempt_at"])

    for pause, middle in zip(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60], strict=True):
        assert 0.69 * middle <= pause <= 1.31 * middle
    assert [event_type for event_type, _ in await gateway.events()] == ["delayed.v1"], "told once"


@pytest.mark.parametrize("fault", ["away", "garbage"])
async def test_a_register_is_not_asked_while_nobody_tells_of_the_case(gateway, registers, open_case, clock, fault):
    gateway.peers.fault = fault
    await gateway.request(open_case())

    await gateway.ask()

    assert registers.log() == []
    assert [event_type for event_type, _ in await gateway.events()] == ["delayed.v1"]
    gateway.peers.fault = None
    clock.advance(seconds=2)
    await gateway.ask()
    assert (await gateway.events())[-1][0] == "completed.v1"


UNLAWFUL = {
    "a closed case": {"is_open": False},
    "a form without the keys": {"keys": {}},
}


@pytest.mark.parametrize("changes", UNLAWFUL.values(), ids=UNLAWFUL)
async def test_what_may_not_be_asked_is_cancelled_without_a_question(gateway, registers, open_case, changes):
    verification_id = await gateway.request(open_case(**changes))

    await gateway.ask()

    assert (await gateway.verification(verification_id))["state"] == "cancelled"
    assert (registers.log(), await gateway.events()) == ([], [])
    assert await gateway.rows("SELECT FROM register_queries") == []


async def test_a_case_that_applications_does_not_know_is_cancelled(gateway, registers, open_case):
    case = open_case("another-register")
    of_known_card = await gateway.request(case)
    of_unknown_card = await gateway.request(case, card_version=7)

    assert await gateway.ask() == 2

    for verification_id in (of_known_card, of_unknown_card):
        assert (await gateway.verification(verification_id))["state"] == "cancelled"
    assert registers.log() == []


async def test_a_register_that_the_version_of_the_card_does_not_ask_is_not_asked(gateway, registers, open_case):
    verification_id = await gateway.request(open_case("tax-status"), "tax-status")

    await gateway.ask()

    assert (await gateway.verification(verification_id))["state"] == "cancelled"
    assert registers.log() == []


async def test_a_question_that_overtook_its_card_waits_for_it(gateway, registers, open_case, a_check, clock):
    verification_id = await gateway.request(open_case(card_version=2), card_version=2)
    await gateway.ask()
    assert (await gateway.verification(verification_id))["state"] == "pending"

    await gateway.publish(a_check(full_name=None), version=2)
    clock.advance(seconds=2)
    await gateway.ask()

    assert (await gateway.verification(verification_id))["outcome"] == "match"
    assert registers.log()[0]["fields"] == ["full_name"]


@pytest.mark.parametrize("event", ["decided", "withdrawn"])
async def test_a_case_that_ended_is_not_asked_about_any_more(gateway, registers, open_case, event):
    case, other = open_case(), open_case()
    ended, stays = await gateway.request(case), await gateway.request(other)

    example = example_of(f"ua.virtual-office.applications.{event}.v1") | {"application_id": case["application_id"]}
    await gateway.hand_over(an_event(f"applications.{event}.v1", example))
    await gateway.ask()

    assert (await gateway.verification(ended))["state"] == "cancelled"
    assert (await gateway.verification(stays))["state"] == "completed"
    assert [question["case"] for question in registers.log()] == [other["reference"]]


async def test_every_question_leaves_its_trace_before_it_is_asked(gateway, registers, open_case, clock):
    registers.switch("down", count=1)
    case = open_case()
    verification_id = await gateway.request(case)
    await gateway.ask()
    clock.advance(seconds=2)
    await gateway.ask()

    unanswered, answered = await gateway.rows("SELECT * FROM register_queries ORDER BY id")

    assert (unanswered["outcome"], answered["outcome"]) == (None, "match")
    for entry in (unanswered, answered):
        assert (entry["verification_id"], entry["subject_id"]) == (verification_id, UUID(case["applicant_id"]))
        assert (entry["asked_by"], entry["organisation"]) == ("automatic", case["centre"])
        assert entry["legal_basis"] == "Закон України № 1871-IX"
        assert entry["fields"] == ["full_name", "document_status"]
    assert registers.log()[0]["request_id"] == str(answered["id"])


async def test_an_event_that_comes_again_makes_one_verification(gateway, registers, open_case):
    case, verification_id = open_case(), str(new_id())
    for _ in range(3):  # other events with the same id of the verification, as after a replay
        await gateway.request(case, verification_id=verification_id)
    await gateway.ask()
    await gateway.request(case, verification_id=verification_id)
    await gateway.ask()

    assert len(await gateway.rows("SELECT FROM verifications")) == 1
    assert len(registers.log()) == 1
    assert [event_type for event_type, _ in await gateway.events()] == ["completed.v1"]


async def test_peers_that_cannot_be_understood_count_as_away(gateway, peers):
    peers.fault = "garbage"

    with pytest.raises(PeerUnavailable):
        await gateway.deps.applications.case(new_id(), REGISTER)
