"""The questions that a check may ask the cloud: read-only, bounded, cached for the life of the process.

The engine checks one resource after the other, so an answer that takes a while is waited for as many times as it is
asked for: nothing is asked of a package whose source and regions are those of the last run, and no image twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from computenest.kernel import identity
from computenest.kernel.arguments import ALL_REGIONS, Listed, wants_all_regions
from computenest.kernel.errors import Permanent, Reason, Transient
from computenest.kernel.names import ImageId, OwnerId, RegionId
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.regions import many_regions
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.reconcile.asking import asked
from computenest.resources._packages import check as distribution
from computenest.resources._packages.any_check import name_of, strange_region
from computenest.resources._packages.image_package import Arguments, Package
from computenest.resources._packages.model import (
    AnyArguments,
    AnyPackage,
    Image,
    MarketplaceImage,
    Product,
    Source,
)

if TYPE_CHECKING:
    from computenest.kernel.costs import Copying
    from computenest.resources._packages.api import CloudArtifacts
    from computenest.resources._packages.images_api import CloudImages
    from computenest.resources._packages.market_api import CloudMarket

I = TypeVar("I")  # noqa: E741 - checked inputs
P = TypeVar("P", bound="AnyPackage[Unknown]")

Sibling = Callable[[str, OwnerId], OwnerId | None]
"""The identity of the resource with that logical name beside the one with this identity, None where it is not known."""

_ASKED_ABOUT = ("source", "distribution", "direct", "account")


@dataclass(slots=True)
class PackageChecks:
    """Checks packages of one account against what the cloud says."""

    artifacts: CloudArtifacts
    images: CloudImages
    market: CloudMarket
    sibling: Sibling = lambda _name, _own: None
    _regions: asyncio.Task[frozenset[RegionId]] | None = None
    _images: dict[tuple[RegionId, ImageId], asyncio.Task[Mapping[ImageId, Image]]] = field(default_factory=dict)
    _products: dict[str, asyncio.Task[Product | None]] = field(default_factory=dict)

    async def check(
        self, olds: Package[Known] | None, news: Arguments, *, recorded: AnyPackage[Known] | None
    ) -> Checked[Package[Unknown]]:
        """Checked inputs with every failure, and warnings about what could not be asked."""
        regions, unresolved, notes = await self.all_regions(
            news.listed, news.source, olds.distribution if olds is not None else None
        )
        news = Arguments.made(news, listed=regions)
        checked = distribution.check(olds, news, recorded=recorded).plus(unresolved, notes)
        if unresolved:
            return checked
        checked = checked.plus(warnings=many_regions(checked.inputs.distribution))
        if olds is not None and olds.owner_id and _is_settled(olds, checked.inputs):
            return checked
        return await asked(checked, self._answered(olds, news, checked, is_new=olds is None or not olds.owner_id))

    async def all_regions(
        self, regions: Listed, source: Maybe[Source] | None, before: Collection[RegionId] | None
    ) -> tuple[Listed, tuple[Failure, ...], tuple[str, ...]]:
        """`[all]` as the regions that there are now: of a marketplace image those where it is sold, of everything else
        those of the cloud. Where the cloud cannot be asked, those of the last run."""
        if not wants_all_regions(regions):
            return regions, (), ()
        try:
            if isinstance(source, MarketplaceImage):
                return (UNKNOWN if source.has_unknown else await self._sold_in(source)), (), ()
            return tuple(sorted(await self._known_regions())), (), ()
        except Transient as error:
            if before is not None:
                stays = f"regions: `{ALL_REGIONS}` stays as it was, the cloud cannot be asked"
                return tuple(sorted(before)), (), (Reason.of(error, left_out=stays),)
            why = f"the cloud cannot be asked which regions there are ({error}); name them, or run it again"
            return UNKNOWN, (Failure("regions", why),), ()
        except Permanent as error:
            return UNKNOWN, (Failure("regions", Reason.of(error)),), ()

    async def strange_regions(self, checked: Checked[I], regions: Mapping[str, str]) -> Checked[I]:
        """With failures for those of `regions` (property path -> region) that the cloud does not have."""

        async def found() -> Checked[I]:
            there = await self._known_regions()
            judged = (strange_region(path, region, there) for path, region in sorted(regions.items()))
            return checked.plus(failure for failure in judged if failure is not None)

        return await asked(checked, found()) if regions else checked

    async def _sold_in(self, source: MarketplaceImage) -> Listed:
        """The regions where a marketplace image is sold; where product or version are wrong, that is told instead."""
        product = await self._product(str(source.commodity_code))
        sold = product.versions.get(str(source.commodity_version)) if product is not None else None
        return UNKNOWN if sold is None else tuple(sorted(sold))

    async def _answered(
        self, olds: Package[Known] | None, news: Arguments, checked: Checked[Package[Unknown]], *, is_new: bool
    ) -> Checked[Package[Unknown]]:
        questions, inputs = distribution.questions(news, checked, is_new=is_new), checked.inputs
        regions, image, product, taken = await asyncio.gather(
            self._known_regions() if questions.regions else _nothing(),
            self._image(questions.image) if questions.image else _nothing(),
            self._product(questions.product) if questions.product else _nothing(),
            self._taken(questions.name, inputs) if questions.name else _nothing(),
        )
        judged = distribution.check_answers(inputs, questions, regions=regions, image=image, product=product)
        refused = (*judged, *((taken,) if taken else ()))
        copies = _copying(olds, news, inputs, image) if not (refused or checked.failures) else None
        return checked.plus(refused, notes=[copies.sentence] if copies is not None else [])

    async def _known_regions(self) -> frozenset[RegionId]:
        if self._regions is None or (self._regions.done() and self._regions.exception()):
            self._regions = asyncio.create_task(self.images.regions())
        return await self._regions

    async def _image(self, where: tuple[RegionId, ImageId]) -> Image | None:
        region, image = where
        task = self._images.get(where)
        if task is None or (task.done() and task.exception()):
            task = self._images[where] = asyncio.create_task(self._described(region, image))
        return (await task).get(image)

    async def _described(self, region: RegionId, image: ImageId) -> Mapping[ImageId, Image]:
        """As a community image, too, before it is said not to exist."""
        found = await self.images.describe(region=region, ids=[image])
        return found or await self.images.published(region=region, ids=[image])

    async def _product(self, code: str) -> Product | None:
        task = self._products.get(code)
        if task is None or (task.done() and task.exception()):
            task = self._products[code] = asyncio.create_task(self.market.product(code=code))
        return await task

    async def _taken(self, name: str, inputs: AnyPackage[Unknown]) -> Failure | None:
        """A stranger's artifact of exactly this name; one that only fuzzily matches is none of our business."""
        owner, generation = inputs.owner_id, inputs.generation
        named = await self.artifacts.find(name=name)
        if not named or any(identity.is_ours(a.tags, owner_id=owner, generation=generation) for a in named):
            return None
        whose = named[0].tags.get(identity.OWNER_TAG)
        if whose == owner:
            return None  # an earlier generation of ours that is about to go; create decides
        there = f"artifact {named[0].artifact_id} is named {name!r} already and"
        if whose is not None and self.sibling(name, owner) == whose:
            alias = f"aliases=[pulumi.Alias(name={name!r})]"
            return Failure(
                "name",
                f"{there} is that of resource {name!r} of this stack: if this is its new name, {alias} keeps it; "
                "otherwise choose another name",
            )
        by = "was not made by this stack"
        if whose is not None:
            by = f"belongs to {whose}, another resource (an alias with its name keeps it if it was renamed)"
        return Failure(
            "name", f"{there} {by}; it is left untouched: choose another name, or delete that artifact yourself"
        )

    async def renamed(self, news: AnyArguments) -> AnyPackage[Known] | None:
        """What a package that is replaced by force was under the former name of its resource, None for none such: the
        engine hands over no state then. A cloud that cannot be reached is told of by the questions that follow."""
        former, name = news.former_owners, name_of(None, news)
        if not former or name is UNKNOWN:
            return None
        try:
            named = await self.artifacts.find(name=name)
        except (Transient, Permanent):
            return None
        for artifact in named:
            owner = OwnerId(artifact.tags.get(identity.OWNER_TAG, ""))
            if owner in former:
                generation = int(artifact.tags.get(identity.GENERATION_TAG, "1"))
                return AnyPackage[Known](owner_id=owner, generation=generation, artifact_name=artifact.name)
        return None

    async def taken(self, checked: Checked[P]) -> Checked[P]:
        """With a failure where the name that a new package asks for is somebody else's."""
        name = checked.inputs.artifact_name
        if name is UNKNOWN or any(failure.path == "name" for failure in checked.failures):
            return checked

        async def found() -> Checked[P]:
            failure = await self._taken(name, checked.inputs)
            return checked if failure is None else checked.plus((failure,))

        return await asked(checked, found())


def _copying(
    olds: Package[Known] | None, news: Arguments, inputs: Package[Unknown], image: Image | None
) -> Copying | None:
    """The copies of an image that this run begins; None where there are none, or their size is not known."""
    from computenest.kernel.costs import Copying

    if image is None or not image.size_gib or inputs.distribution is UNKNOWN:
        return None
    before = olds.distribution if olds is not None else {}
    new = [r for r, gets in inputs.distribution.items() if gets != before.get(r) and str(gets).startswith("copy of ")]
    return Copying(str(news.logical_name or inputs.artifact_name), image.size_gib, len(new)) if new else None


def _is_settled(olds: Package[Known], inputs: Package[Unknown]) -> bool:
    """Whether everything that questions are about was there before, and asked about then."""
    return all(getattr(olds, name) == getattr(inputs, name) for name in _ASKED_ABOUT)


async def _nothing() -> None:
    return None
