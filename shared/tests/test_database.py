"""The pool: a lost server has one name, the pool mends itself, and errors do not carry the data of people."""

import asyncio
import traceback
from contextlib import suppress
from typing import Any

import asyncpg
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from dev.ports import free_port
from shared.database import Database, DatabaseUnavailable, RolledBack, UnitOfWork
from shared.ids import new_id
from shared.inbox import entry_of


async def count(database: Database) -> int:
    async with database.reading() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM effects"))).scalar_one())


def an_effect(tables: Any, subject: str | None = "one") -> Any:
    return insert(tables.effects).values(event_id=new_id(), subject=subject, number=1)


async def test_a_transaction_is_kept_whole_or_not_at_all(database: Database, tables: Any) -> None:
    async with database.transaction() as connection:
        await connection.execute(an_effect(tables))
    with suppress(LookupError):
        async with database.transaction() as connection:
            await connection.execute(an_effect(tables))
            raise LookupError
    assert await count(database) == 1


async def test_a_unit_of_work_keeps_only_what_was_committed(database: Database, tables: Any) -> None:
    async with UnitOfWork(database) as work:
        await work.connection.execute(an_effect(tables))
        await work.commit()
        await work.connection.execute(an_effect(tables))
    assert await count(database) == 1


async def test_a_server_that_does_not_answer_has_one_name() -> None:
    database = Database(f"postgresql://nobody:secret@127.0.0.1:{free_port()}/none")
    for use in (database.check(), database.fetch_row("SELECT 1"), UnitOfWork(database).__aenter__()):
        with pytest.raises(DatabaseUnavailable) as lost:
            await use
        assert str(lost.value) == "The database does not answer."
    await database.dispose()


async def in_transaction(database: Database) -> Any:
    async with database.transaction() as connection:
        return (await connection.execute(text("SELECT 7"))).scalar()


async def in_one_statement(database: Database) -> Any:
    row = await database.fetch_row("SELECT $1::int", 7)
    return row and row[0]


@pytest.mark.parametrize("use", [in_transaction, in_one_statement])
async def test_connections_that_broke_are_replaced_after_one_failure_each_at_most(
    use: Any, database: Database, database_url: str
) -> None:
    await asyncio.gather(*[use(database) for _ in range(5)])
    admin = await asyncpg.connect(database_url)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await admin.close()

    outcomes = []
    for _ in range(12):
        try:
            outcomes.append(await use(database))
        except DatabaseUnavailable:
            outcomes.append("lost")
    assert outcomes[6:] == [7] * 6


async def test_single_statements_take_turns_on_as_many_connections_as_allowed(database_url: str) -> None:
    database = Database(database_url, pool_size=2)
    rows = await asyncio.gather(*[database.fetch_row("SELECT pg_backend_pid(), pg_sleep(0.1)") for _ in range(6)])
    await database.dispose()
    assert len({row["pg_backend_pid"] for row in rows if row}) == 2


async def test_a_statement_that_was_given_up_holds_up_no_other(database_url: str) -> None:
    database = Database(database_url, pool_size=1)
    given_up = asyncio.create_task(database.fetch_row("SELECT pg_sleep(20)"))
    await asyncio.sleep(0.3)
    given_up.cancel()
    async with asyncio.timeout(5):
        assert await in_one_statement(database) == 7
    await database.dispose()


async def test_who_gets_no_turn_is_told_in_time(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.database._PATIENCE_SECONDS", 0.2)
    database = Database(database_url, pool_size=1)
    first = asyncio.create_task(database.fetch_row("SELECT pg_sleep(1)"))
    await asyncio.sleep(0.1)
    with pytest.raises(DatabaseUnavailable):
        await in_one_statement(database)
    await first
    assert await in_one_statement(database) == 7
    await database.dispose()


async def test_an_error_of_the_statement_keeps_its_own_name(database: Database, tables: Any) -> None:
    for too_large in (2**40, 2**70):
        with pytest.raises(DBAPIError):
            async with database.transaction() as connection:
                await connection.execute(an_effect(tables).values(number=too_large))
    with pytest.raises(asyncpg.DataError):
        await database.fetch_row("SELECT $1::int", 2**40)
    with pytest.raises(IntegrityError):
        async with database.transaction() as connection:
            await connection.execute(an_effect(tables, None))
    with pytest.raises(asyncpg.UndefinedTableError):
        await database.fetch_row("SELECT * FROM nowhere")


PHONE = "+380000000000"


async def fail_for_the_statement(database: Database, _tables: Any) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("SELECT 1 FROM nowhere WHERE phone = :phone"), {"phone": PHONE})


