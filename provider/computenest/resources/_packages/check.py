"""Validation of a package's inputs: pure, on known and partly unknown values alike, all failures at once.

Both transports call `check` first; the engine then asks the cloud the few `Questions` that the input raises (is that
region real, is that image there, where is that product sold) and `check_answers` judges the answers. Nothing here
changes anything, and an unknown value is skipped, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from computenest.kernel import regions as geography
from computenest.kernel.arguments import ALL_REGIONS, quoted
from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources._packages.any_check import (
    check_texts,
    distribution_of,
    identified,
    name_of,
    sorted_tags,
    strange_region,
)
from computenest.resources._packages.direct_check import check_direct
from computenest.resources._packages.direct_model import DirectSpec
from computenest.resources._packages.image_package import Arguments, Package
from computenest.resources._packages.model import AnyPackage, CustomImage, Image, MarketplaceImage, Product, Source


def check(
    olds: Package[Known] | None, news: Arguments, *, recorded: AnyPackage[Known] | None
) -> Checked[Package[Unknown]]:
    """Checked inputs: what the user set, normalised, plus identity and the per-region `distribution` map.

    Args:
        olds: the inputs checked last time, None for a create or the second check of a replacement.
        news: what the program asks for; what could not be read counts as unknown.
        recorded: what this process has seen of the same resource in the state, for a replacement.
    """
    failures: list[Failure] = []
    source, before = news.source, olds.distribution if olds is not None else None
    origin = UNKNOWN if source is UNKNOWN or source.has_unknown else source.origin
    wanted = Package[Unknown].made(
        news,
        name=name_of(olds, news),
        tags=sorted_tags(news),
        direct=check_direct(olds, news, failures),
        distribution=distribution_of(news.listed, before, origin, failures, is_needed=True),
        superseded=None,
    )
    check_texts(wanted, failures)
    _check_image_id(source, failures)
    return Checked(identified(wanted, olds, recorded), tuple(failures))


def _check_image_id(source: Maybe[Source], failures: list[Failure]) -> None:
    """Whether it is an image's id, of the region that is named beside it."""
    if not isinstance(source, CustomImage) or source.image_id is UNKNOWN:
        return
    image, region = source.image_id, source.region
    if not geography.is_image_id(image):
        failures.append(
            Failure(
                "source.imageId",
                f"{quoted(image)} is not an image id: `m-` and letters and digits, as in m-bp1abcdefghij",
            )
        )
        return
    home = geography.region_of_image(image)
    if home is not None and region is not UNKNOWN and home != region:
        failures.append(
            Failure(
                "source.imageId",
                f"{image} has the prefix of {home}, but source.region is {region}; name the region the image lives in",
            )
        )


@dataclass(frozen=True, slots=True)
class Questions:
    """What only the cloud can answer: read-only, few, and cached by whoever asks."""

    regions: Mapping[str, RegionId]
    """Property path -> region that no table knows."""
    image: tuple[RegionId, ImageId] | None = None
    product: str | None = None
    name: str | None = None
    """An artifact name that must be free or ours; asked only where the state records no artifact yet."""


def questions(news: Arguments, checked: Checked[Package[Unknown]], *, is_new: bool) -> Questions:
    """The questions that checked inputs raise; none about anything that already failed or is unknown."""
    inputs, failed = checked.inputs, {failure.path for failure in checked.failures}
    listed = () if news.listed is None or news.listed is UNKNOWN else news.listed
    asked = [(f"regions[{i}]", r) for i, r in enumerate(listed) if r is not UNKNOWN and r not in ("", ALL_REGIONS)]
    if isinstance(inputs.direct, DirectSpec):
        asked += [(f"direct.kmsKeys.{region}", region) for region in inputs.direct.kms_keys]
    source = inputs.source
    image = product = None
    if source is not UNKNOWN and not source.has_unknown:
        if isinstance(source, MarketplaceImage):
            product = str(source.commodity_code)
        elif source.region:
            asked.append(("source.region", RegionId(str(source.region))))
        if isinstance(source, CustomImage) and "source.imageId" not in failed:
            image = source.original
    strange = {path: r for path, r in asked if r not in geography.KNOWN_REGIONS and path not in failed}
    if image is not None and image.region in strange.values():
        image = None
    name = inputs.artifact_name if inputs.direct is None else None  # no artifact, no name in Compute Nest
    return Questions(
        regions=strange, image=image, product=product, name=name if is_new and isinstance(name, str) else None
    )


