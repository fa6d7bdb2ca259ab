"""Tables of records: in memory for speed, in SQLite for survival.

A request changes records; `commit` writes the changed ones in one transaction before the answer leaves. A process
that is killed between two requests loses nothing. Never read by anything but this process: the file is held
exclusively.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

from computenest_cloud.store.records import (
    Account,
    Artifact,
    ArtifactVersion,
    Association,
    Counter,
    Image,
    Record,
    Removal,
    Session,
    Setting,
    Share,
    Token,
)
from computenest_cloud.store.sealing import Seal
from computenest_cloud.store.service_records import (
    Registration,
    Service,
    ServiceInstance,
    ServiceVersion,
    SharedAccount,
    Stack,
    StackResource,
)
from computenest_cloud.store.storage_records import (
    Bucket,
    MultipartUpload,
    Namespace,
    Part,
    RegistryInstance,
    RegistryKey,
    Repository,
    StoredObject,
)

R = TypeVar("R", bound=Record)
KEPT_BY_RESET = frozenset({"accounts", "settings"})


class StateFileBusyError(Exception):
    """Another process holds the state file."""


class Table(Generic[R]):
    """`group` names what rows are found by, besides their key: something of theirs that never changes."""

    def __init__(
        self, name: str, model: type[R], group: Callable[[R], str] | None = None, seal: Seal | None = None
    ) -> None:
        self.name = name
        self._model = model
        self._seal = seal
        self._rows: dict[str, R] = {}
        self._dirty: dict[str, None] = {}  # ordered: rows come back from the file in the order they were made
        self._group = group
        self._groups: dict[str, dict[str, R]] = {}

    def __iter__(self) -> Iterator[R]:
        return iter(tuple(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def _mark(self, key: str) -> None:
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
        if self._seal is None:
            return self._model.model_validate_json(doc)
        return self._model.model_validate(self._seal.open(json.loads(doc)))

    def _written(self, row: R) -> str:
        if self._seal is None:
            return row.model_dump_json()
        return json.dumps(self._seal.close(row.model_dump(mode="json")), ensure_ascii=False)

    def write(self, connection: sqlite3.Connection) -> None:
        if not self._dirty:
            return
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


class Store:
    def __init__(self, path: Path) -> None:
        self.counters = Table("counters", Counter)
        self.settings = Table("settings", Setting)
        self.accounts = Table("accounts", Account)
        self.sessions = Table("sessions", Session)
        self.images = Table("images", Image, group=lambda image: image.region)
        self.shares = Table("shares", Share, group=lambda share: share.image_id)
        self.artifacts = Table("artifacts", Artifact)
        self.versions = Table("versions", ArtifactVersion, group=lambda version: version.artifact_id)
        self.associations = Table("associations", Association)
        self.removals = Table("removals", Removal)
        self.tokens = Table("tokens", Token)
        self.services = Table("services", Service)
        self.service_versions = Table("service_versions", ServiceVersion, group=lambda version: version.service_id)
        self.registrations = Table("registrations", Registration)
        self.shared_accounts = Table("shared_accounts", SharedAccount, group=lambda shared: shared.service_id)
        self.buckets = Table("buckets", Bucket)
        self.objects = Table("objects", StoredObject)
        self.uploads = Table("uploads", MultipartUpload)
        self.parts = Table("parts", Part, group=lambda part: part.upload_id)
        self.registries = Table("registries", RegistryInstance)
        self.namespaces = Table("namespaces", Namespace, group=lambda namespace: namespace.instance_id)
        self.repositories = Table("repositories", Repository, group=lambda repository: repository.instance_id)
        self.registry_keys = Table("registry_keys", RegistryKey)
        seal = Seal(path)
        self.stacks = Table("stacks", Stack, seal=seal)
        self.resources = Table("resources", StackResource, group=lambda resource: resource.stack_id)
        self.instances = Table("instances", ServiceInstance, seal=seal)
        self._tables: tuple[Table[Any], ...] = (
            self.counters,
            self.settings,
            self.accounts,
            self.sessions,
            self.images,
            self.shares,
            self.artifacts,
            self.versions,
            self.associations,
            self.removals,
            self.tokens,
            self.services,
            self.service_versions,
            self.registrations,
            self.shared_accounts,
            self.buckets,
            self.objects,
            self.uploads,
            self.parts,
            self.registries,
            self.namespaces,
            self.repositories,
            self.registry_keys,
            self.stacks,
            self.resources,
            self.instances,
        )
        path.touch(mode=0o600)  # access keys are kept in it
        self._connection = sqlite3.connect(path, timeout=0.2, isolation_level=None)
        try:
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(
                "PRAGMA synchronous = OFF"
            )  # survives the process's death, which is what we promise
            self._connection.execute("BEGIN IMMEDIATE")
            for table in self._tables:
                table.load(self._connection)
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise StateFileBusyError(f"{path}: {error}; is another embedded cloud using this state file?") from error

    @property
    def is_dirty(self) -> bool:
        return any(table.is_dirty for table in self._tables)

    def commit(self) -> None:
        if not self.is_dirty:
            return
        self._connection.execute("BEGIN")
        for table in self._tables:
            table.write(self._connection)
        self._connection.execute("COMMIT")
        for table in self._tables:
            table.mark_written()

    def roll_back(self) -> None:
        """Back to the last commit, also where that commit itself failed half way."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        for table in self._tables:
            table.roll_back(self._connection)

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
        self.settings.add(Setting(name=name, value=value))

    def close(self) -> None:
        self.commit()
        self._connection.close()
