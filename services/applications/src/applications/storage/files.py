"""Supporting documents in the object store, addressed by the SHA-256 of their content; the type is what the bytes say."""

import hashlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import obstore
import puremagic
from obstore.store import LocalStore, from_url

ALLOWED_TYPES = frozenset({"application/pdf", "image/jpeg", "image/png"})
_SNIFFED_BYTES = 4096
_IN_MEMORY_BYTES = 1_048_576


class FileRefused(Exception):
    """A file that is not taken."""


class FileTooLarge(FileRefused):
    """Longer than is taken."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"At most {limit} bytes are taken.")


class FileTypeRefused(FileRefused):
    """Not of a type that is taken, or not of the type it says."""

    def __init__(self, declared: str, found: str) -> None:
        super().__init__(f"The file says it is {declared}; its content is {found}. Taken: PDF, JPEG, PNG.")


class HashMismatch(FileRefused):
    """The content has another SHA-256 than the address or the application says."""

    def __str__(self) -> str:
        return "The SHA-256 of the content is another one. The file was changed or cut off on the way; send it again."


@dataclass(frozen=True)
class StoredFile:
    """A file that is in the store. `size` in bytes."""

    sha256: str
    media_type: str
    size: int


class FileStore:
    """The object store of one process."""

    def __init__(self, url: str, *, max_bytes: int) -> None:
        self._store: Any = self._open(url)
        self.max_bytes = max_bytes

    @staticmethod
    def _open(url: str) -> Any:
        parts = urlsplit(url)
        if parts.scheme == "file":
            return LocalStore(Path(parts.path), mkdir=True)
        return from_url(url)

    async def keep(self, content: AsyncIterator[bytes], *, declared_type: str, sha256: str | None) -> StoredFile:
        """Store a stream whole or not at all; raises FileRefused."""
        digest, size = hashlib.sha256(), 0
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spool:
            async for chunk in content:
                size += len(chunk)
                if size > self.max_bytes:
                    raise FileTooLarge(self.max_bytes)
                digest.update(chunk)
                spool.write(chunk)
            found = _sniff(spool, size)
            if declared_type not in ALLOWED_TYPES or found != declared_type:
                raise FileTypeRefused(declared_type or "of no type", found)
            if sha256 is not None and digest.hexdigest() != sha256:
                raise HashMismatch
            spool.seek(0)
            await obstore.put_async(self._store, _path(digest.hexdigest()), spool)
        return StoredFile(digest.hexdigest(), declared_type, size)

    async def read(self, sha256: str) -> AsyncIterator[bytes]:
        """Yield the content of a stored file."""
        answer = await obstore.get_async(self._store, _path(sha256))
        async for chunk in answer.stream():
            yield bytes(chunk)


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _sniff(file: IO[bytes], size: int) -> str:
    if not size:
        return "empty"
    file.seek(0)
    try:
        return str(puremagic.from_string(file.read(_SNIFFED_BYTES), mime=True)) or "of an unknown type"
    except puremagic.PureError:
        return "of an unknown type"
