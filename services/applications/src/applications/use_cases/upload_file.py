"""Take in a supporting document, so that an application can refer to it by its hash."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from applications.storage.files import StoredFile
from applications.storage.tables import files
from applications.use_cases.dependencies import Dependencies


async def upload_file(
    deps: Dependencies, owner_id: UUID, content: AsyncIterator[bytes], *, declared_type: str, sha256: str | None
) -> StoredFile:
    """Store the content, then note whose it is; repeating it changes nothing. Raises FileRefused."""
    stored = await deps.files.keep(content, declared_type=declared_type, sha256=sha256)
    entry = insert(files).values(
        owner_id=owner_id,
        sha256=stored.sha256,
        media_type=stored.media_type,
        size=stored.size,
        uploaded_at=deps.clock.now(),
    )
    async with deps.database.transaction() as connection:
        await connection.execute(entry.on_conflict_do_nothing())
    return stored
