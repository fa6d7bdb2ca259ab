"""`EcsImagePackage` as a `Lifecycle`: in managed distribution, and in direct between accounts of one's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from computenest.kernel.errors import ComputeNestError, Invalid, Reason
from computenest.kernel.lifecycle import Path
from computenest.kernel.names import AccountName, ArtifactId, OwnerId
from computenest.kernel.outcome import Checked, Difference, Failure, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.kernel.urn import current_stack
from computenest.resources._packages.direct_model import DirectSpec, is_resource_id
from computenest.resources._packages.image_package import Arguments, Package, State
from computenest.resources._packages.lifecycle import PackageLifecycle
from computenest.resources._packages.opened import checks_of, packages_of
from computenest.resources._program.core import Account
from computenest.resources.ecs_image_package.declaration import MODELS, RESOURCE
from computenest.resources.ecs_image_package.diff import diff
from computenest.resources.ecs_image_package.direct.hub_checks import hub_of
from computenest.resources.ecs_image_package.preview import preview

if TYPE_CHECKING:
    from computenest.resources._packages.packages import Packages
    from computenest.resources.ecs_image_package.direct.packages import DirectPackages
    from computenest.resources.ecs_image_package.direct.sites import Site

_COMPUTED_FROM = {"source": "distribution", "regions": "distribution", "name": "artifactName"}


@dataclass(slots=True)
class ImageLifecycle(
    PackageLifecycle["Packages[Package[Known], State[Known]] | DirectPackages", Package[Known], State[Known]]
):
    """Lifecycle of `EcsImagePackage`."""

    _sites: dict[AccountName, Site] = field(default_factory=dict)
    shape = Shape(RESOURCE, models=MODELS)

    async def check(self, olds: Package[Known] | None, news: Arguments) -> Checked[Package[Unknown]]:
        """Asked of the cloud, too; in direct distribution of the hub beside it."""
        if news.listed is None and news.distribution is not None and news.distribution is not UNKNOWN:
            news = Arguments.made(news, listed=tuple(sorted(news.distribution)))  # those of an import, checked again
        if olds is not None and olds.owner_id:
            self.core.distributed[olds.owner_id] = frozenset(olds.distribution)
        else:
            news = _with_stack(news)
        checks = checks_of(await self._account(news))
        recorded = await self._replaced(olds, news, checks)
        checked = await checks.check(olds, news, recorded=recorded)
        if checked.inputs.direct is None:  # elsewhere a name belongs to nobody
            return self._with_duplicates(checked, news)
        if (hub := hub_of(checked.inputs)) is None:
            return checked
        try:
            site = self._site(await self.core.account_of(hub))
        except ComputeNestError as error:
            return checked.plus((Failure("direct.hubAccount", Reason.of(error)),))
        return await site.checks.check(checked)

    def diff(self, olds: State[Known], news: Package[Unknown]) -> Difference:
        self.core.related.made(olds)
        self._tell_risk(olds)
        return diff(olds, news)

    def preview(self, inputs: Package[Unknown], former: State[Known] | None) -> State[Unknown]:
        promised = preview(inputs, former, assume_stable_delivery=self.core.settings.assume_stable_delivery)
        if former is not None:
            self.core.related.will_be(former, promised)
        if promised.artifact_id is not UNKNOWN:  # of a new one nobody knows which one is meant
            self.core.previewed[promised.artifact_id] = promised
        return promised

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        """What the state says of it decides where is looked; an import looks at Compute Nest's artifact."""
        if known is not None and known.artifact_id:
            return await self._look(id_, known, (await self._of(known)).read, name=known.name)
        if is_resource_id(id_):
            raise Invalid(
                f"{id_} is distributed directly and cannot be imported: of what it was made no cloud tells",
                hint="declare it without `import`: copies that are there are found by their tags and not made again",
            )
        from computenest.resources._packages.adopt import adopted  # as `_open` does

        account = known.account if known is not None else AccountName("")
        packages = self._open(await self.core.account_of(account))
        return await adopted(packages, ArtifactId(id_), owner_id=owner_id, account=account)

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        return given | {(_COMPUTED_FROM[str(path[0])],) for path in given if path[0] in _COMPUTED_FROM}

    def _open(self, account: Account) -> Packages[Package[Known], State[Known]]:
        return packages_of(account)

    async def _of(self, known: Package[Known]) -> Packages[Package[Known], State[Known]] | DirectPackages:
        """Those of the way that a package is distributed."""
        account = await self.core.account_of(known.account)
        if known.direct is None:
            return self._open(account)
        site = self._site(await self.core.account_of(known.direct.hub_account))
        return site.packages_from(self._site(account), self.core)

    def _site(self, account: Account) -> Site:
        from computenest.resources.ecs_image_package.direct.sites import open_site  # as `_open` does

        name = account.session.account
        if name not in self._sites:
            self._sites[name] = open_site(account, self.core)
        return self._sites[name]


def _with_stack(news: Arguments) -> Arguments:
    """The wish for a new package, with the stack that its copies are tagged with: only the SDK for Python says it."""
    direct, stack = news.direct, current_stack()
    if not isinstance(direct, DirectSpec) or direct.stack or not stack:
        return news
    return Arguments.made(news, direct=direct.model_copy(update={"stack": stack}))


LIFECYCLE = ImageLifecycle
