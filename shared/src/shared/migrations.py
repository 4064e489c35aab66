"""Schema migrations: Alembic as a library, so that a service's `migrations/env.py` is two lines and a command needs no tool."""

import asyncio
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool


def alembic_config(service_folder: Path, database_url: str) -> Config:
    """Return Alembic's configuration for the migrations under `service_folder`."""
    config = Config()
    config.set_main_option("script_location", str(service_folder / "migrations"))
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config


def migrate(service_folder: Path, database_url: str, *, revision: str = "head") -> None:
    """Bring the database up to `revision`."""
    command.upgrade(alembic_config(service_folder, database_url), revision)


def run_env(metadata: MetaData) -> None:
    """What `migrations/env.py` does: run the migrations, one transaction in all, one runner at a time."""
    url = context.config.get_main_option("sqlalchemy.url") or ""
    asyncio.run(_run(url.replace("postgresql://", "postgresql+asyncpg://", 1), metadata))


async def _run(url: str, metadata: MetaData) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, metadata)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, metadata: MetaData) -> None:
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('migrations'))")
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
