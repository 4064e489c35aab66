"""Hands one-time codes to notifications, which sends them at once and keeps none."""

from typing import Protocol

from shared.http import Peer, PeerUnavailable


class CodeSender(Protocol):
    """Sends a code; raises PeerUnavailable when it could not be handed over."""

    async def send_code(self, channel: str, to: str, code: str, language: str) -> None: ...


class NotificationsClient:
    """The notifications service."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def send_code(self, channel: str, to: str, code: str, language: str) -> None:
        body = {"channel": channel, "to": to, "code": code, "language": language, "purpose": "registration"}
        answer = await self._peer.request("POST", "/v1/codes", json=body)
        if not answer.is_success:
            raise PeerUnavailable("notifications")
