"""The simulated SMS and mail providers: each message is kept once and shown, receipts come, faults do what they say."""

import smtplib
import time
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dev.messages.store import Store
from tests.support.serving import serving

SMS = "/sms/v1/messages"
PHONE = "+380000000001"


def an_sms(**changes: Any) -> dict[str, Any]:
    return {"message_id": "m-1", "to": PHONE, "text": "Вашу заяву зареєстровано", **changes}


def a_mail(message_id: str | None = "<m-1@office.example>", to: str = "olena@people.example") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "office@office.example", to, "Вашу заяву зареєстровано"
    if message_id:
        mail["Message-ID"] = message_id
    mail.set_content("Номер справи DP-2026-004217-K")
    return mail


def within(seconds: float, probe: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not (done := probe()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return done


def test_a_message_is_taken_once_and_a_repeat_gets_the_first_answer(sms):
    first, second = sms.post(SMS, json=an_sms()), sms.post(SMS, json=an_sms())

    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json() == second.json() == {"provider_id": "sms-m-1", "status": "accepted"}
    (kept,) = sms.get("/messages.json", params={"to": PHONE}).json()
    assert (kept["channel"], kept["text"], kept["repeats"]) == ("sms", "Вашу заяву зареєстровано", 1)


REFUSED = {
    "another country": (an_sms(to="+4915100000000"), 422),
    "no number": (an_sms(to="olena"), 422),
    "no text": (an_sms(text=""), 422),
    "too long a text": (an_sms(text="x" * 2001), 422),
    "no id": ({"to": PHONE, "text": "x"}, 422),
    "more than is known": (an_sms(sender="x"), 422),
}


@pytest.mark.parametrize(("message", "status"), REFUSED.values(), ids=REFUSED)
def test_a_message_that_cannot_be_sent_is_refused(sms, message, status):
    assert sms.post(SMS, json=message).status_code == status
    assert sms.get("/messages.json").json() == []


def test_who_has_no_key_sends_nothing(sms):
    assert sms.post(SMS, json=an_sms(), headers={"Authorization": "Bearer other"}).status_code == 401
    assert sms.get("/messages.json").json() == []


def test_a_receipt_comes_to_the_address_that_was_named_until_it_is_taken(sms):
    receipts: list[dict[str, Any]] = []

    async def take(request: Request) -> Response:
        receipts.append(await request.json())
        return Response(status_code=503 if len(receipts) == 1 else 204)

    with serving(Starlette(routes=[Route("/receipts", take, methods=["POST"])])) as url:
        for _ in range(2):
            sms.post(SMS, json=an_sms(callback_url=f"{url}/receipts"))
        assert within(5, lambda: len(receipts) == 2)

    assert receipts == [{"provider_id": "sms-m-1", "message_id": "m-1", "status": "delivered"}] * 2


@pytest.mark.parametrize(("kind", "status"), [("down", 503), ("error", 500)])
def test_an_sms_provider_in_trouble_takes_nothing(sms, kind, status):
    sms.post("/faults", json={"kind": kind, "target": "sms", "count": 1})

    assert sms.post(SMS, json=an_sms()).status_code == status
    assert sms.get("/messages.json").json() == []
    assert sms.post(SMS, json=an_sms()).status_code == 202


def test_a_mail_is_kept_once_for_each_recipient(sms, smtp_port):
    for _ in range(2):
        with smtplib.SMTP("127.0.0.1", smtp_port) as server:
            server.send_message(a_mail(), to_addrs=["olena@people.example", "ihor@people.example"])

    kept = sms.get("/messages.json", params={"channel": "email"}).json()
    assert [(mail["recipient"], mail["repeats"]) for mail in kept] == [
        ("ihor@people.example", 1),
        ("olena@people.example", 1),
    ]
    assert (kept[0]["subject"], kept[0]["text"]) == ("Вашу заяву зареєстровано", "Номер справи DP-2026-004217-K")


def test_mails_without_an_id_are_not_taken_for_one(sms, smtp_port):
    with smtplib.SMTP("127.0.0.1", smtp_port) as server:
        for _ in range(2):
            server.send_message(a_mail(None))

    assert len(sms.get("/messages.json").json()) == 2


@pytest.mark.parametrize(("kind", "code"), [("down", 421), ("error", 554)])
def test_a_mail_server_in_trouble_says_whether_to_come_again(sms, smtp_port, kind, code):
    sms.post("/faults", json={"kind": kind, "target": "email", "count": 1})

    with smtplib.SMTP("127.0.0.1", smtp_port) as server, pytest.raises(smtplib.SMTPDataError) as refused:
        server.send_message(a_mail())

    assert refused.value.smtp_code == code
    assert sms.get("/messages.json").json() == []


def test_the_page_shows_what_was_sent_and_runs_none_of_it(sms, smtp_port):
    sms.post(SMS, json=an_sms(text="<script>alert(1)</script>"))
    with smtplib.SMTP("127.0.0.1", smtp_port) as server:
        server.send_message(a_mail())

    page = sms.get("/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>" not in page
    assert "DP-2026-004217-K" in page
    assert "DP-2026-004217-K" not in sms.get("/", params={"to": PHONE}).text
    assert "<script>" not in sms.get("/", params={"to": '"><script>'}).text


def test_messages_survive_a_restart_and_can_be_forgotten(messages, tmp_path, sms):
    sms.post(SMS, json=an_sms())

    again = Store(tmp_path / "messages")
    assert [message["message_id"] for message in again.find()] == ["m-1"]
    assert again.keep("sms", PHONE, "m-1", subject="", text="x") is False
    assert sms.delete("/messages").status_code == 204
    assert sms.get("/messages.json").json() == []


def test_the_newest_message_comes_first(sms):
    for number in range(3):
        sms.post(SMS, json=an_sms(message_id=f"m-{number}"))

    assert [message["message_id"] for message in sms.get("/messages.json").json()] == ["m-2", "m-1", "m-0"]
