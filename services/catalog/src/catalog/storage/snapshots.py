"""Snapshots as they are kept: one bundle, and every entry with the version in which it last changed."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.snapshot import Entries
from catalog.storage.snapshot_tables import snapshot_deltas, snapshot_entries, snapshots

_ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class Difference:
    """What became new or other, and what is gone, by list and slug."""

    changed: Entries
    removed: Mapping[str, Sequence[str]]

    def __bool__(self) -> bool:
        return any(self.changed.values()) or any(self.removed.values())


@dataclass(frozen=True)
class Bundle:
    """What is handed out; `sha256` is that of the whole document, also when the bundle holds a difference to it."""

    version: int
    sha256: str
    content: bytes


@dataclass(frozen=True)
class NewSnapshot:
    """A snapshot to keep."""

    version: int
    made_at: datetime
    sha256: str
    bundle: bytes
    checked_at: datetime
    checked_for: date
    signed_by: str


async def lock_snapshots(connection: AsyncConnection) -> datetime:
    """Wait for this process's turn, then see one moment of the catalogue until the transaction ends; return when it was.

    First in its transaction: locking a table fixes no view yet, while any question would, an advisory lock included. Who
    only reads does not wait.
    """
    await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    await connection.execute(text(f"LOCK TABLE {snapshots.name} IN EXCLUSIVE MODE"))
    return await server_time(connection)


async def server_time(connection: AsyncConnection) -> datetime:
    """Return the time by the clock that all processes share; what was committed before it is seen by this question."""
    now: datetime = (await connection.execute(select(func.statement_timestamp()))).scalar_one()
    return now


async def newest(connection: AsyncConnection) -> Any:
    """Return what there is to know of the newest snapshot but its bundle, or None."""
    table = snapshots
    columns = [column for column in table.c if column is not table.c.bundle]
    return (await connection.execute(select(*columns))).first()


async def whole_bundle(connection: AsyncConnection) -> Bundle:
    """Return the newest snapshot; there is one."""
    table = snapshots
    row = (await connection.execute(select(table.c.version, table.c.sha256, table.c.bundle))).one()
    return Bundle(row.version, row.sha256, row.bundle)


async def delta_bundle(connection: AsyncConnection, since: int) -> Bundle | None:
    """Return the difference from `since` to the newest snapshot, if it was made already."""
    table = snapshot_deltas
    made = snapshots.join(table, table.c.version == snapshots.c.version)
    query = select(snapshots.c.version, snapshots.c.sha256, table.c.bundle).select_from(made)
    row = (await connection.execute(query.where(table.c.since == since))).first()
    return None if row is None else Bundle(row.version, row.sha256, row.bundle)


async def keep_delta(connection: AsyncConnection, since: int, version: int, bundle: bytes) -> None:
    """Write a difference that leads to the newest snapshot."""
    await connection.execute(insert(snapshot_deltas).values(since=since, version=version, bundle=bundle))


async def touch(connection: AsyncConnection, checked_at: datetime, checked_for: date) -> None:
    """Write that the newest snapshot is still what the catalogue holds."""
    await connection.execute(update(snapshots).values(checked_at=checked_at, checked_for=checked_for))


async def difference_to(connection: AsyncConnection, entries: Entries) -> Difference:
    """Return in what the catalogue differs from the newest snapshot."""
    table = snapshot_entries
    query = select(table.c.list, table.c.slug, table.c.digest).where(table.c.content.is_not(None))
    known = {(row.list, row.slug): row.digest for row in await connection.execute(query)}
    changed: dict[str, dict[str, bytes]] = defaultdict(dict)
    for name, contents in entries.items():
        for slug, content in contents.items():
            if known.pop((name, slug), None) != sha256(content).digest():
                changed[name][slug] = content
    removed: dict[str, list[str]] = defaultdict(list)
    for name, slug in known:
        removed[name].append(slug)
    return Difference(changed, removed)


async def keep(connection: AsyncConnection, new: NewSnapshot, difference: Difference) -> None:
    """Write a snapshot in place of the one before, and what changed with it."""
    rows: list[dict[str, Any]] = [
        {"list": name, "slug": slug, "content": content, "digest": sha256(content).digest()}
        for name, contents in difference.changed.items()
        for slug, content in contents.items()
    ]
    gone: list[dict[str, Any]] = [
        {"list": name, "slug": slug, "content": None, "digest": None}
        for name, slugs in difference.removed.items()
        for slug in slugs
    ]
    entry = insert(snapshot_entries)
    written = {name: entry.excluded[name] for name in ("content", "digest", "changed_in")}
    entry = entry.on_conflict_do_update(index_elements=["list", "slug"], set_=written)
    all_rows = [{**row, "changed_in": new.version} for row in (*rows, *gone)]
    for start in range(0, len(all_rows), _ROWS_AT_ONCE):
        await connection.execute(entry, all_rows[start : start + _ROWS_AT_ONCE])
    await connection.execute(delete(snapshot_deltas))
    await connection.execute(delete(snapshots))
    await connection.execute(insert(snapshots).values(**vars(new)))


async def difference_since(connection: AsyncConnection, since: int) -> Difference:
    """Return what changed after version `since`."""
    table = snapshot_entries
    query = select(table.c.list, table.c.slug, table.c.content).where(table.c.changed_in > since)
    changed: dict[str, dict[str, bytes]] = defaultdict(dict)
    removed: dict[str, list[str]] = defaultdict(list)
    for row in await connection.execute(query):
        if row.content is None:
            removed[row.list].append(row.slug)
        else:
            changed[row.list][row.slug] = row.content
    return Difference(changed, removed)


async def contents_of(connection: AsyncConnection, name: str) -> AsyncIterator[bytes]:
    """Yield the entries of one list by slug, a few at a time; needs a transaction."""
    table = snapshot_entries
    query = select(table.c.content).where(table.c.list == name, table.c.content.is_not(None)).order_by(table.c.slug)
    async with connection.stream(query.execution_options(max_row_buffer=50)) as rows:
        async for row in rows:
            yield row.content
