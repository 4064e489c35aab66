"""The audit trail: written once, with the change or not at all, telling who did what to whom and nothing private.

That no change goes without an entry, and no entry tells too much, is watched in every test of auth (`audit_watch`).
"""

import ast
import inspect
import textwrap
from collections import defaultdict
from importlib import import_module
from types import FunctionType

import asyncpg
import orjson
import pytest
from sqlalchemy import Table, text, update

from auth.storage import tables
from auth.storage.audit import Entry
from dev.topology import by_name
from shared.ids import new_id
from tests.support.audit_watch import WATCHED, private_in, private_in_the_trail
from tests.support.project import sources_of

PHONE = "+380671234567"
WRITES = {"insert", "insert_if", "update", "delete"}
FORBIDDEN = {
    "UPDATE audit_log SET action = 'nothing'": "permission denied",
    "UPDATE audit_log SET position = DEFAULT WHERE false": "permission denied",
    "DELETE FROM audit_log": "permission denied",
    "DELETE FROM audit_log WHERE false": "permission denied",
    "TRUNCATE audit_log": "permission denied",
    "TRUNCATE audit_log CASCADE": "permission denied",
    "DROP TABLE audit_log": "must be owner",
    "DROP TABLE audit_log CASCADE": "must be owner",
    "ALTER TABLE audit_log ADD COLUMN more text": "must be owner",
    "ALTER TABLE audit_log DISABLE TRIGGER audit_log_is_written_once": "must be owner",
    "ALTER TABLE audit_log DISABLE TRIGGER ALL": "must be owner",
    "ALTER TABLE audit_log RENAME TO another": "must be owner",
    "DROP TRIGGER audit_log_is_written_once ON audit_log": "must be owner",
    "DROP FUNCTION refuse_change() CASCADE": "must be owner",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'": "permission",
    "CREATE RULE lost AS ON INSERT TO audit_log DO INSTEAD NOTHING": "must be owner",
    "GRANT ALL ON audit_log TO auth_app; DELETE FROM audit_log": "permission denied",
    "SET session_replication_role = replica": "permission denied",
    "SET ROLE auth_migrator": "permission denied",
    "INSERT INTO audit_log (position, id, occurred_at, action, outcome, subject, facts) VALUES "
    "(1, gen_random_uuid(), now(), 'a', 'done', 's', '{}')": "cannot insert a non-DEFAULT value",
}  # fmt: skip


async def entries(office):
    return sorted(await office.rows(tables.audit_log), key=lambda row: row.position)


