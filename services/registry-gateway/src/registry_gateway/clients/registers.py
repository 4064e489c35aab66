"""State registers: one adapter a protocol behind one Protocol class."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

import httpx
import orjson

from registry_gateway.domain.lawfulness import Question

_LONGEST_ANSWER_BYTES = 1_048_576


class RegisterUnavailable(Exception):
    """The register does not answer, refuses, or answers what cannot be read; `reason` is a fixed word, safe to show."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Registers(Protocol):
    """Asks registers. Raises RegisterUnavailable."""

    async def ask(self, question: Question, *, request_id: UUID, case: str) -> Mapping[str, Any] | None:
        """Return the asked fields as the register holds them, or None when it knows no such subject."""
        ...


class RestRegisters:
    """Registers that speak plain REST."""

    def __init__(self, http: httpx.AsyncClient, url: str, api_key: str) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}"}

    async def ask(self, question: Question, *, request_id: UUID, case: str) -> Mapping[str, Any] | None:
        body = {
            "purpose": question.purpose,
            "legal_basis": question.legal_basis,
            "case": case,
            "keys": dict(question.keys),
            "fields": list(question.fields),
        }
        url = f"{self._url}/registers/{question.register}/query"
        try:
            status, answer = await self._post(url, body, request_id)
        except httpx.HTTPError as error:
            raise RegisterUnavailable("no answer") from error
        if status != 200:
            raise RegisterUnavailable("refused" if status < 500 else "out of order")
        try:
            content = orjson.loads(answer)
            found = content["fields"] if content["found"] else None
        except (ValueError, KeyError, TypeError) as error:
            raise RegisterUnavailable("unreadable answer") from error
        if found is not None and not isinstance(found, dict):
            raise RegisterUnavailable("unreadable answer")
        return None if found is None else {name: found.get(name) for name in question.fields}

    async def _post(self, url: str, body: Mapping[str, Any], request_id: UUID) -> tuple[int, bytes]:
        """Return status and body; of a body over the limit no more is read."""
        headers = {**self._headers, "X-Request-Id": str(request_id)}
        read = bytearray()
        async with self._http.stream("POST", url, json=body, headers=headers) as answer:
            async for chunk in answer.aiter_bytes():
                read += chunk
                if len(read) > _LONGEST_ANSWER_BYTES:
                    raise RegisterUnavailable("oversized answer")
            return answer.status_code, bytes(read)
