"""What a row of the store is, and the rows that no service owns.

A service has its own in its `records.py`.

Fields are read freely and *assigned*, never changed in place (mappings and tuples are typed read-only): an assignment
marks the record for the next commit, which is how nothing is forgotten by a restart.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid")
    _touched: Callable[[str], None] | None = PrivateAttr(default=None)

    @property
    def key(self) -> str:
        raise NotImplementedError  # each record says which of its fields is its key

    def watch(self, touched: Callable[[str], None]) -> None:
        self._touched = touched

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name[0] != "_" and self._touched is not None:
            self._touched(self.key)


class Counter(Record):
    name: str
    value: int

    @property
    def key(self) -> str:
        return self.name


class Setting(Record):
    """One JSON value: the clock, the seed, switches, fault rules."""

    name: str
    value: Any

    @property
    def key(self) -> str:
        return self.name


class Account(Record):
    name: str
    uid: str
    access_key_id: str
    access_key_secret: str

    @property
    def key(self) -> str:
        return self.name


class Session(Record):
    """Temporary credentials."""

    access_key_id: str
    access_key_secret: str
    security_token: str
    account: str
    expires_at: float
    object_key: str = ""  # good for this object of the object storage only

    @property
    def key(self) -> str:
        return self.access_key_id


class Token(Record):
    """The first answer that a ClientToken got."""

    account: str
    action: str
    token: str
    fingerprint: str
    answer: Mapping[str, Any]
    object_id: str
    answered_at: float

    @property
    def key(self) -> str:
        return f"{self.account}/{self.action}/{self.token}"
