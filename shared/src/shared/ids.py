"""Identifiers: UUIDv7 (RFC 9562 §5.7), so that rows and events sort by the time they were made."""

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def new_id() -> UUID:
    """Return a new UUIDv7."""
    return _uuid7()
