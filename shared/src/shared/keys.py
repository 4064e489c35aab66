"""The issuer's public keys (JWKS, RFC 7517), fetched when needed and kept; an unknown `kid` asks again, not too often."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from shared.logging import get_logger

REFRESH_SECONDS = 300.0
UNKNOWN_KID_SECONDS = 2.0
_log = get_logger("keys")


class RemoteKeys:
    """Keys behind one JWKS address. If the issuer is away the keys already known stay good."""

    def __init__(self, http: httpx.AsyncClient, url: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._http = http
        self._url = url
        self._monotonic = monotonic
        self._keys: Mapping[str, Mapping[str, Any]] = {}
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, kid: str) -> Mapping[str, Any] | None:
        """Return the public JWK of `kid`, or None if the issuer has no such key."""
        age = self._monotonic() - self._asked_at
        if age > REFRESH_SECONDS or (kid not in self._keys and age > UNKNOWN_KID_SECONDS):
            async with self._lock:
                await self._refresh(kid)
        return self._keys.get(kid)

    async def _refresh(self, kid: str) -> None:
        age = self._monotonic() - self._asked_at
        if age < UNKNOWN_KID_SECONDS or (kid in self._keys and age < REFRESH_SECONDS):
            return
        try:
            answer = await self._http.get(self._url)
            answer.raise_for_status()
            self._keys = {key["kid"]: key for key in answer.json()["keys"]}
            self._asked_at = self._monotonic()
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            _log.warning("keys could not be fetched", error=type(error).__name__)
