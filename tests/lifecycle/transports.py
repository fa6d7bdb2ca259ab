"""As much of a core as lifecycles ask for whose use cases a test makes by itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, TypeVar

from computenest.cloud.clock import RealClock
from computenest.resources._program.related import Related
from lifecycle.cores import Unasked

T = TypeVar("T")


class AccountOfOne(SimpleNamespace):
    """What every type shares in an account, as it was handed in: `checks` and `packages`."""

    @property
    def shared(self) -> Any:
        return self


class CoreOfOne:
    """As much of `transports.core.Core` as the lifecycles of one process ask for, with what all of them have seen.

    Args:
        account: what every account is.
    """

    def __init__(self, progress: Any, **account: Any) -> None:
        self.progress = progress
        self.settings = SimpleNamespace(assume_stable_delivery=True, poll_interval_s=5.0)
        self._account = AccountOfOne(**{"checks": Unasked(), "network": RealClock(), **account})
        self.related = Related()
        self.deployable, self.distributed, self.previewed, self.named, self.defined = {}, {}, {}, {}, {}
        self.offered, self.promised, self.promised_before, self.texts, self.platforms = {}, {}, {}, {}, {}
        self.bringing: set[str] = set()

    async def account(self, _properties: Any) -> Any:
        return self._account

    async def account_of(self, _name: str) -> Any:
        return self._account
