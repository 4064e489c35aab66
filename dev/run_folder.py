"""What a run keeps on disk (`.run/`): data of the servers, logs, and the secrets made at the first run.

Nothing here is committed; deleting the folder is what `make reset` does.
"""

import json
import secrets
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp

from dev.topology import SERVICES

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run."""

    path: Path

    @property
    def logs(self) -> Path:
        return self._folder("logs")

    @property
    def files(self) -> Path:
        return self._folder("files")

    @property
    def messages(self) -> Path:
        return self._folder("messages")

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def kafka(self) -> Path:
        return self.path / "kafka"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _folder(self, name: str) -> Path:
        folder = self.path / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def read(self, name: str) -> dict[str, Any]:
        """Return a JSON file of the folder, or nothing when it is absent."""
        file = self.path / name
        return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}

    def write(self, name: str, value: dict[str, Any]) -> None:
        """Write a JSON file whole, readable by its owner alone."""
        draft = self.path / f"{name}.new"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(value, ensure_ascii=False, indent=2), "utf-8")
        draft.replace(self.path / name)

    def secrets(self) -> dict[str, str]:
        """Return the secrets of this run; those that are missing are made now."""
        self.path.mkdir(parents=True, exist_ok=True)
        known = self.read("secrets.json")
        complete = {**_new_secrets(), **known}
        if complete != known:
            self.write("secrets.json", complete)
        return complete


def _new_secrets() -> dict[str, str]:
    made = {
        "operator_password": secrets.token_urlsafe(18),
        "operator_totp": pyotp.random_base32(),
        "registers_api_key": secrets.token_urlsafe(24),
        "sms_provider_key": secrets.token_urlsafe(24),
    }
    for service in SERVICES:
        made[f"{service.name}_app"] = secrets.token_hex(16)
        made[f"{service.name}_migrator"] = secrets.token_hex(16)
        made[f"{service.name}_client"] = secrets.token_urlsafe(32)
        made[f"{service.name}_field_keys"] = "k1:" + b64encode(secrets.token_bytes(32)).decode()
        made[f"{service.name}_lookup_key"] = b64encode(secrets.token_bytes(32)).decode()
    return made
