"""A submission in one round trip: every row of it in one statement, which is one transaction.

The statement also checks again what was decided from memory (nothing about the card has changed, the centre is at work, the
files are the applicant's), so that nothing is written on facts that changed. Nothing at all is written unless all holds.
"""

import asyncio
from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from applications.storage.projections import last_change_of
from shared.database import Database, DatabaseUnavailable

_SUBMIT = f"""
WITH card AS (
  SELECT 1 WHERE {last_change_of("$4")} IS NOT DISTINCT FROM $6
), centre AS (
  SELECT 1 FROM organisations WHERE id = $7 AND kind = 'service-centre' AND is_active AND territory = $8
), attached AS (
  SELECT a.document, a.name, f.sha256, f.media_type, f.size
  FROM unnest($9::text[], $10::text[], $11::text[]) AS a(document, name, sha256)
  JOIN files f ON f.owner_id = $12 AND f.sha256 = a.sha256
), claimed AS (
  INSERT INTO idempotency_keys (subject, key, fingerprint, status, body)
  SELECT $12::uuid::text, $1, $2, 201, $3::jsonb FROM card, centre
  WHERE (SELECT count(*) FROM attached) = cardinality($9::text[])
  ON CONFLICT DO NOTHING RETURNING 1
), application AS (
  INSERT INTO applications (id, reference, state, public_service, card_version, applicant_id, language, channel,
                            territory, centre, agency, form_sealed, submitted_at, sequence)
  SELECT $13, $14, 'submitted', $4, $5, $12, $15, $16, $8, $7, $17, $18, $19, 1 FROM claimed RETURNING id
), entry AS (
  INSERT INTO timeline (application_id, sequence, at, event, actor_id, actor_role, facts)
  SELECT id, 1, $19, 'submitted', $12::uuid::text, 'citizen', $20::jsonb FROM application
), documents AS (
  INSERT INTO application_files (application_id, document, name, sha256, media_type, size)
  SELECT application.id, attached.* FROM application, attached
), event AS (
  INSERT INTO outbox (event_id, topic, type, subject, occurred_at, traceparent, data)
  SELECT $21, $22, $23, id::text, $19, $24, $25 FROM application
)
SELECT EXISTS (SELECT 1 FROM application) AS written, EXISTS (SELECT 1 FROM card) AS card_holds,
       EXISTS (SELECT 1 FROM centre) AS centre_holds, ARRAY(SELECT sha256 FROM attached) AS found_files
"""  # noqa: S608  the one piece put in is of constants
_KNOWN = "SELECT fingerprint, status, body FROM idempotency_keys WHERE subject = $1 AND key = $2"
_NUMBERS = """
INSERT INTO reference_numbers (year, last_sequence) VALUES ($1, $2)
ON CONFLICT (year) DO UPDATE SET last_sequence = reference_numbers.last_sequence + $2
RETURNING last_sequence
"""


@dataclass(frozen=True)
class Attachment:
    """A file of the applicant's, given for a document of the card."""

    document: str
    name: str
    sha256: str


@dataclass(frozen=True)
class SubmissionRow:
    """Everything that one submission writes."""

    key: str
    fingerprint: bytes
    answer: dict[str, Any]
    application_id: UUID
    reference: str
    slug: str
    card_version: int
    last_change: UUID | None
    centre: str
    territory: str
    attachments: tuple[Attachment, ...]
    applicant_id: UUID
    language: str
    channel: str
    agency: str
    form_sealed: bytes
    facts: dict[str, Any]
    outbox: dict[str, Any]


@dataclass(frozen=True)
class Written:
    """What became of a submission: written, or which of its facts do not hold (all hold: the key is known)."""

    is_written: bool
    card_holds: bool
    centre_holds: bool
    found_files: frozenset[str]


async def write_submission(database: Database, row: SubmissionRow) -> Written:
    """Write all rows of a submission, or none. Waits for a concurrent submission under the same key to end."""
    event = row.outbox
    answer = await database.fetch_row(
        _SUBMIT,
        row.key,
        row.fingerprint,
        orjson.dumps(row.answer).decode(),
        row.slug,
        row.card_version,
        row.last_change,
        row.centre,
        row.territory,
        [attachment.document for attachment in row.attachments],
        [attachment.name for attachment in row.attachments],
        [attachment.sha256 for attachment in row.attachments],
        row.applicant_id,
        row.application_id,
        row.reference,
        row.language,
        row.channel,
        row.agency,
        row.form_sealed,
        event["occurred_at"],
        orjson.dumps(row.facts).decode(),
        event["event_id"],
        event["topic"],
        event["type"],
        event["traceparent"],
        event["data"],
    )
    if answer is None:
        raise LookupError("the statement returns one row")
    return Written(answer["written"], answer["card_holds"], answer["centre_holds"], frozenset(answer["found_files"]))


async def known_answer(database: Database, subject: UUID, key: str) -> tuple[bytes, int, dict[str, Any]] | None:
    """Return (fingerprint, status, body) of an earlier request under `key`, or None."""
    row = await database.fetch_row(_KNOWN, str(subject), key)
    return None if row is None else (row["fingerprint"], row["status"], dict(row["body"]))


class ReferenceNumbers:
    """Hands out the sequence numbers of a year; reserved in blocks, ahead of need, so that most submissions wait for nobody.

    Numbers of a block that were not used when the process ended are left out.
    """

    BLOCK = 50

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reserved: defaultdict[int, deque[int]] = defaultdict(deque)
        self._reserving = asyncio.Lock()
        self._ahead: asyncio.Task[None] | None = None

    async def take(self, year: int) -> int:
        """Return a number that nobody else gets."""
        numbers = self._reserved[year]
        while not numbers:
            await self._reserve(year)
        if len(numbers) == self.BLOCK // 2:
            self._ahead = asyncio.create_task(self._reserve_ahead(year))
        return numbers.popleft()

    async def _reserve_ahead(self, year: int) -> None:
        # who needs a number that is not there asks again, and is told
        with suppress(DatabaseUnavailable):
            await self._reserve(year)

    async def _reserve(self, year: int) -> None:
        async with self._reserving:
            if len(self._reserved[year]) > self.BLOCK // 2:
                return
            row = await self._database.fetch_row(_NUMBERS, year, self.BLOCK)
            if row is None:
                raise LookupError("the statement returns one row")
            last = row["last_sequence"]
            self._reserved[year].extend(range(last - self.BLOCK + 1, last + 1))
