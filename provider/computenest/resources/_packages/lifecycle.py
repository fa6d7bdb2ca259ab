"""What the lifecycles of all package types share: a name belongs to one of them, and a replacement is known by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from computenest.kernel.lifecycle import Operations
from computenest.kernel.names import AccountName
from computenest.kernel.outcome import Checked, Failure, Outcome
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._packages.cloud_checks import PackageChecks
from computenest.resources._packages.model import AnyArguments, AnyPackage, AnyState, Wanted
from computenest.resources._program.accounts import AccountLifecycle
from computenest.resources._program.core import Account

U = TypeVar("U", bound=Operations[Any, Any])
W = TypeVar("W", bound="Wanted[Known]")
S = TypeVar("S", bound="AnyState[Known]")
I = TypeVar("I", bound="AnyPackage[Unknown]")  # noqa: E741 - checked inputs


@dataclass(slots=True)
class PackageLifecycle(AccountLifecycle[U, "AnyPackage[Known]", W, S], Generic[U, W, S]):
    """The part of a package's `Lifecycle` that is alike for every type of it."""

    async def _account(self, news: AnyPackage[Unknown]) -> Account:
        """The account that is named, the default one while that is not known."""
        return await self.core.account_of(AccountName("") if news.account is UNKNOWN else news.account)

    def _tell_risk(self, olds: S) -> None:
        """What the state knows of a version in use: a preview asks the cloud nothing about it."""
        if olds.risk:
            self.core.progress.warn(f"{olds.name}: {olds.risk}")

    def _made(self, outcome: Outcome[S]) -> Outcome[S]:
        self.core.related.made(outcome.state)
        return outcome

    async def _replaced(self, olds: W | None, news: AnyArguments, checks: PackageChecks) -> AnyPackage[Known] | None:
        """What a package that is checked without a state was before, by this process or by the name of its artifact."""
        known = olds if olds is not None and olds.owner_id else None
        seen = self._remembered(news.owner_id, known)
        return await checks.renamed(news) if known is None and seen is None else seen

    def _with_duplicates(self, checked: Checked[I], news: AnyArguments) -> Checked[I]:
        """With a name that another package of this program has too: before either exists, the cloud cannot tell."""
        name, account = checked.inputs.artifact_name, checked.inputs.account
        if any(failure.path == "name" for failure in checked.failures) or name is UNKNOWN or account is UNKNOWN:
            return checked
        mine = (str(checked.inputs.owner_id), news.logical_name)
        owner, logical_name = self.core.named.setdefault((account, name), mine)
        if owner == mine[0]:
            return checked
        why = f"package {logical_name!r} of this program is named {name!r} too; rename one of them"
        return checked.plus((Failure("name", why),))
