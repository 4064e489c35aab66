"""The SMS provider's API, the mail sink, and a page that shows what was sent."""

import asyncio
import re
from contextlib import suppress
from email import message_from_bytes, policy
from html import escape
from typing import Any
from uuid import uuid4

import httpx
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from dev.faults import HEALTH, Faults
from dev.messages.store import Store

_PHONE = re.compile(r"\+380\d{9}")
_RECEIPT_AFTER_SECONDS = 0.05


class Sms(BaseModel):
    """A message to be sent; `message_id` is the client's own, by which a repeat is known."""

    model_config = ConfigDict(extra="forbid")

    message_id: str = Field(min_length=1, max_length=100)
    to: str
    text: str = Field(min_length=1, max_length=2000)
    callback_url: str | None = None


class Messages:
    """Both simulated providers of one process."""

    def __init__(self, store: Store, api_key: str) -> None:
        self.store = store
        self._api_key = api_key
        self.faults = Faults()

    def app(self) -> Starlette:
        """Return the ASGI app."""
        routes = [
            Route("/", self.page),
            Route("/sms/v1/messages", self.take_sms, methods=["POST"]),
            Route("/messages.json", self.list, methods=["GET"]),
            Route("/messages", self.clear, methods=["DELETE"]),
            self.faults.route(),
            *HEALTH,
        ]
        return Starlette(routes=routes)

    async def take_sms(self, request: Request) -> Response:
        """Take a message once; a repeat gets the first answer."""
        fault = await self.faults.meet("sms")
        if fault:
            return JSONResponse({"title": "out of order"}, 503 if fault == "down" else 500)
        if request.headers.get("authorization") != f"Bearer {self._api_key}":
            return JSONResponse({"title": "The key is not known"}, 401)
        try:
            sms = Sms.model_validate_json(await request.body())
        except ValidationError:
            return JSONResponse({"title": "The message cannot be read"}, 422)
        if not _PHONE.fullmatch(sms.to):
            return JSONResponse({"title": "Not a number of this country"}, 422)
        is_new = self.store.keep("sms", sms.to, sms.message_id, subject="", text=sms.text)
        answer = {"provider_id": f"sms-{sms.message_id}", "status": "accepted"}
        task = BackgroundTask(self._send_receipt, sms) if is_new and sms.callback_url else None
        return JSONResponse(answer, 202 if is_new else 200, background=task)

    async def _send_receipt(self, sms: Sms) -> None:
        await asyncio.sleep(_RECEIPT_AFTER_SECONDS)
        receipt = {"provider_id": f"sms-{sms.message_id}", "message_id": sms.message_id, "status": "delivered"}
        async with httpx.AsyncClient(timeout=5) as http:
            for _ in range(5):
                with suppress(httpx.HTTPError):
                    if (await http.post(sms.callback_url or "", json=receipt)).is_success:
                        return
                await asyncio.sleep(1)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  the hook's name
        """Take an e-mail once for each recipient, as a mail store does that folds equal Message-IDs."""
        fault = await self.faults.meet("email")
        if fault:
            return "421 out of order, try later" if fault == "down" else "554 refused"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = message_from_bytes(content, policy=policy.default)
        body = mail.get_body(("plain",))
        for recipient in envelope.rcpt_tos:
            self.store.keep(
                "email",
                recipient,
                str(mail["Message-ID"] or uuid4()),
                subject=str(mail["Subject"]),
                text=body.get_content().strip() if body else "",
            )
        return "250 taken"

    async def list(self, request: Request) -> Response:
        """Return what was sent, the newest first."""
        query = request.query_params
        return JSONResponse(self.store.find(to=query.get("to"), channel=query.get("channel")))

    async def clear(self, _request: Request) -> Response:
        """Forget everything."""
        self.store.clear()
        return Response(status_code=204)

    async def page(self, request: Request) -> Response:
        """Show what was sent."""
        to = request.query_params.get("to") or None
        rows = "".join(_row(message) for message in self.store.find(to=to, limit=200))
        return HTMLResponse(
            '<!doctype html><html lang="uk"><meta charset="utf-8"><title>Надіслані повідомлення</title>'
            '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">'
            "<style>body{font:16px/1.5 sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#222}"
            "article{border:1px solid #ccc;border-radius:.5rem;padding:.6rem 1rem;margin:.6rem 0}"
            "article p{margin:.2rem 0}small{color:#555}</style>"
            "<h1>Надіслані повідомлення</h1><p>Імітація SMS і пошти: тут видно все, що надіслала платформа.</p>"
            f'<form><label>Кому <input name="to" value="{escape(to or "")}"></label> <button>Показати</button></form>'
            f"{rows or '<p>Ще нічого не надіслано.</p>'}"
        )


def _row(message: dict[str, Any]) -> str:
    kind = "SMS" if message["channel"] == "sms" else "E-mail"
    subject = f"<p><strong>{escape(message['subject'])}</strong></p>" if message["subject"] else ""
    repeats = f" · повторів відкинуто: {message['repeats']}" if message["repeats"] else ""
    return (
        f"<article><small>{kind} → {escape(message['recipient'])} · {escape(message['received_at'][:19])} UTC{repeats}"
        f"</small>{subject}<p>{escape(message['text'])}</p></article>"
    )


def start_smtp(messages: Messages, host: str, port: int) -> Controller:
    """Start the mail sink in a thread of its own; `.stop()` ends it."""
    controller = Controller(messages, hostname=host, port=port)
    controller.start()
    return controller
