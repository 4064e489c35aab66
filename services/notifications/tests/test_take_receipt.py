"""Receipts: the provider says what became of an SMS, and proves that it was given the message."""

from urllib.parse import urlsplit

import pytest

from notifications.use_cases.send_message import receipt_token
from shared.ids import new_id


@pytest.fixture
async def receipt(office, case_event):
    """The address that came with an SMS that was sent."""
    person = office.people.a_person(phone="+380000000001")
    await office.take_in(case_event("submitted", applicant_id=person))
    await office.send_due()
    [sms] = office.providers.messages.receipts
    address = urlsplit(sms.callback_url)
    return f"{address.path}?{address.query}"


async def give(office, address, status="delivered"):
    body = {"message_id": "any", "provider_id": "any", "status": status}
    return await office.client.post(address, json=body)


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [("delivered", "delivered", None), ("undeliverable", "failed", "the provider could not deliver it")],
)
async def test_a_receipt_is_noted_once_and_told(office, receipt, status, state, reason):
    office.clock.advance(seconds=3)
    for _ in range(2):
        assert (await give(office, receipt, status)).status_code == 204
    [sms] = [row for row in await office.rows() if row.channel == "sms"]
    assert sms.state == state
    assert (sms.delivered_at == office.clock.now()) == (status == "delivered")
    [(kind, facts)] = await office.events()
    assert (kind, facts["notification_id"], facts["reason"]) == (f"{state}.v1", str(sms.id), reason)


async def test_what_was_delivered_does_not_fail_afterwards(office, receipt):
    await give(office, receipt)
    await give(office, receipt, "undeliverable")
    assert ("sms", "delivered") in await office.states()
    assert len(await office.events()) == 1


async def test_a_receipt_that_overtakes_the_note_of_the_sending_ends_the_message(office, case_event):
    office.providers.messages.lost["sms"] = 1
    await office.take_in(case_event("submitted", applicant_id=office.people.a_person(phone="+380000000001")))
    await office.send_due()
    [row] = [row for row in await office.rows() if row.state == "pending"]
    address = f"/v1/receipts/sms?token={receipt_token(office.deps, row.id)}"
    assert (await give(office, address)).status_code == 204
    office.clock.advance(hours=1)
    assert await office.send_due() == 0
    assert [message["repeats"] for message in office.providers.sent()] == [0]
    assert ("sms", "delivered") in await office.states()


async def test_a_receipt_that_proves_nothing_is_refused(office, receipt, problem):
    path, token = receipt.split("token=")
    message_id, proof = token.split(".")
    forged = [
        f"{message_id}.{'0' * len(proof)}",
        f"{new_id()}.{proof}",
        message_id,
        f"{{{message_id}}}.{proof}",
        "nothing",
        "",
        "%D1%82",
    ]
    for wrong in forged:
        assert problem(await give(office, f"{path}token={wrong}"), 403, "receipt-refused")
    assert problem(await give(office, path.rstrip("?")), 422, "invalid-request")
    assert ("sms", "sent") in await office.states()
    assert await office.events() == []
