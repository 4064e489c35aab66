"""Outgoing HTTP: one client a process with time limits, the trace in hand, and this service's own token when asked.

Calls go only to configured addresses. What the other side said of its troubles is not passed on.
"""

import time
from typing import Any

import httpx

from shared import telemetry
from shared.settings import ServiceSettings

TIMEOUT = httpx.Timeout(5.0, connect=2.0)
_RENEW_BEFORE_SECONDS = 60


class PeerUnavailable(Exception):
    """A service that this one asks does not answer, or answers that it cannot now."""

    def __init__(self, peer: str) -> None:
        super().__init__(f"{peer} does not answer now.")
        self.peer = peer


async def _add_trace(request: httpx.Request) -> None:
    request.headers.update(telemetry.outgoing_headers())


def build_http_client(transport: httpx.AsyncBaseTransport | None = None, **options: Any) -> httpx.AsyncClient:
    """Return the client of one process; `transport` and `mounts` are the seam for running apps in one process."""
    return httpx.AsyncClient(
        transport=transport, timeout=TIMEOUT, follow_redirects=False, event_hooks={"request": [_add_trace]}, **options
    )


class Peer:
    """Another service of the platform, asked in this service's own name (client credentials, RFC 6749 §4.4)."""

    def __init__(self, http: httpx.AsyncClient, tokens: "ServiceTokens", *, name: str, url: str) -> None:
        self._http = http
        self._tokens = tokens
        self._name = name
        self._url = url.rstrip("/")

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask; raise PeerUnavailable when there is no answer, or one of 5xx, 401 or 429."""
        token = await self._tokens.get(self._name)
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        try:
            answer = await self._http.request(method, self._url + path, headers=headers, **options)
        except httpx.HTTPError as error:
            raise PeerUnavailable(self._name) from error
        if answer.status_code == 401:
            self._tokens.forget(self._name)
        if answer.status_code >= 500 or answer.status_code in {401, 429}:
            raise PeerUnavailable(self._name)
        return answer


class ServiceTokens:
    """This service's own access tokens, one an audience, renewed before they expire."""

    def __init__(self, http: httpx.AsyncClient, settings: ServiceSettings) -> None:
        self._http = http
        self._url = f"{settings.auth_url.rstrip('/')}/oauth/token"
        self._client_id = settings.client_id or ""
        self._secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
        self._tokens: dict[str, tuple[str, float]] = {}

    async def get(self, audience: str) -> str:
        """Return a token for `audience`, or raise PeerUnavailable when auth gives none."""
        token, good_until = self._tokens.get(audience, ("", 0.0))
        if time.monotonic() < good_until:
            return token
        form = {"grant_type": "client_credentials", "resource": audience}
        try:
            answer = await self._http.post(self._url, data=form, auth=(self._client_id, self._secret))
            answer.raise_for_status()
            body = answer.json()
            token, lifetime = str(body["access_token"]), float(body["expires_in"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise PeerUnavailable("auth") from error
        self._tokens[audience] = (token, time.monotonic() + max(lifetime - _RENEW_BEFORE_SECONDS, 0))
        return token

    def forget(self, audience: str) -> None:
        """Drop a token that was refused."""
        self._tokens.pop(audience, None)