@pytest.fixture
async def application_user(office, settings):
    """The connection of the service itself: its own user, on its own database."""
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    assert await connection.fetchval("SELECT current_user") == "auth_app"
    yield connection
    await connection.close()


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_application_can_neither_change_nor_delete_what_is_written(office, application_user, statement):
    await office.a_citizen()
    before = await entries(office)
    assert before
    with pytest.raises(asyncpg.PostgresError, match=FORBIDDEN[statement]):
        await application_user.execute(statement)
    assert await entries(office) == before


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET action = 'a'", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
async def test_a_mistake_of_the_owner_is_stopped_too(office, service_databases, statement):
    server, database = service_databases.server, by_name("auth").database
    owner = await asyncpg.connect(server.url(database, "auth_migrator", "test"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="written once"):
            await owner.execute(statement)
    finally:
        await owner.close()
    assert await entries(office)


async def test_change_entry_and_event_are_one_transaction(office):
    citizen = await office.a_citizen()
    async with office.deps.database.reading() as connection:
        query = """
            SELECT a.xmin = o.xmin AS with_event, a.xmin = c.xmin AS with_change
            FROM audit_log a JOIN outbox o ON o.data::jsonb ->> 'id' = a.id::text JOIN accounts c ON c.id::text = a.subject
            WHERE a.action = 'account-registered' AND a.subject = :citizen"""
        (row,) = (await connection.execute(text(query), {"citizen": citizen})).all()
    assert (row.with_event, row.with_change) == (True, True)


async def test_what_is_rolled_back_leaves_neither_entry_nor_event(office):
    before = (len(await entries(office)), len(await office.rows(tables.outbox)))

    async def fail():
        async with office.deps.database.transaction() as connection:
            await office.deps.audit.record(connection, Entry("tried", None))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert (len(await entries(office)), len(await office.rows(tables.outbox))) == before


async def test_a_change_whose_entry_cannot_be_written_does_not_happen(office, service_databases):
    citizen = await office.a_citizen()
    server, database = service_databases.server, by_name("auth").database
    superuser = await asyncpg.connect(server.url(database, server.superuser, server.password))
    await superuser.execute("REVOKE INSERT ON audit_log FROM auth_app")
    try:
        answer = await office.client.post("/v1/sessions", json={"login": "+380000000001", "password": "wrong one"})
        assert answer.status_code >= 500
        right = {"login": "+380000000001", "password": "long and easy to keep in mind"}
        assert (await office.client.post("/v1/sessions", json=right)).status_code >= 500
        assert [row for row in await office.rows(tables.sessions) if str(row.account_id) == citizen] == []
    finally:
        await superuser.execute("GRANT INSERT ON audit_log TO auth_app")
        await superuser.close()


async def test_an_event_says_what_its_entry_says(office):
    await office.a_citizen()
    await office.sign_in("nobody@example.test", "a wrong password")
    outbox = [row for row in await office.rows(tables.outbox) if row.topic == "auth.audit"]
    assert {row.type for row in outbox} == {"ua.virtual-office.auth.recorded.v1"}
    told = {event["id"]: event for event in map(orjson.loads, (row.data for row in outbox))}
    assert [row.subject for row in outbox] == [orjson.loads(row.data)["subject"] for row in outbox]
    for row in await entries(office):
        event = told.pop(str(row.id))
        names = ("action", "outcome", "actor", "subject", "organisation", "facts")
        assert {name: event[name] for name in names} == {name: getattr(row, name) for name in names}
    assert told == {}


async def test_sign_ins_failures_mandates_clients_and_keys_are_told_by_who_and_whom_and_nothing_else(office):
    citizen = await office.a_citizen(PHONE)
    await office.sign_in(PHONE, "a mistyped password")
    await office.sign_in(PHONE.removeprefix("+380"), "another mistyped one")
    await office.sign_in(PHONE)
    officer = await office.an_officer("login.of.somebody")
    made = {"client_id": f"kiosk-{new_id()}", "name": "Кіоск на розі", "scopes": ["kiosk"]}
    headers = office.operator() | {"Idempotency-Key": f"client-{new_id()}"}
    client = await office.client.post("/v1/clients", json=made, headers=headers)
    assert client.status_code == 201, client.text
    found = {(row.action, row.outcome, row.subject) for row in await entries(office)}
    assert found >= {
        ("account-registered", "done", citizen),
        ("sign-in-failed", "refused", citizen),
        ("sign-in-failed", "refused", "unknown"),
        ("signed-in", "done", citizen),
        ("mandate-granted", "done", officer.account_id),
        ("client-created", "done", made["client_id"]),
    }
    assert any(action == "key-made" for action, *_ in found)
    private = (
        PHONE[4:],
        "login.of.somebody",
        officer.totp_secret,
        client.json()["client_secret"],
        "Кіоск",
        "127.0.0.1",
    )
    assert await private_in_the_trail(office.deps.database, *private) == {}


async def test_the_watch_sees_a_change_without_an_entry_and_an_entry_that_tells_too_much(office):
    await office.a_citizen()
    with pytest.raises(Exception, match="UPDATE of accounts left no entry"):
        async with office.deps.database.transaction() as connection:
            await connection.execute(update(tables.accounts).values(identity_level="high"))
    entry, *_ = [row.data for row in await office.rows(tables.outbox) if row.topic == "auth.audit"]
    assert private_in([entry]) == {}
    for private in ("+380671234567", "olena@example.com", "Олена", "10.1.2.3", "123456", "s" * 43, "JBSWY3DPEHPK3PXP"):
        assert private_in([f'{entry} "{private}"']), private
    assert private_in([f"{entry} a login"], "a login") != {}


# --- no use case changes anything without an entry: read from the code, so that a new one cannot be forgotten ---


def use_cases():
    """Return every function of the use cases."""
    modules = [
        import_module(f"auth.use_cases.{path.stem}")
        for path in sources_of(by_name("auth"))
        if path.parent.name == "use_cases" and path.stem != "__init__"
    ]
    return {
        made for module in modules for made in vars(module).values()
        if isinstance(made, FunctionType) and made.__module__ == module.__name__
    }  # fmt: skip


def _named(function, node):
    if isinstance(node, ast.Name):
        return function.__globals__.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return getattr(function.__globals__.get(node.value.id), node.attr, None)
    return None


def changes(function, tree):
    """Tell whether a function writes what is watched."""
    local = {
        target.id: _named(function, node.value)
        for node in ast.walk(tree) if isinstance(node, ast.Assign)
        for target in node.targets if isinstance(target, ast.Name)
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", "") in WRITES:
            table = _named(function, node.args[0])
            table = local.get(getattr(node.args[0], "id", "")) if table is None else table
            if isinstance(table, Table) and table.name in WATCHED and not _only_keeps_up(node, table, tree):
                return True
    return False


def _only_keeps_up(write, table, tree):
    """Tell whether an update sets columns alone that are not watched."""
    if write.func.id != "update":
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "values" and write in ast.walk(node):
            columns = {keyword.arg for keyword in node.keywords}
            return bool(columns) and not node.args and columns.isdisjoint({None, *WATCHED[table.name]})
    return False


def test_every_use_case_that_changes_what_is_watched_records_it():
    functions = use_cases()
    trees = {function: ast.parse(textwrap.dedent(inspect.getsource(function))) for function in functions}
    calls, callers = {}, defaultdict(set)
    for function, tree in trees.items():
        calls[function] = {
            found for node in ast.walk(tree)
            if isinstance(found := _named(function, node), FunctionType) and found in functions and found is not function
        }  # fmt: skip
        for called in calls[function]:
            callers[called].add(function)
    recording = {
        function for function, tree in trees.items()
        if any(isinstance(node, ast.Attribute) and node.attr == "record" for node in ast.walk(tree))
    }  # fmt: skip

    def records(function, seen=frozenset()):
        return function in recording or any(records(called, seen | {function}) for called in calls[function] - seen)

    def is_recorded(function, seen=frozenset()):
        return records(function) or (
            bool(callers[function])
            and all(is_recorded(caller, seen | {function}) for caller in callers[function] - seen)
        )

    changing = {function for function, tree in trees.items() if changes(function, tree)}
    assert len(changing) > 15
    silent = sorted(
        f"{f.__module__}.{f.__name__}" for f in changing if not is_recorded(f) and f.__name__ not in HOUSEKEEPING
    )
    assert silent == []


# what has had its time is deleted without a word
HOUSEKEEPING = {"delete_expired"}
