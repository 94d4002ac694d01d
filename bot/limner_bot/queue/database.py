"""The SQLite file: one connection that writes, one that reads, and the migrations between versions."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosqlite

from limner_sdk import ConfigurationError, DiskFull

from .schema import MIGRATIONS

T = TypeVar("T")
Body = Callable[[sqlite3.Connection], Any]

#: A quota or a failing disk says IOERR.
_FULL: Final = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR}
#: WAL with FULL: an acknowledged commit survives a power cut (NORMAL loses the last ones).
_WRITER: Final = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON", "secure_delete=ON")
_READER: Final = ("busy_timeout=5000", "query_only=ON")


@dataclass(frozen=True)
class _Task:
    body: Body
    future: asyncio.Future[Any]


class Writer:
    """Runs transactions one after another on the database's own thread.

    Those that wait while one commits share the next commit: each keeps a savepoint of its own, so a failing one
    takes nothing else with it. A cancelled caller cancels nothing: SQL that was handed over is always finished.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._waiting: list[_Task] = []
        self._pump: asyncio.Task[None] | None = None

    async def run(self, body: Callable[[sqlite3.Connection], T]) -> T:
        """What `body` returns, once its changes are on the disk. Raises what it raises, and `DiskFull`."""
        task = _Task(body, asyncio.get_running_loop().create_future())
        self._waiting.append(task)
        if self._pump is None:
            self._pump = asyncio.create_task(self._drain())
        result: T = await asyncio.shield(task.future)
        return result

    async def settle(self) -> None:
        """Wait until nothing waits."""
        while self._pump is not None:
            await asyncio.wait([self._pump])

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._commit(batch)
        finally:
            self._pump = None

    async def _commit(self, batch: Sequence[_Task]) -> None:
        try:
            outcomes = await on_thread(self._connection, _transaction, [task.body for task in batch])
        except Exception as error:
            outcomes = [_translated(error)] * len(batch)
        for task, outcome in zip(batch, outcomes, strict=True):
            _settle(task.future, outcome)


async def on_thread(connection: aiosqlite.Connection, function: Callable[..., T], *arguments: Any) -> T:
    """Run one function on the connection's own thread.

    aiosqlite has no public way to do so, and several awaited calls are not atomic: another coroutine's may come
    between them, and a cancelled one leaves its transaction open.
    """
    private: Any = connection
    result: T = await private._execute(function, private._conn, *arguments)
    return result


def _settle(future: asyncio.Future[Any], outcome: Any) -> None:
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
        # Its caller may be gone; an error nobody asks for is not an error of the event loop.
        future.exception()
    else:
        future.set_result(outcome)


def _transaction(connection: sqlite3.Connection, bodies: Sequence[Body]) -> list[Any]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        outcomes = [_guarded(connection, body) for body in bodies]
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has already rolled back where the disk was full.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return outcomes


def _guarded(connection: sqlite3.Connection, body: Body) -> Any:
    connection.execute("SAVEPOINT task")
    try:
        outcome = body(connection)
    except Exception as error:
        if not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO task")
        outcome = _translated(error)
    connection.execute("RELEASE task")
    return outcome


def _translated(error: Exception) -> Exception:
    if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _FULL:
        return DiskFull("the disk that holds the queue is full or read-only")
    return error


@dataclass(frozen=True)
class Database:
    """Both connections."""

    writer: Writer
    reader: aiosqlite.Connection

    async def write(self, body: Callable[[sqlite3.Connection], T]) -> T:
        """Run `body` as one durable transaction."""
        return await self.writer.run(body)

    async def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        return list(await self.reader.execute_fetchall(sql, parameters))


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[Database]:
    """Open, migrate and finally close the file. Raises `ConfigurationError` for that of a newer Limner."""
    async with _connected(str(path), _WRITER) as connection:
        await on_thread(connection, migrate)
        async with _connected(f"{path.absolute().as_uri()}?mode=ro", _READER) as reader:
            database = Database(Writer(connection), reader)
            try:
                yield database
            finally:
                await database.writer.settle()


@asynccontextmanager
async def _connected(address: str, pragmas: Sequence[str]) -> AsyncIterator[aiosqlite.Connection]:
    # Without close() the connection's thread keeps the process alive for ever.
    async with aiosqlite.connect(address, uri=address.startswith("file:"), isolation_level=None) as connection:
        connection.row_factory = sqlite3.Row
        for pragma in pragmas:
            await connection.execute_fetchall(f"PRAGMA {pragma}")
        yield connection


def migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the file to the newest version, each step in a transaction of its own."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(migrations):
        raise ConfigurationError(
            f"the database was written by a newer Limner (version {version}, this one knows {len(migrations)}); "
            "update Limner or choose another LIMNER_DATA_DIR"
        )
    # A table that others refer to can be made anew only while references are not enforced.
    connection.execute("PRAGMA foreign_keys=OFF")
    try:
        for number, steps in enumerate(migrations[version:], start=version + 1):
            _step(connection, number, steps)
    finally:
        connection.execute("PRAGMA foreign_keys=ON")


def _step(connection: sqlite3.Connection, number: int, steps: Sequence[str]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in steps:
            connection.execute(step)
        if dangling := connection.execute("PRAGMA foreign_key_check").fetchall():
            remedy = f"{len(dangling)} rows refer to nothing; restore a backup"
            raise ConfigurationError(f"the database is damaged: {remedy}")
        connection.execute(f"PRAGMA user_version={number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
