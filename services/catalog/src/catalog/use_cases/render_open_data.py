"""Open data: the whole catalogue of the newest snapshot as linked data or as a table, written once a snapshot and process."""

import asyncio
import csv
import gzip
import io
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain import cpsv, table
from catalog.storage.snapshots import contents_of, newest
from shared.database import Database

TITLE = {"uk": "Каталог адміністративних послуг", "en": "Catalogue of administrative services"}
DESCRIPTION = {
    "uk": "Адміністративні послуги області: хто надає, що потрібно, строк, плата, результат, підстави для відмови.",
    "en": "Administrative services of the oblast: who gives them, what is needed, term, fee, result, grounds for refusal.",
}
_GZIP = 31  # zlib's word for a gzip wrapper with the largest window

Parts = AsyncIterator[bytes]


@dataclass(frozen=True)
class Rendered:
    """One file: `packed` is gzip of it, `digest` the SHA-256 of what it unpacks to."""

    version: int
    packed: bytes
    digest: str

    def unpacked(self) -> bytes:
        return gzip.decompress(self.packed)


class OpenData:
    """The files of one process; there is a snapshot."""

    def __init__(self, database: Database, site: str) -> None:
        self._database = database
        self.site = site
        self._files: dict[str, Rendered] = {}
        self._turn = asyncio.Lock()

    async def linked(self) -> Rendered:
        """Return the catalogue in CPSV-AP (JSON-LD)."""
        return await self._file("jsonld", self._as_linked)

    async def table(self) -> Rendered:
        """Return the catalogue as CSV (RFC 4180)."""
        return await self._file("csv", _as_table)

    async def _file(self, name: str, write: Callable[[AsyncConnection], Parts]) -> Rendered:
        async with self._database.reading() as connection:
            latest = await newest(connection)
        async with self._turn:
            known = self._files.get(name)
            if known is None or known.version < latest.version:
                known = self._files[name] = await self._written(write)
        return known

    async def _written(self, write: Callable[[AsyncConnection], Parts]) -> Rendered:
        packer, digest, packed = zlib.compressobj(9, wbits=_GZIP), sha256(), list[bytes]()
        async with self._database.transaction() as connection:
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            version = (await newest(connection)).version
            async for part in write(connection):
                digest.update(part)
                packed.append(packer.compress(part))
        packed.append(packer.flush())
        return Rendered(version, b"".join(packed), digest.hexdigest())

    async def _as_linked(self, connection: AsyncConnection) -> Parts:
        surroundings = cpsv.Surroundings()
        yield b'{"@context":' + orjson.dumps(cpsv.context(self.site)) + b',"@graph":['
        for node in cpsv.dataset(TITLE, DESCRIPTION):
            yield orjson.dumps(node) + b",\n"
        async for content in contents_of(connection, "public_services"):
            card = orjson.loads(content)
            surroundings.add(card)
            yield orjson.dumps(cpsv.public_service(card)) + b",\n"
        agencies, territories = await _all(connection, "agencies"), await _all(connection, "territories")
        around = [orjson.dumps(node) for node in surroundings.nodes(agencies, territories)]
        yield b",\n".join(around) + b"]}\n"


def service_document(
    site: str, card: dict[str, Any], agencies: Iterable[Any], territories: Sequence[Any], *, is_withdrawn: bool
) -> bytes:
    """Return one public service in CPSV-AP (JSON-LD), with what it refers to."""
    surroundings = cpsv.Surroundings()
    surroundings.add(card)
    own = cpsv.public_service(card, is_withdrawn=is_withdrawn)
    nodes = [own, *cpsv.dataset(TITLE, DESCRIPTION), *surroundings.nodes(agencies, territories)]
    return orjson.dumps({"@context": cpsv.context(site), "@graph": nodes})


async def _as_table(connection: AsyncConnection) -> Parts:
    agencies = {agency["slug"]: agency for agency in await _all(connection, "agencies")}
    yield _line(table.COLUMNS)
    async for content in contents_of(connection, "public_services"):
        card = orjson.loads(content)
        yield _line(table.row_of(card, agencies.get(card["agency"])))


def _line(cells: Sequence[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


async def _all(connection: AsyncConnection, name: str) -> list[Any]:
    return [orjson.loads(content) async for content in contents_of(connection, name)]
