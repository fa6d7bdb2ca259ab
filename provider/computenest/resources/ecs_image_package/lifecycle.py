"""`EcsImagePackage` as a `Lifecycle`: in managed distribution, and in direct between accounts of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from computenest.kernel.errors import ComputeNestError, Invalid, Reason
from computenest.kernel.lifecycle import Found, Path
from computenest.kernel.names import AccountName, ArtifactId, OwnerId
from computenest.kernel.outcome import Checked, Difference, Failure
from computenest.kernel.shapes import Shape
from computenest.kernel.urn import current_stack
from computenest.resources._packages import state
from computenest.resources._packages.check import recorded_in
from computenest.resources._packages.direct_model import is_resource_id
from computenest.resources._packages.lifecycle import PackageLifecycle
from computenest.resources._packages.opened import checks_of, packages_of
from computenest.resources._program.core import Account
from computenest.resources.ecs_image_package.declaration import RESOURCE
from computenest.resources.ecs_image_package.diff import diff
from computenest.resources.ecs_image_package.direct.hub_checks import hub_of
from computenest.resources.ecs_image_package.preview import foresee

if TYPE_CHECKING:
    from computenest.resources._packages.packages import Packages
    from computenest.resources.ecs_image_package.direct.packages import DirectPackages
    from computenest.resources.ecs_image_package.direct.sites import Site

__all__ = ["LIFECYCLE", "ImageLifecycle"]

_COMPUTED_FROM = {"source": "distribution", "regions": "distribution", "name": "artifactName"}


@dataclass(slots=True)
class ImageLifecycle(PackageLifecycle["Packages | DirectPackages"]):
    """Lifecycle of `EcsImagePackage`."""

    _sites: dict[AccountName, Site] = field(default_factory=dict)
    shape = Shape(RESOURCE)

    async def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        if "regions" not in news and isinstance(news.get("distribution"), Mapping):
            news = {**news, "regions": sorted(news["distribution"])}  # the inputs of an import, checked again
        if (known := recorded_in(olds)) is not None:
            self.core.distributed[known.owner_id] = known.regions
        else:
            news = _with_stack(news)
        account = await self.core.account(news)
        recorded = await self._replaced(olds, news, checks_of(account), checks_of(account).artifacts)
        checked = self._with_duplicates(await checks_of(account).check(olds, news, recorded=recorded), news)
        if (hub := hub_of(checked.inputs)) is None:
            return checked
        try:
            site = self._site(await self.core.account({"account": hub}))
        except ComputeNestError as error:
            return checked.plus((Failure("direct.hubAccount", Reason.of(error)),))
        return await site.checks.check(checked)

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
        self.core.related.made(olds)
        self._tell_risk(olds)
        return diff(olds, news)

    def foresee(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
        promised = foresee(inputs, former, assume_stable_delivery=self.core.settings.assume_stable_delivery)
        self.core.related.will_be(former, promised)
        if isinstance(artifact_id := promised["artifactId"], str):  # of a new one nobody knows which one is meant
            self.core.foreseen[artifact_id] = promised
        return promised

    async def read(self, id_: str, known: Mapping[str, Any], *, owner_id: OwnerId) -> Found | None:
        if known.get("artifactId"):
            return await self._look(id_, known, (await self._of(known)).read, state.inputs_of)
        if is_resource_id(id_):
            raise Invalid(
                f"{id_} is distributed directly and cannot be imported: of what it was made no cloud tells",
                hint="declare it without `import`: copies that are there are found by their tags and not made again",
            )
        account = AccountName(str(known.get("account") or ""))
        packages = packages_of(await self.core.account({"account": account}))
        made = await packages.adopt(ArtifactId(id_), owner_id=owner_id, account=account)
        return None if made is None else Found(made, state.inputs_of(made.state))

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        return given | {(_COMPUTED_FROM[str(path[0])],) for path in given if path[0] in _COMPUTED_FROM}

    def _open(self, account: Account) -> Packages:
        return packages_of(account)

    async def _of(self, properties: Mapping[str, Any]) -> Packages | DirectPackages:
        """Those of the way that a package is distributed."""
        account, direct = await self.core.account(properties), properties.get("direct")
        if not isinstance(direct, Mapping):
            return self._open(account)
        site = self._site(await self.core.account({"account": direct.get("hubAccount")}))
        return site.packages_from(self._site(account), self.core)

    def _site(self, account: Account) -> Site:
        from computenest.resources.ecs_image_package.direct.sites import open_site  # as `_open` does

        name = account.session.account
        if name not in self._sites:
            self._sites[name] = open_site(account, self.core)
        return self._sites[name]


def _with_stack(news: Mapping[str, Any]) -> Mapping[str, Any]:
    """The wish for a new package, with the stack that its copies are tagged with: only the SDK for Python says it."""
    direct, stack = news.get("direct"), current_stack()
    if not isinstance(direct, Mapping) or direct.get("stack") or not stack:
        return news
    return {**news, "direct": {**direct, "stack": stack}}


LIFECYCLE = ImageLifecycle
