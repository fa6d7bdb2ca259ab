"""What the lifecycles of all package types share: a name belongs to one of them, and a replacement is known by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from computenest.kernel.lifecycle import Operations
from computenest.kernel.outcome import Checked, Failure, Outcome
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._packages.check import Recorded, recorded_in
from computenest.resources._packages.cloud_checks import PackageChecks
from computenest.resources._packages.ports import Artifacts
from computenest.resources._packages.risk import RISK
from computenest.resources._program.accounts import AccountLifecycle

__all__ = ["PackageLifecycle"]

U = TypeVar("U", bound=Operations)


@dataclass(slots=True)
class PackageLifecycle(AccountLifecycle[U, Recorded]):
    """The part of a package's `Lifecycle` that is alike for every type of it."""

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        return self._made(await (await self._of(inputs)).create(inputs))

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        return self._made(await (await self._of(inputs)).update(inputs, former))

    def _tell_risk(self, olds: Mapping[str, Any]) -> None:
        """What the state knows of a version in use: a preview asks the cloud nothing about it."""
        if risk := olds.get(RISK):
            self.core.progress.warn(f"{olds.get('name')}: {risk}")

    def _made(self, outcome: Outcome) -> Outcome:
        self.core.related.made(outcome.state)
        return outcome

    async def _replaced(
        self, olds: Mapping[str, Any], news: Mapping[str, Any], checks: PackageChecks, artifacts: Artifacts
    ) -> Recorded | None:
        """What a package that is checked without a state was before, by this process or by the name of its artifact."""
        known = recorded_in(olds)
        seen = self._recall(news, known)
        return await checks.renamed(artifacts, news) if known is None and seen is None else seen

    def _with_duplicates(self, checked: Checked, news: Mapping[str, Any]) -> Checked:
        """With a name that another package of this program has too: before either exists, the cloud cannot tell."""
        inputs = checked.inputs
        name, account = inputs.get("artifactName"), inputs.get("account")
        if any(failure.path == "name" for failure in checked.failures):
            return checked
        if not isinstance(name, str) or account is UNKNOWN or "direct" in inputs:  # there the name belongs to nobody
            return checked
        mine = (str(inputs.get("ownerId", "")), str(news.get("logicalName", "")))
        owner, logical_name = self.core.named.setdefault((str(account or ""), name), mine)
        if owner == mine[0]:
            return checked
        why = f"package {logical_name!r} of this program is named {name!r} too; rename one of them"
        return checked.plus((Failure("name", why),))
