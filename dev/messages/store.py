"""What was sent, in SQLite, so that it survives a restart; a message that comes again is counted, not kept twice.

The HTTP and the mail server work in threads of their own: one at a time uses the connection.
"""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

_TABLE = """
CREATE TABLE IF NOT EXISTS messages (
  position INTEGER PRIMARY KEY, channel TEXT, recipient TEXT, message_id TEXT, subject TEXT, text TEXT,
  received_at TEXT, repeats INTEGER DEFAULT 0, UNIQUE (channel, message_id, recipient))
"""


class Store:
    """The messages of one provider process; None as folder keeps them in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._lock = Lock()
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "messages.sqlite" if folder else ":memory:", check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(_TABLE)

    def keep(self, channel: str, recipient: str, message_id: str, *, subject: str, text: str) -> bool:
        """Keep a message; return False when it came before."""
        with self._lock, self._db:
            entry = self._db.execute(
                "INSERT INTO messages (channel, recipient, message_id, subject, text, received_at) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET repeats = repeats + 1 RETURNING repeats",
                (channel, recipient, message_id, subject, text, datetime.now(UTC).isoformat()),
            ).fetchone()
        return bool(entry["repeats"] == 0)

    def find(self, *, to: str | None = None, channel: str | None = None, limit: int = 500) -> list[dict[str, Any]]:
        """Return messages, the newest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT * FROM messages WHERE (?1 IS NULL OR recipient = ?1) AND (?2 IS NULL OR channel = ?2) "
                "ORDER BY position DESC LIMIT ?3",
                (to, channel, limit),
            ).fetchall()
        return [dict(row) for row in rows]

    def clear(self) -> None:
        with self._lock, self._db:
            self._db.execute("DELETE FROM messages")
