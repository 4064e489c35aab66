"""A citizen's application from the search to the last message, over public HTTP and Kafka."""

import pytest

from dev.journey import SERVICE
from tests.support.platform import RunningPlatform

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.kafka]


async def test_an_application_goes_all_the_way(platform: RunningPlatform) -> None:
    journey = platform.a_journey()
    card = await journey.find_service()
    assert card["slug"] == SERVICE

    await journey.register_citizen()
    receipt = await journey.submit()
    assert receipt["state"] == "submitted"
    assert await journey.is_in_queue_of("administrator", "submitted")

    registered = await journey.do("administrator", "register", "registered")
    assert registered["deadline_on"]
    results = {
        (verification["requirement"], field["field"]): field["result"]
        for verification in await journey.verified()
        for field in verification["fields"]
    }
    assert results[("community-register", "residence_address")] == "mismatch"
    assert results[("demographic-register", "full_name")] == "match"

    await journey.do("representative", "claim", "under_review")
    await journey.do(
        "representative", "propose-decision", "decision_proposed", {"outcome": "granted", "reason": "Так."}
    )
    await journey.do("head.agency", "approve-decision", "granted")

    assert len(await journey.messages()) == 8
    tracked = await journey.track()
    assert tracked["state"] == "granted"


async def test_an_application_that_is_submitted_twice_is_one_case(platform: RunningPlatform) -> None:
    journey = platform.a_journey()
    await journey.register_citizen()
    first = await journey.submit()
    second = await journey.submit()
    assert second["id"] == first["id"]
    assert second["access_code"] == first["access_code"]
    mine = await platform.client.json("GET", "applications", "/v1/applications", token=journey.token)
    assert [item["id"] for item in mine["items"]] == [first["id"]]


async def test_another_citizen_sees_neither_the_case_nor_its_messages(platform: RunningPlatform) -> None:
    journey, stranger = platform.a_journey(), platform.a_journey()
    await journey.register_citizen()
    await journey.submit()
    await stranger.register_citizen()
    answer = await platform.client.send("GET", "applications", journey.path, token=stranger.token)
    assert answer.status_code == 404
    mine = await platform.client.json("GET", "notifications", "/v1/me/messages", token=stranger.token)
    assert mine["items"] == []


async def test_a_returned_application_is_told_and_can_be_submitted_again(platform: RunningPlatform) -> None:
    journey = platform.a_journey()
    await journey.register_citizen()
    await journey.submit()
    reason = {"reason": "Немає підпису на другій сторінці."}
    await journey.do("administrator", "return", "returned", reason)

    async def told() -> bool:
        params = {"to": journey.citizen["phone"], "channel": "sms"}
        sent = await platform.client.json("GET", "messages", "/messages.json", params=params)
        return any("поверн" in message["text"] for message in sent)

    await platform.client.eventually(told, what="the applicant was told of the return")
    case = await journey.case()
    assert case["state"] == "returned"
    assert "resubmit" in case["allowed"]


async def test_a_register_that_is_out_of_order_delays_and_does_not_lose(platform: RunningPlatform) -> None:
    await platform.fault("registers", kind="down", target="demographic-register", count=2)
    journey = platform.a_journey()
    await journey.register_citizen()
    await journey.submit()
    await journey.do("administrator", "register", "registered")
    results = {
        verification["requirement"]: {field["result"] for field in verification["fields"]}
        for verification in await journey.verified()
    }
    assert results["demographic-register"] == {"match"}


async def test_a_provider_that_refuses_for_a_while_gets_each_message_once(platform: RunningPlatform) -> None:
    journey = platform.a_journey()
    await journey.register_citizen()
    await platform.fault("messages", kind="down", target="sms", count=3)
    await platform.fault("messages", kind="down", target="email", count=3)
    await journey.submit()
    await journey.do("administrator", "register", "registered")
    await journey.verified()
    await journey.do("representative", "claim", "under_review")
    await journey.do(
        "representative", "propose-decision", "decision_proposed", {"outcome": "granted", "reason": "Так."}
    )
    await journey.do("head.agency", "approve-decision", "granted")
    assert len(await journey.messages()) == 8
