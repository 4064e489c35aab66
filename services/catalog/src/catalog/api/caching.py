"""Answers that readers keep: a strong ETag of the body, how long they stay fresh, and 304 (RFC 9110 §13, RFC 9111)."""

from hashlib import sha256

from fastapi import Response

FRESH_SECONDS = 60


def cacheable(body: bytes, if_none_match: str | None, *, fresh_seconds: int = FRESH_SECONDS) -> Response:
    """Return a JSON body, or 304 when the reader has it."""
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={fresh_seconds}"}
    if is_same(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json")


def is_same(if_none_match: str | None, etag: str) -> bool:
    """Tell whether a conditional request names this entity (RFC 9110 §13.1.2)."""
    if not if_none_match:
        return False
    return if_none_match.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
