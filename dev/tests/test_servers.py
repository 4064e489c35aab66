"""Kafka and PostgreSQL on this machine: data outlives a kill, and a server that cannot start says why."""

import asyncio
import socket
import stat
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from dev.kafka import LOCK, KafkaFailed, _verify, external_kafka, resolve_jars, start_kafka
from dev.ports import free_port, is_taken
from dev.postgres import (
    PostgresFailed,
    create_service_databases,
    external_postgres,
    running_postgres,
    start_postgres,
)
from dev.topology import SERVICES, by_name
from shared.broker import Message, Producer, Subscription, create_topics
from shared.contracts import Contracts
from shared.ids import new_id

TOPIC = "catalog.public-service"


async def send(servers: str, *values: bytes) -> int:
    producer = Producer(servers)
    await producer.start()
    try:
        return await producer.send([Message(TOPIC, "key", value, []) for value in values])
    finally:
        await producer.stop()


async def read_all(servers: str, number: int) -> list[bytes]:
    """Return what is on the topic, as soon as it is `number` records."""
    subscription, found = Subscription(servers, group=f"read-{new_id()}", topics=[TOPIC]), []
    await subscription.start()
    try:
        async with asyncio.timeout(30):
            while len(found) < number:
                for records in (await subscription.poll(timeout_ms=200, limit=100)).values():
                    found += [record.value for record in records]
    finally:
        await subscription.stop()
    return sorted(found)


@pytest.mark.kafka
async def test_kafka_keeps_what_it_acknowledged_across_a_kill_and_a_restart(tmp_path):
    ports, jars = (free_port(), free_port()), resolve_jars()
    data, log = tmp_path / "kafka", tmp_path / "kafka.log"
    broker = await asyncio.to_thread(start_kafka, data, *ports, log, jars)
    try:
        await create_topics(broker.bootstrap_servers, Contracts())
        assert await send(broker.bootstrap_servers, b"1", b"2") == 2

        broker.kill()
        assert not is_taken(ports[0])
        broker = await asyncio.to_thread(start_kafka, data, *ports, log, jars)

        await create_topics(broker.bootstrap_servers, Contracts())
        assert await send(broker.bootstrap_servers, b"3") == 1
        assert await read_all(broker.bootstrap_servers, 3) == [b"1", b"2", b"3"]
    finally:
        await asyncio.to_thread(broker.stop)
    assert not is_taken(ports[0])


def test_a_broker_that_cannot_start_says_why_and_where_its_log_is(tmp_path):
    log, jars = tmp_path / "kafka.log", resolve_jars()
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(KafkaFailed) as failed:
        start_kafka(tmp_path / "kafka", free_port(), taken.getsockname()[1], log, jars)

    assert "Address already in use" in str(failed.value)
    assert str(log) in str(failed.value)


def test_jars_that_are_not_those_of_the_lock_are_refused(tmp_path):
    jars = resolve_jars()
    for jar in jars[1:]:
        (tmp_path / "jars" / jar.name).parent.mkdir(exist_ok=True)
        (tmp_path / "jars" / jar.name).symlink_to(jar)
    (tmp_path / "jars" / jars[1].name).unlink()
    (tmp_path / "jars" / jars[1].name).write_bytes(b"something else")

    with pytest.raises(KafkaFailed) as failed:
        _verify(tmp_path, (LOCK / "jgo.lock.toml").read_bytes())

    named = str(failed.value).rpartition(": ")[2].split(", ")
    assert named == sorted([jars[0].name, jars[1].name])


def test_servers_that_the_environment_names_are_used_and_never_stopped(monkeypatch):
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka.example:9092")
    monkeypatch.setenv("DATABASE_SERVER_URL", "postgresql://admin:secret@db.example:5433")

    kafka, postgres = external_kafka(), external_postgres()

    assert (kafka.bootstrap_servers, kafka.pid) == ("kafka.example:9092", None)
    assert postgres.superuser_url == "postgresql://admin:secret@db.example:5433/postgres"
    assert postgres.pid is None
    kafka.stop()
    postgres.stop()


def test_without_such_names_the_machines_own_are_started(monkeypatch):
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.delenv("DATABASE_SERVER_URL", raising=False)

    assert (external_kafka(), external_postgres()) == (None, None)


async def rows(url: str, *statements: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetch(statements[-1])
    finally:
        await connection.close()


async def test_postgres_keeps_what_was_committed_across_a_kill_and_a_restart(open_folder):
    data, port, log = open_folder / "postgres", free_port(), open_folder / "postgres.log"
    server = await asyncio.to_thread(start_postgres, data, port, log)
    try:
        await rows(server.superuser_url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1) RETURNING n")
        server.process.kill()
        server.process.wait()

        server = await asyncio.to_thread(start_postgres, data, port, log)

        assert [row["n"] for row in await rows(server.superuser_url, "SELECT n FROM kept")] == [1]
        assert running_postgres(data, port).superuser_url == server.superuser_url
    finally:
        await asyncio.to_thread(server.stop)
    assert server.process.returncode == 0
    assert not is_taken(port)


def test_postgres_does_not_run_as_root_and_its_password_is_its_owners_alone(postgres_server):
    status = Path(f"/proc/{postgres_server.pid}/status").read_text("utf-8")
    data = Path(f"/proc/{postgres_server.pid}/cwd").readlink()
    user = int(next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1])

    assert user != 0
    assert data.stat().st_uid == user
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data.parent / f"{data.name}.password").stat().st_mode) == 0o600


def test_postgres_that_cannot_start_says_why_and_where_its_log_is(open_folder, postgres_server):
    log = open_folder / "postgres.log"

    with pytest.raises(PostgresFailed) as failed:
        start_postgres(open_folder / "postgres", postgres_server.port, log)

    assert "could not bind IPv4 address" in str(failed.value)
    assert str(log) in str(failed.value)


async def refused(url: str, statement: str) -> bool:
    with suppress(asyncpg.InsufficientPrivilegeError):
        await rows(url, statement)
        return False
    return True


async def test_a_service_reaches_its_own_database_and_no_other_and_owns_no_table(open_folder):
    data, port, log = open_folder / "postgres", free_port(), open_folder / "postgres.log"
    server = await asyncio.to_thread(start_postgres, data, port, log, durable=False)
    try:
        services = [by_name("catalog"), by_name("auth")]
        passwords = {service.name: ("app-pass", "migrator-pass") for service in SERVICES}
        for _ in range(2):  # as at a second start
            await asyncio.to_thread(create_service_databases, server, services, passwords)
        migrator = server.url("catalog", "catalog_migrator", "migrator-pass")
        app = server.url("catalog", "catalog_app", "app-pass")
        await rows(migrator, "CREATE TABLE things (n int)", "SELECT 1")

        assert [row["n"] for row in await rows(app, "INSERT INTO things VALUES (1)", "SELECT n FROM things")] == [1]
        assert await refused(app, "DROP TABLE things")
        assert await refused(app, "CREATE TABLE other (n int)")
        assert await refused(server.url("auth", "catalog_app", "app-pass"), "SELECT 1")
        assert await rows(app, "SELECT FROM pg_extension WHERE extname = 'pg_trgm'")
    finally:
        await asyncio.to_thread(server.stop)
