"""Copy a public service: what its definition says, without what is its own alone."""

from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.errors import UnknownPublicService
from catalog.use_cases.queries import current_version

_OWN = frozenset({"slug", "code", "name", "owner_agency", "reviewed_on", "review_on"})


async def copied_from(connection: AsyncConnection, slug: str, today: date) -> dict[str, Any]:
    """Return what a copy takes over of the version in force: whoever owns it, it is public.

    Raises UnknownPublicService.
    """
    row = await current_version(connection, slug, today)
    if row is None:
        raise UnknownPublicService(slug)
    return {name: value for name, value in row.definition.items() if name not in _OWN}
