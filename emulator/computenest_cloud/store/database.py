"""What the cloud remembers, in one SQLite file.

A request changes records; `commit` writes the changed ones in one transaction before the answer leaves. A process
that is killed between two requests loses nothing. Never read by anything but this process: the file is held
exclusively.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from computenest_cloud.store.records import Account, Counter, Record, Session, Setting, Token
from computenest_cloud.store.sealing import Seal
from computenest_cloud.store.tables import Table, TableKind

R = TypeVar("R", bound=Record)
COUNTERS = TableKind("counters", Counter)
SETTINGS = TableKind("settings", Setting)
ACCOUNTS = TableKind("accounts", Account)
SESSIONS = TableKind("sessions", Session)
TOKENS = TableKind("tokens", Token)
KEPT_BY_RESET = frozenset({ACCOUNTS.name, SETTINGS.name})


class StateFileBusyError(Exception):
    """Another process holds the state file."""


class Store:
    def __init__(self, path: Path, kinds: Iterable[TableKind[Any]] = ()) -> None:
        """`kinds`: the tables of the services."""
        seal = Seal(path)
        self._kinds: dict[str, Table[Any]] = {}
        self._dirty: list[Table[Any]] = []  # those that hold what is not written: few of many, and often none
        core: tuple[TableKind[Any], ...] = (COUNTERS, SETTINGS, ACCOUNTS, SESSIONS, TOKENS)
        for kind in (*core, *kinds):
            if kind.name in self._kinds:
                raise ValueError(f"two services have a table {kind.name!r}")
            self._kinds[kind.name] = Table(kind, seal, self._dirty.append)
        self.counters, self.settings = self[COUNTERS], self[SETTINGS]
        self.accounts, self.sessions, self.tokens = self[ACCOUNTS], self[SESSIONS], self[TOKENS]
        self._tables = tuple(self._kinds.values())
        path.touch(mode=0o600)  # access keys are kept in it
        self._connection = sqlite3.connect(path, timeout=0.2, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(
                "PRAGMA synchronous = OFF"
            )  # survives the process's death, which is what we promise
            self._connection.execute("BEGIN IMMEDIATE")
            for table in self._tables:
                table.load(self._connection)
            self._dirty.clear()
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise StateFileBusyError(
                f"{path}: {error}: another embedded cloud holds this state file. `computenest cloud list` shows those "
                "that run, `computenest cloud stop` in its folder ends one; or give another file with --state"
            ) from error

    def __getitem__(self, kind: TableKind[R]) -> Table[R]:
        return self._kinds[kind.name]

    @property
    def is_dirty(self) -> bool:
        return bool(self._dirty)

    def commit(self) -> None:
        if not self.is_dirty:
            return
        self._connection.execute("BEGIN")
        for table in self._dirty:
            table.write(self._connection)
        self._connection.execute("COMMIT")
        for table in self._dirty:
            table.mark_written()
        self._dirty.clear()

    def roll_back(self) -> None:
        """Back to the last commit, also where that commit itself failed half way."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        for table in tuple(self._dirty):
            table.roll_back(self._connection)
        self._dirty.clear()

    @property
    def is_in_transaction(self) -> bool:
        """Never between two requests."""
        return self._connection.in_transaction

    def clear(self) -> None:
        """Forget everything but the access keys and the settings."""
        for table in self._tables:
            if table.name not in KEPT_BY_RESET:
                table.clear()

    def setting(self, name: str, default: Any = None) -> Any:
        record = self.settings.get(name)
        return default if record is None else record.value

    def put_setting(self, name: str, value: Any) -> None:
        known = self.settings.get(name)
        if known is None:
            self.settings.add(Setting(name=name, value=value))
        else:
            known.value = value

    def close(self) -> None:
        self.commit()
        self._connection.close()
