"""Drafts and defaults of agencies: rows that are changed only by who knows their present state.

Of a draft that is what it says, what it builds upon and what is published meanwhile: each moves its ETag.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.errors import CodeTaken, SlugTaken
from catalog.storage.tables import agency_defaults, drafts, public_services, versions


@dataclass(frozen=True)
class Draft:
    """What an owner agency works on; before the first edit it is the newest published version."""

    slug: str
    owner_agency: str
    based_on: int
    newest: int
    definition: Mapping[str, Any]
    edited_at: datetime | None = None
    edited_by: str | None = None

    @property
    def is_edited(self) -> bool:
        """Tell whether there is something to publish."""
        return self.edited_at is not None

    @property
    def state(self) -> str:
        """What its ETag says."""
        return state_of(self.definition, self.based_on, self.newest)


@dataclass(frozen=True)
class Edit:
    """Who changes something, and when."""

    by: str
    at: datetime


def state_of(value: Mapping[str, Any], *numbers: int) -> str:
    """Return a short text that is another one when the value, the order of its members or a number is."""
    digest = sha256(orjson.dumps([value, *numbers]))
    return digest.hexdigest()[:32]


async def find_draft(connection: AsyncConnection, slug: str) -> Draft | None:
    """Return the draft of a public service, or its newest version as one; None when there is neither.

    A draft of another agency, left over when the public service became this one's, counts for nothing.
    """
    newest = await _newest(connection, slug)
    query = select(drafts).where(drafts.c.slug == slug)
    if newest is not None:
        query = query.where(drafts.c.owner_agency == newest.owner_agency)
    row = (await connection.execute(query)).first()
    number = newest.version if newest is not None else 0
    if row is not None:
        return Draft(slug, row.owner_agency, row.based_on, number, row.definition, row.edited_at, row.edited_by)
    return newest and Draft(slug, newest.owner_agency, number, number, newest.definition)


async def lock(connection: AsyncConnection, name: str) -> None:
    """Let those who change one draft, or one agency's defaults, take their turn until the transaction ends."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"draft {name}"))))


async def enter_draft(connection: AsyncConnection, draft: Draft) -> None:
    """Enter the draft of a new public service. Raises SlugTaken or CodeTaken."""
    known = select(public_services.c.slug).where(public_services.c.slug == draft.slug)
    drafted = select(drafts.c.slug).where(drafts.c.slug == draft.slug)
    if (await connection.execute(known.union_all(drafted))).first() is not None:
        raise SlugTaken(draft.slug)
    await keep_draft(connection, draft)


async def keep_draft(connection: AsyncConnection, draft: Draft) -> None:
    """Keep what a draft is from now on. Raises CodeTaken."""
    code = draft.definition["code"]
    owner = select(public_services.c.slug).where(public_services.c.code == code, public_services.c.slug != draft.slug)
    if (await connection.execute(owner)).first() is not None:
        raise CodeTaken(code)
    names = ("slug", "owner_agency", "based_on", "definition", "edited_at", "edited_by")
    entry = insert(drafts).values(code=code, **{name: getattr(draft, name) for name in names})
    changed = {name: entry.excluded[name] for name in ("code", *names) if name != "slug"}
    try:
        await connection.execute(entry.on_conflict_do_update(index_elements=["slug"], set_=changed))
    except IntegrityError:
        raise CodeTaken(code) from None


async def delete_draft(connection: AsyncConnection, slug: str) -> None:
    """Forget a draft; what is published stays."""
    await connection.execute(delete(drafts).where(drafts.c.slug == slug))


async def find_defaults(connection: AsyncConnection, agency: str) -> dict[str, Any]:
    """Return what new public services of an agency begin with."""
    query = select(agency_defaults.c.defaults).where(agency_defaults.c.agency == agency)
    found: dict[str, Any] | None = (await connection.execute(query)).scalar()
    return found or {}


async def enter_defaults(connection: AsyncConnection, agency: str, defaults: Mapping[str, Any], edit: Edit) -> None:
    """Keep an agency's defaults as they are from now on."""
    row = {"defaults": dict(defaults), "edited_at": edit.at, "edited_by": edit.by}
    entry = insert(agency_defaults).values(agency=agency, **row)
    changed = {name: entry.excluded[name] for name in row}
    await connection.execute(entry.on_conflict_do_update(index_elements=["agency"], set_=changed))


async def _newest(connection: AsyncConnection, slug: str) -> Any:
    query = (
        select(versions.c.version, versions.c.definition, public_services.c.owner_agency)
        .join(public_services)
        .where(versions.c.slug == slug)
        .order_by(versions.c.version.desc())
        .limit(1)
    )
    return (await connection.execute(query)).first()