async def fail_for_the_row(database: Database, tables: Any) -> None:
    async with database.transaction() as connection:
        await connection.execute(an_effect(tables, PHONE).values(number=None))


async def fail_for_the_row_in_one_statement(database: Database, _tables: Any) -> None:
    await database.fetch_row("INSERT INTO effects (subject) VALUES ($1)", PHONE)


async def fail_for_the_row_in_a_unit_of_work(database: Database, tables: Any) -> None:
    async with UnitOfWork(database) as work:
        await work.connection.execute(an_effect(tables, PHONE).values(number=None))


@pytest.mark.parametrize(
    "fail",
    [
        fail_for_the_statement,
        fail_for_the_row,
        fail_for_the_row_in_one_statement,
        fail_for_the_row_in_a_unit_of_work,
    ],
)
async def test_an_error_does_not_tell_the_values_of_its_row_or_statement(
    fail: Any, database: Database, tables: Any
) -> None:
    with pytest.raises((DBAPIError, asyncpg.PostgresError)) as failed:
        await fail(database, tables)
    assert PHONE not in "".join(traceback.format_exception(failed.value))


async def test_times_are_utc_and_json_is_read_as_it_was_written(database: Database) -> None:
    async with database.reading() as connection:
        assert (await connection.execute(text("SHOW timezone"))).scalar() == "UTC"
    value = {"a": ["ґ", 1.5, None]}
    async with database.transaction() as connection:
        table = text("CREATE TEMPORARY TABLE kept (body jsonb) ON COMMIT DROP")
        await connection.execute(table)
        await connection.exec_driver_sql("INSERT INTO kept VALUES ($1)", ('{"a": ["ґ", 1.5, null]}',))
        assert (await connection.exec_driver_sql("SELECT body FROM kept")).scalar() == value


async def test_a_kept_connection_commits_rolls_back_and_serves_again_after_an_error(database: Any, tables: Any) -> None:
    kept = database.keep_one()
    for event_id, fails in ((new_id(), False), (new_id(), True), (new_id(), False)):
        with suppress(LookupError):
            async with kept.transaction(entry_of([event_id])):
                if fails:
                    raise LookupError
        assert await _is_entered(database, tables, event_id) is not fails
    await kept.close()


async def _is_entered(database: Any, tables: Any, event_id: Any) -> bool:
    async with database.reading() as connection:
        found = await connection.execute(select(tables.inbox).where(tables.inbox.c.event_id == event_id))
    return found.first() is not None


async def test_statements_of_both_kinds_are_of_one_transaction(database: Any, tables: Any) -> None:
    kept, event_id = database.keep_one(), new_id()
    with suppress(LookupError):
        async with kept.transaction() as transaction:
            await transaction.connection.execute(insert(tables.inbox).values(event_id=event_id))
            assert await transaction.driver.fetchval("SELECT count(*) FROM inbox WHERE event_id = $1", event_id) == 1
            raise LookupError
    assert not await _is_entered(database, tables, event_id)
    await kept.close()


async def test_a_commit_that_the_server_turns_into_a_rollback_is_an_error(database: Any, tables: Any) -> None:
    event_id = new_id()

    async def go_on_all_the_same() -> None:
        async with database.keep_one().transaction(entry_of([event_id])) as transaction:
            with suppress(asyncpg.PostgresError):
                await transaction.driver.execute("SELECT 1 / 0")

    with pytest.raises(RolledBack):
        await go_on_all_the_same()
    assert not await _is_entered(database, tables, event_id)


async def test_a_kept_connection_that_was_lost_is_an_outage_and_the_next_is_a_new_one(
    database_behind_link: Any, link_to_postgres: Any
) -> None:
    kept = database_behind_link.keep_one()
    async with kept.transaction() as transaction:
        first = await transaction.driver.fetchval("SELECT pg_backend_pid()")
    link_to_postgres.cut()
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            async with kept.transaction():
                pass
    link_to_postgres.mend()
    async with kept.transaction() as transaction:
        assert await transaction.driver.fetchval("SELECT pg_backend_pid()") != first
    await kept.close()