def check_answers(
    inputs: Package[Unknown],
    asked: Questions,
    *,
    regions: frozenset[RegionId] | None,
    image: Image | None,
    product: Product | None,
) -> tuple[Failure, ...]:
    """Judges what the cloud answered. `regions` is None where the cloud was not asked."""
    failures: list[Failure] = []
    if regions is not None:
        for path, region in sorted(asked.regions.items()):
            if (strange := strange_region(path, region, regions)) is not None:
                failures.append(strange)
    if asked.image is not None:
        failures.extend(_check_image(asked.image, image, if_encrypted=_remedy(inputs.direct)))
        if image is not None and image.product_code:
            if inputs.direct is None:
                failures.append(_sold(image, is_direct=False))
            elif inputs.direct is not UNKNOWN and inputs.direct.permit:
                failures.append(_sold(image, is_direct=True))
    if asked.product is not None:
        failures.extend(_check_product(inputs, asked.product, product))
    return tuple(failures)


def _remedy(direct: Maybe[DirectSpec] | None) -> str:
    """What to do about an encrypted image; "" where it can be distributed."""
    if direct is None:
        return "an encrypted image cannot be shared with Compute Nest, use an unencrypted copy"
    if direct is UNKNOWN or direct.kms_keys:
        return ""
    return (
        "an encrypted image needs keys for its copies: name one a region in direct.kmsKeys, or use an unencrypted copy"
    )


def _check_image(where: tuple[RegionId, ImageId], image: Image | None, *, if_encrypted: str) -> Iterable[Failure]:
    """Whether an image can be copied."""
    region, image_id = where
    if image is None:
        yield Failure(
            "source.imageId", f"{image_id} does not exist in {region}, or this account may not see it; check both"
        )
    elif image.is_encrypted and if_encrypted:
        yield Failure("source.imageId", f"{image_id} is encrypted; {if_encrypted}")
    elif image.status not in {"Available", "Creating", "Waiting"}:
        yield Failure(
            "source.imageId", f"{image_id} is {image.status} in {region}; only an Available image can be copied"
        )


def _sold(image: Image, *, is_direct: bool) -> Failure:
    """Alibaba Cloud's documentation of shared images: what was made from a marketplace image cannot be shared."""
    what = f"{image.image_id} is, or was made from, the marketplace image of {quoted(image.product_code)}"
    instead = "distribute the product itself (MarketplaceImage), or an image that was made from another one"
    if is_direct:
        return Failure("direct.permit", f"{what} and cannot be shared; leave the accounts out, or use another image")
    return Failure("source.imageId", f"{what} and cannot be shared with Compute Nest; {instead}")


def _check_product(inputs: Package[Unknown], code: str, product: Product | None) -> Iterable[Failure]:
    """Whether the marketplace sells it, in this version, wherever it is wanted."""
    if product is None:
        yield Failure("source.commodityCode", f"the marketplace has no product {quoted(code)}")
        return
    version = str(inputs.source.commodity_version) if isinstance(inputs.source, MarketplaceImage) else ""
    sold = product.versions.get(version)
    if sold is None:
        versions = ", ".join(sorted(product.versions)) or "none"
        yield Failure("source.commodityVersion", f"{code} has no version {quoted(version)}; its versions: {versions}")
        return
    if inputs.distribution is not UNKNOWN:
        for region in sorted(set(inputs.distribution) - set(sold)):
            yield Failure(
                "regions",
                f"{code} {version} is not sold in {region}; it is sold in {', '.join(sorted(sold))}: "
                f"take {region} out of regions or choose another product",
            )
