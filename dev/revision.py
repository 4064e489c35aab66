"""Writes a new migration: what a service's tables have that its migrations do not make yet, found on a real database."""

import re
import tempfile
from pathlib import Path

from alembic import command

from dev.ports import free_port
from dev.postgres import create_service_databases, start_postgres
from dev.run_folder import ROOT
from dev.topology import by_name
from shared.migrations import alembic_config


def write_revision(service_name: str, name: str) -> Path:
    """Return the path of the new migration of `service_name`, to be read and completed by a person."""
    service = by_name(service_name)
    folder = ROOT / "services" / service.name
    numbers = [int(path.name[:4]) for path in (folder / "migrations" / "versions").glob("[0-9]*.py")]
    revision = f"{max(numbers, default=0) + 1:04d}"
    slug = re.sub(r"\W+", "_", name.lower()).strip("_")
    with tempfile.TemporaryDirectory(prefix="revision-") as scratch:
        server = start_postgres(Path(scratch) / "data", free_port(), Path(scratch) / "log", durable=False)
        try:
            create_service_databases(server, [service], {service.name: ("revision", "revision")})
            config = alembic_config(folder, server.url(service.database, f"{service.database}_migrator", "revision"))
            config.set_main_option("file_template", f"{revision}_{slug}")
            command.upgrade(config, "head")
            command.revision(config, message=name, autogenerate=True, rev_id=revision)
        finally:
            server.stop()
    return folder / "migrations" / "versions" / f"{revision}_{slug}.py"
