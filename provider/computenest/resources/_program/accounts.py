"""Lifecycles whose use cases work in one account: built once an account and process, so that polls are coalesced."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, cast

from computenest.kernel.errors import Reason, Transient
from computenest.kernel.lifecycle import Operations
from computenest.kernel.names import AccountName
from computenest.kernel.outcome import Outcome
from computenest.kernel.told import UNREAD
from computenest.reconcile.retry import Retry, retrying
from computenest.resources._program.core import Account, Core
from computenest.resources._program.session import Session

P = TypeVar("P")


def asked_of(account: Account, port: P, *, retry: Retry | None = None) -> P:
    """A port of `account`, asked over the network: tried again as that account's are."""
    return retrying(port, retry=retry or account.retry, clock=account.network)


def asked_in_check(account: Account, port: P) -> P:
    """A port that a check asks: it gives up early, for a cloud that cannot be reached is no failure of the input."""
    return retrying(port, retry=account.quick, clock=account.network)


def asked_when_needed(account: Account, open_port: Callable[[Session], P]) -> P:
    """The same of a port that is opened, and imported, with each question: most checks ask none, and people wait."""
    return asked_in_check(account, cast("P", _Opening(lambda: open_port(account.session))))


class _Opening:
    """Stands before a port that is not open yet."""

    def __init__(self, open_port: Callable[[], object]) -> None:
        self._open_port = open_port

    def __getattr__(self, name: str) -> object:
        return getattr(self._open_port(), name)


class Owned(Protocol):
    """What a state says of the identity of a resource."""

    @property
    def owner_id(self) -> str: ...


class _Wanted(Protocol):
    """What is wanted, or a state: it says whose account it is in."""

    @property
    def account(self) -> AccountName: ...


B = TypeVar("B", bound=Operations[Any, Any])
R = TypeVar("R", bound=Owned)
S = TypeVar("S", bound=_Wanted)
T = TypeVar("T")
W = TypeVar("W", bound=_Wanted)


@dataclass(slots=True)
class Remembering(Generic[R]):
    """The part of a `Lifecycle` that is alike for every type: it remembers, and keeps what nobody can tell."""

    core: Core
    _recorded: dict[str, R] = field(default_factory=dict, kw_only=True)
    """Owner id, minted or kept -> what the state says of it: how a replacement knows that it is one."""

    def _remembered(self, minted: str, known: R | None) -> R | None:
        """What this process saw in the state of a resource that is checked without it now: it is being replaced.

        Args:
            minted: the owner id that the program gives.
            known: what the state says that the check was given, if any; it is remembered.
        """
        if known is None:
            return self._recorded.get(minted)
        self._recorded[minted] = self._recorded[known.owner_id] = known
        return None

    async def _look(
        self, id_: str, known: T, read: Callable[[T], Awaitable[Outcome[T] | None]], *, name: str = ""
    ) -> Outcome[T] | None:
        """What is there now, None where it is gone; what is known where the cloud cannot tell, with a warning."""
        try:
            return await read(known)
        except Transient as error:
            self.core.progress.warn(Reason.of(error, left_out=UNREAD, name=name or id_))
            return Outcome(id_, known)


@dataclass(slots=True)
class AccountLifecycle(Remembering[R], ABC, Generic[B, R, W, S]):
    """The verbs that change something, by the use cases of the account that a resource is in.

    `B`: the use cases; `R`: what is remembered; `W`: what is wanted; `S`: a state.
    """

    _use_cases: dict[AccountName, B] = field(default_factory=dict, kw_only=True)

    @abstractmethod
    def _open(self, account: Account) -> B:
        """The use cases of `account`, imported here: most previews find nothing to do, and wait for what they load.

        What a check or a diff needs is imported at the top of a lifecycle; what changes something, where it is opened
        (tests/unit/dynamic/test_loaded.py).
        """

    async def _of_account(self, name: AccountName) -> B:
        """Those of the account of that name."""
        if name not in self._use_cases:
            self._use_cases[name] = self._open(await self.core.account_of(name))
        return self._use_cases[name]

    async def create(self, inputs: W) -> Outcome[S]:
        return self._made(await (await self._of(inputs)).create(inputs))

    async def update(self, inputs: W, former: S) -> Outcome[S]:
        return self._made(await (await self._of(inputs)).update(inputs, former))

    async def delete(self, known: S) -> None:
        await (await self._of(known)).delete(known)

    async def _of(self, known: W | S) -> B:
        """The use cases of the account that it names."""
        return await self._of_account(known.account)

    def _made(self, outcome: Outcome[S]) -> Outcome[S]:
        """What was made, as the program may hear of it."""
        return outcome
