"""PostgreSQL: one pool a process, explicit transactions, and one named error when the server does not answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

_PATIENCE_SECONDS = 10
_SESSION: Mapping[str, Any] = {"timeout": 5, "command_timeout": 30, "server_settings": {"timezone": "UTC"}}
_CONNECTION_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.InterfaceError,
    asyncpg.exceptions.InternalClientError,  # used in the moment between the server's farewell and its hanging up
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidAuthorizationSpecificationError,  # a password that is being changed: wait, do not fail
    PoolTimeout,
    OSError,
)


def _is_lost(error: BaseException | None) -> bool:
    # a value that does not fit its column is an InterfaceError too, and will fit no better later
    return isinstance(error, _CONNECTION_LOST) and not isinstance(error, asyncpg.exceptions.DataError)


class DatabaseUnavailable(Exception):
    """The database does not answer, or the connection broke; whether a commit in flight was kept is not known."""

    def __str__(self) -> str:
        return "The database does not answer."


def _forget_row(error: BaseException | None) -> None:
    """Take out PostgreSQL's DETAIL, which quotes the row: errors are logged and put on dead letters."""
    if isinstance(error, asyncpg.PostgresError):
        error.detail = None
    elif error is not None:
        error.args = tuple(str(part).partition("\nDETAIL:")[0] for part in error.args)


@asynccontextmanager
async def naming_outages() -> AsyncIterator[None]:
    """Turn the ways of losing the server into DatabaseUnavailable; other errors pass, without the data of their row."""
    try:
        yield
    except DBAPIError as error:
        driver_error = getattr(error.orig, "__cause__", None)
        if error.connection_invalidated or _is_lost(driver_error):
            raise DatabaseUnavailable from error
        for told in (error, error.orig, driver_error):
            _forget_row(told)
        raise
    except _CONNECTION_LOST as error:
        if not _is_lost(error):
            raise
        raise DatabaseUnavailable from error
    except asyncpg.PostgresError as error:
        _forget_row(error)
        raise


class _Lanes:
    """Connections of the driver, each for one statement at a time; the one used last is used next.

    A single statement leaves nothing behind: what the pools of engine and driver do around it costs more than it does.
    """

    def __init__(self, dsn: str, most: int) -> None:
        self._dsn = dsn
        self._room = asyncio.Semaphore(most)
        self._idle: list[Any] = []
        self._is_closed = False

    async def fetch_row(self, statement: str, arguments: Sequence[Any]) -> asyncpg.Record | None:
        connection = await self._take()
        try:
            # the driver cancels on the server what is given up here, and waits for that before the next statement
            row: asyncpg.Record | None = await connection.fetchrow(statement, *arguments)
        finally:
            self._give_back(connection)
        return row

    async def _take(self) -> Any:
        if self._room.locked():
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._room.acquire()
        else:
            await self._room.acquire()
        try:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
            connection = await asyncpg.connect(self._dsn, **_SESSION)
            # JSON columns as values, as the engine gives them; it is written as text
            await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=str, decoder=orjson.loads)
        except BaseException:
            self._room.release()
            raise
        return connection

    def _give_back(self, connection: Any) -> None:
        if self._is_closed:
            connection.terminate()
        elif not connection.is_closed():
            self._idle.append(connection)
        self._room.release()

    def close(self) -> None:
        self._is_closed = True
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()


class Database:
    """The pool of one process. `url` is `postgresql://user:password@host:port/name`."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.dsn = url
        self.engine: AsyncEngine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_PATIENCE_SECONDS,
            pool_use_lifo=True,
            hide_parameters=True,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            connect_args=dict(_SESSION),
        )
        self._lanes = _Lanes(url, pool_size)
        self._kept: list[KeptConnection] = []
        self._single = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end of the block, rolled back by any error."""
        async with naming_outages(), self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reads; each statement stands alone."""
        async with naming_outages(), self._single.connect() as connection:
            yield connection

    async def fetch_row(self, statement: str, *arguments: Any) -> asyncpg.Record | None:
        """Run one statement as its own transaction in one round trip (hot paths); `$1`-style parameters."""
        async with naming_outages():
            return await self._lanes.fetch_row(statement, arguments)

    async def notify(self, channel: str) -> None:
        """Wake those who listen to `channel`."""
        await self.fetch_row(f"NOTIFY {channel}")

    def keep_one(self) -> "KeptConnection":
        """Return a connection for one worker to keep; it is made when it is first used, and closed with the pool."""
        self._kept.append(KeptConnection(self._single))
        return self._kept[-1]

    async def check(self) -> None:
        """Raise DatabaseUnavailable unless the server answers."""
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    async def dispose(self) -> None:
        for kept in self._kept:
            await kept.close()
        self._lanes.close()
        await self.engine.dispose()


class RolledBack(Exception):
    """The server took the transaction back at its commit: a statement in it had failed, and somebody went on all the same."""


@dataclass(frozen=True)
class Transaction:
    """One transaction on a kept connection, for statements of SQLAlchemy and, on hot paths, of the driver (`$1`-style).

    `opened` is what the server said of the statement that opened it, such as `INSERT 0 3`.
    """

    connection: AsyncConnection
    driver: Any
    opened: str


class KeptConnection:
    """A connection that one worker keeps, with one transaction at a time.

    The engine checks a connection out, begins, commits and resets for each transaction, which costs more than a small one
    does in all. Here the driver begins and commits, and the engine only carries statements. After an error comes a new one.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._driver: Any = None

    @asynccontextmanager
    async def transaction(self, opening: str = "") -> AsyncIterator[Transaction]:
        """One transaction: committed at the end of the block, rolled back by any error.

        `opening` is a first statement, whole, that goes in one round trip with the beginning.
        """
        async with naming_outages():
            try:
                if self._connection is None:
                    self._connection = await self._engine.connect()
                    self._driver = (await self._connection.get_raw_connection()).driver_connection
                opened = await self._driver.execute(f"BEGIN; {opening}")
                yield Transaction(self._connection, self._driver, opened)
                await self._commit()
            except BaseException:
                if self._connection is not None:
                    await self._connection.invalidate()
                await self.close()
                raise

    async def _commit(self) -> None:
        if await self._driver.execute("COMMIT") != "COMMIT":
            raise RolledBack

    async def close(self) -> None:
        """Give the connection back to the pool."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


class UnitOfWork:
    """One transaction as a use case sees it: what is not committed is rolled back.

    A service derives its own and adds its repositories on `self.connection`.
    """

    connection: AsyncConnection

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(naming_outages())
            self.connection = await stack.enter_async_context(self._database.engine.connect())
            self._stack = stack.pop_all()
        return self

    async def commit(self) -> None:
        """Make everything done so far durable. Nothing may be answered before this returns."""
        await self.connection.commit()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._stack.__aexit__(kind, error, trace)
