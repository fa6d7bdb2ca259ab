"""Tables of records: in memory for speed, in SQLite for survival.

A service names its tables by a `TableKind` beside its records, and reaches them by it: `store[IMAGES]`.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from computenest_cloud.store.records import Record
from computenest_cloud.store.sealing import Seal

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, eq=False)
class TableKind(Generic[R]):
    """`group` names what rows are found by, besides their key: something of theirs that never changes.

    `sealed`: the fields that the state file must not hold in clear.
    """

    name: str
    model: type[R]
    group: Callable[[R], str] | None = None
    sealed: frozenset[str] = frozenset()


class Table(Generic[R]):
    """The rows of one kind; `seal` closes the fields that are sealed, and `changed` is told when a row is no longer as
    it was written."""

    def __init__(self, kind: TableKind[R], seal: Seal, changed: Callable[["Table[Any]"], None]) -> None:
        self.name = kind.name
        self._changed = changed
        self._model = kind.model
        self._seal = seal
        self._sealed = kind.sealed
        self._rows: dict[str, R] = {}
        self._dirty: dict[str, None] = {}  # ordered: rows come back from the file in the order they were made
        self._group = kind.group
        self._groups: dict[str, dict[str, R]] = {}

    def __iter__(self) -> Iterator[R]:
        return iter(tuple(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def _mark(self, key: str) -> None:
        if not self._dirty:
            self._changed(self)
        self._dirty[key] = None

    def get(self, key: str) -> R | None:
        return self._rows.get(key)

    def grouped(self, group: str) -> tuple[R, ...]:
        return tuple(self._groups.get(group, {}).values())

    def add(self, record: R) -> R:
        self._rows[record.key] = record
        if self._group is not None:
            self._groups.setdefault(self._group(record), {})[record.key] = record
        record.watch(self._mark)
        self._mark(record.key)
        return record

    def remove(self, key: str) -> None:
        record = self._rows.pop(key, None)
        if record is not None:
            self._mark(key)
            if self._group is not None:
                del self._groups[self._group(record)][key]

    def clear(self) -> None:
        for key in tuple(self._rows):
            self.remove(key)

    def load(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {self.name} (key TEXT PRIMARY KEY, doc TEXT NOT NULL)")
        rows = connection.execute(f"SELECT doc FROM {self.name} ORDER BY rowid")  # noqa: S608 - our own table names
        for (doc,) in rows:
            self.add(self._parsed(doc))
        self._dirty.clear()

    def _parsed(self, doc: str) -> R:
        if not self._sealed:
            return self._model.model_validate_json(doc)
        return self._model.model_validate(self._seal.open(json.loads(doc), self._sealed))

    def _written(self, row: R) -> str:
        if not self._sealed:
            return row.model_dump_json()
        return json.dumps(self._seal.close(row.model_dump(mode="json"), self._sealed), ensure_ascii=False)

    def write(self, connection: sqlite3.Connection) -> None:
        gone = [(key,) for key in self._dirty if key not in self._rows]
        kept = [(key, self._written(self._rows[key])) for key in self._dirty if key in self._rows]
        connection.executemany(f"DELETE FROM {self.name} WHERE key = ?", gone)  # noqa: S608 - our own table names
        connection.executemany(
            f"INSERT INTO {self.name} (key, doc) VALUES (?, ?) "  # noqa: S608 - our own table names
            "ON CONFLICT (key) DO UPDATE SET doc = excluded.doc",
            kept,
        )

    def mark_written(self) -> None:
        self._dirty.clear()

    def roll_back(self, connection: sqlite3.Connection) -> None:
        """Every changed row as it was written last. A row that somebody holds stays the same object."""
        has_returned = False
        for key in self._dirty:
            found = connection.execute(f"SELECT doc FROM {self.name} WHERE key = ?", (key,)).fetchone()  # noqa: S608
            if found is None:
                self.remove(key)
                continue
            former, row = self._parsed(found[0]), self._rows.get(key)
            if row is None:
                self.add(former)
                has_returned = True
            else:
                row.__dict__.update(former.__dict__)
        self._dirty.clear()
        if has_returned:
            self._restore_order(connection)

    def _restore_order(self, connection: sqlite3.Connection) -> None:
        keys = connection.execute(f"SELECT key FROM {self.name} ORDER BY rowid")  # noqa: S608 - our own table names
        rows = [self._rows[key] for (key,) in keys]
        self._rows.clear()
        self._groups.clear()
        for row in rows:
            self.add(row)
        self._dirty.clear()

    @property
    def is_dirty(self) -> bool:
        return bool(self._dirty)
