"""What an operation stands on, whatever it is about: a clock, a place to tell of progress, a lease of its objects."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from computenest.kernel.names import OwnerId
from computenest.kernel.ports import Clock, Progress
from computenest.reconcile.ownership import Tagged


class Lease(Protocol):
    """Keeps a second process of this machine (an orphan of a killed run) away from the same owner's objects."""

    def __call__(self, owner_id: OwnerId) -> AbstractAsyncContextManager[None]: ...


class Desk(Protocol):
    """What a run is given by the use cases that it belongs to."""

    @property
    def clock(self) -> Clock: ...
    @property
    def progress(self) -> Progress: ...
    @property
    def lease(self) -> Lease: ...


class Wanted(Tagged, Protocol):
    """What every type of resource wants: whose it is, what it is called, its tags, and how long it may take."""

    @property
    def name(self) -> str: ...

    @property
    def timeout_s(self) -> int: ...
