"""The issuer's public keys (JWKS, RFC 7517), fetched when needed and kept; an unknown `kid` asks again, not too often.

A key that the issuer has withdrawn is forgotten within a minute. While the issuer is away the known keys stay good, and of
no other key it is said that the issuer lacks it. It is asked by one at a time, and not too often.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from shared.http import PeerUnavailable
from shared.logging import get_logger

REFRESH_SECONDS = 50.0
UNKNOWN_KID_SECONDS = 2.0
_log = get_logger("keys")


class RemoteKeys:
    """Keys behind one JWKS address. Who bears a known key does not wait while another asks."""

    def __init__(self, http: httpx.AsyncClient, url: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._http = http
        self._url = url
        self._monotonic = monotonic
        self._keys: Mapping[str, Mapping[str, Any]] = {}
        self._fetched_at = self._asked_at = float("-inf")
        self._is_away = False
        self._lock = asyncio.Lock()

    async def find(self, kid: str) -> Mapping[str, Any] | None:
        """Return the public JWK of `kid`, or None if the issuer has no such key. Raises PeerUnavailable when it cannot say."""
        is_known = kid in self._keys
        if self._may_ask(kid) and not (is_known and self._lock.locked()):
            async with self._lock:
                if self._may_ask(kid):
                    await self._fetch()
        key = self._keys.get(kid)
        if key is None and self._is_away:
            raise PeerUnavailable("auth")
        return key

    def _may_ask(self, kid: str) -> bool:
        now = self._monotonic()
        is_due = kid not in self._keys or now - self._fetched_at > REFRESH_SECONDS
        return is_due and now - self._asked_at > UNKNOWN_KID_SECONDS

    async def _fetch(self) -> None:
        try:
            answer = await self._http.get(self._url, headers={"Cache-Control": "no-cache"})
            answer.raise_for_status()
            self._keys = {key["kid"]: key for key in answer.json()["keys"]}
            self._fetched_at, self._is_away = self._monotonic(), False
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            self._is_away = True
            _log.warning("keys could not be fetched", error=type(error).__name__)
        finally:
            self._asked_at = self._monotonic()
