"""Hands one-time codes to notifications, which sends them at once and keeps none."""

from typing import Literal, Protocol

from auth.domain.errors import ContactInvalid
from shared.http import Peer, PeerUnavailable

Purpose = Literal["registration", "sign-in"]


class CodeSender(Protocol):
    """Sends a code; raises ContactInvalid for a refused address, PeerUnavailable when it cannot be handed over now."""

    async def send_code(self, channel: str, to: str, code: str, language: str, *, purpose: Purpose) -> None: ...


class NotificationsClient:
    """The notifications service."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def send_code(self, channel: str, to: str, code: str, language: str, *, purpose: Purpose) -> None:
        body = {"channel": channel, "to": to, "code": code, "language": language, "purpose": purpose}
        answer = await self._peer.request("POST", "/v1/codes", json=body)
        if answer.status_code == 422:
            raise ContactInvalid("/phone" if channel == "sms" else "/email", "Nothing can be delivered to this address")
        if not answer.is_success:
            raise PeerUnavailable("notifications")
