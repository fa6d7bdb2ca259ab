"""Validation of a package's inputs: pure, on known and partly unknown values alike, all failures at once.

Both transports call `check` first; the engine then asks the cloud the few `Questions` that the input raises (is that
region real, is that image there, where is that product sold) and `check_answers` judges the answers. Nothing here
changes anything, and an unknown value is skipped, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from computenest.kernel import identity
from computenest.kernel import regions as geography
from computenest.kernel.arguments import ALL_REGIONS, check_line, check_name, check_tags, quoted
from computenest.kernel.names import ImageId, OwnerId, RegionId
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.kernel.values import Model
from computenest.resources._packages.direct_check import check_direct, has_keys
from computenest.resources._packages.model import (
    BuiltImage,
    CustomImage,
    Image,
    MarketplaceImage,
    Package,
    Product,
)

__all__ = [
    "MAX_NAME",
    "Questions",
    "Recorded",
    "check",
    "check_answers",
    "failures_of",
    "identity_inputs",
    "package_of",
    "questions",
    "recorded_in",
    "strange_region",
    "suggest",
    "validated",
]

_SOURCES: dict[str, type[CustomImage | MarketplaceImage | BuiltImage]] = {
    "custom": CustomImage,
    "marketplace": MarketplaceImage,
    "built": BuiltImage,
}
_COMPUTED = frozenset({"ownerId", "generation", "artifactName", "distribution", "formerOwners"})
_LOGICAL_NAME = "logicalName"  # the name of a package whose user gave none; a rename of the resource keeps the old one
_FIELDS = {
    field.alias or name: TypeAdapter(field.rebuild_annotation())
    for name, field in Package.model_fields.items()
    if name not in {"source", "regions", "tags", "direct"} and (field.alias or name) not in _COMPUTED
}
MAX_NAME = 128  # unverified: no published limit for artifact names


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the state says of a resource: read by the first check of a replacement, used by the second.

    The engine calls check again with no old inputs when it replaces a resource; without this the new object would
    take itself for the old one and adopt it.
    """

    owner_id: OwnerId
    generation: int
    artifact_name: str
    regions: frozenset[str] = frozenset()
    """Where the state says that it is distributed; after a refresh without what was lost."""


def recorded_in(olds: Mapping[str, Any]) -> Recorded | None:
    """What old inputs or outputs record; None for none."""
    if not olds.get("ownerId"):
        return None
    return Recorded(
        owner_id=OwnerId(str(olds["ownerId"])),
        generation=int(olds.get("generation", 1)),
        artifact_name=str(olds.get("artifactName", olds.get("name", ""))),
        regions=frozenset(olds.get("distribution") or ()),
    )


def check(olds: Mapping[str, Any], news: Mapping[str, Any], *, recorded: Recorded | None) -> Checked:
    """Checked inputs: what the user set, normalised, plus identity and the per-region `distribution` map.

    Args:
        olds: the inputs checked last time, {} for a create or the second check of a replacement.
        news: what the program asks for; `regions` may be absent where `ignoreChanges` names it.
        recorded: what this process has seen of the same resource in the state, for a replacement.
    """
    failures: list[Failure] = []
    inputs: dict[str, Any] = {}
    for key, value in news.items():
        if key in _COMPUTED or key in {"source", "regions", "tags", "direct", _LOGICAL_NAME} or value is None:
            continue
        if key not in _FIELDS:
            failures.append(Failure(key, f"there is no property {quoted(key)}{suggest(key, _FIELDS)}"))
        elif has_unknown(value):
            inputs[key] = UNKNOWN
        else:
            inputs[key] = validated(_FIELDS[key], value, path=key, failures=failures)
    inputs.setdefault("name", olds.get("name") or news.get(_LOGICAL_NAME))
    check_line(inputs.get("versionName"), failures, path="versionName")
    check_name(inputs.get("name"), failures, limit=MAX_NAME)
    inputs |= check_tags(news.get("tags"), failures)
    inputs["source"], origin = _check_source(news.get("source"), failures)
    inputs |= check_direct(olds, news, inputs, failures)
    inputs["distribution"] = _check_regions(olds, news, origin, failures)
    inputs |= identity_inputs(olds, news, inputs.get("name", UNKNOWN), recorded)
    return Checked(inputs=inputs, failures=tuple(failures))


def package_of(inputs: Mapping[str, Any]) -> Package:
    """The package that fully known, checked inputs describe.

    Raises:
        pydantic.ValidationError: never for inputs that passed `check`.
    """
    known = {
        key: value
        for key, value in inputs.items()
        if key in _FIELDS or key in _COMPUTED or key in {"source", "tags", "direct"}
    }
    distribution = known.pop("distribution")
    return Package.model_validate({**known, "regions": tuple(sorted(distribution))})


def identity_inputs(
    olds: Mapping[str, Any], news: Mapping[str, Any], name: Any, recorded: Recorded | None
) -> dict[str, Any]:
    """Owner, generation and artifact name: kept from the old inputs, counted up for a replacement, or new."""
    known = recorded_in(olds)
    if known is not None:
        return {"ownerId": known.owner_id, "generation": known.generation, "artifactName": known.artifact_name}
    if recorded is not None:
        generation = recorded.generation + 1
        fresh = (
            UNKNOWN
            if name is UNKNOWN
            else identity.artifact_name(name, generation=generation, former_name=recorded.artifact_name)
        )
        return {"ownerId": recorded.owner_id, "generation": generation, "artifactName": fresh}
    return {"ownerId": news.get("ownerId", ""), "generation": 1, "artifactName": name}


def _check_source(source: Any, failures: list[Failure]) -> tuple[Any, Any]:
    """The normalised source, and its origin (what a region gets), each UNKNOWN where it cannot be known."""
    if source is UNKNOWN:
        return UNKNOWN, UNKNOWN
    kinds = "CustomImage, MarketplaceImage or BuiltImage"
    if not isinstance(source, Mapping):
        failures.append(Failure("source", f"a source is needed: one of {kinds}"))
        return UNKNOWN, UNKNOWN
    model = _SOURCES.get(str(source.get("kind", "")))
    if model is None:
        failures.append(Failure("source.kind", f"{quoted(source.get('kind'))} is no kind of source; use {kinds}"))
        return UNKNOWN, UNKNOWN
    given = {key: value for key, value in source.items() if value is not None}
    if has_unknown(given):
        normal = _check_partial(model, given, failures)
        _check_image_id(normal, failures)
        return normal, UNKNOWN
    try:
        parsed = model.model_validate(given)
    except ValidationError as error:
        failures.extend(failures_of(error, prefix="source"))
        return UNKNOWN, UNKNOWN
    normal = {"kind": parsed.kind, **parsed.model_dump(by_alias=True, exclude_unset=True, mode="json")}
    _check_image_id(normal, failures)
    return normal, parsed.origin


def _check_partial(model: type[Model], given: Mapping[str, Any], failures: list[Failure]) -> dict[str, Any]:
    fields = {
        field.alias or name: TypeAdapter(field.rebuild_annotation()) for name, field in model.model_fields.items()
    }
    normal: dict[str, Any] = {}
    for key, value in given.items():
        if key not in fields:
            failures.append(Failure(f"source.{key}", f"there is no property {quoted(key)}{suggest(key, fields)}"))
        elif has_unknown(value):
            normal[key] = UNKNOWN
        else:
            normal[key] = validated(fields[key], value, path=f"source.{key}", failures=failures)
    return normal


def _check_image_id(source: Mapping[str, Any], failures: list[Failure]) -> None:
    if source.get("kind") != "custom" or not isinstance(source.get("imageId"), str):
        return
    image, region = ImageId(source["imageId"]), source.get("region")
    if not geography.is_image_id(image):
        failures.append(
            Failure(
                "source.imageId",
                f"{quoted(image)} is not an image id: `m-` and letters and digits, as in m-bp1abcdefghij",
            )
        )
        return
    home = geography.region_of_image(image)
    if home is not None and isinstance(region, str) and home != region:
        failures.append(
            Failure(
                "source.imageId",
                f"{image} has the prefix of {home}, but source.region is {region}; name the region the image lives in",
            )
        )


def _check_regions(olds: Mapping[str, Any], news: Mapping[str, Any], origin: Any, failures: list[Failure]) -> Any:
    wanted = news.get("regions")
    if wanted is None and isinstance(olds.get("distribution"), Mapping):
        wanted = sorted(olds["distribution"])  # ignoreChanges: ["regions"] takes the property away
    if wanted is UNKNOWN:
        return UNKNOWN
    if isinstance(wanted, str) or not isinstance(wanted, Iterable):
        failures.append(Failure("regions", "a list of regions is needed, as in [cn-hangzhou, cn-beijing]"))
        return {}
    regions = list(wanted)
    if ALL_REGIONS in regions:
        failures.append(Failure("regions", f"`{ALL_REGIONS}` stands alone, or is left out"))
        return {}
    if not regions:
        failures.append(Failure("regions", "the list is empty; name at least one region to distribute the package to"))
    for index, region in enumerate(regions):
        if region is not UNKNOWN and not (isinstance(region, str) and region):
            failures.append(Failure(f"regions[{index}]", f"{quoted(region)} is not a region id"))
    if any(region is UNKNOWN for region in regions):
        return UNKNOWN
    return dict.fromkeys(sorted({r for r in regions if isinstance(r, str)}), origin)


def validated(adapter: TypeAdapter[Any], value: Any, *, path: str, failures: list[Failure]) -> Any:
    """The value as its type has it, in JSON's terms; what is wrong with it goes to `failures`."""
    try:
        return adapter.dump_python(adapter.validate_python(value), mode="json", by_alias=True)
    except ValidationError as error:
        failures.extend(failures_of(error, prefix=path))
        return value


def failures_of(error: ValidationError, *, prefix: str) -> list[Failure]:
    """What pydantic found, each with the property's path."""
    found = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        path = prefix + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in item["loc"])
        message = "there is no such property" if item["type"] == "extra_forbidden" else _reason(item)
        found.append(Failure(path, message))
    return found


def _reason(item: Mapping[str, Any]) -> str:
    said = str(item["msg"])
    if item["type"] == "value_error":  # our own words, in which the case of property names counts
        return said.removeprefix("Value error, ")
    return said[:1].lower() + said[1:]


def suggest(key: str, known: Iterable[str]) -> str:
    """`; did you mean 'regions'?`, or nothing."""
    near = geography.nearest(key, known)
    return f"; did you mean {near!r}?" if near else ""


@dataclass(frozen=True, slots=True)
class Questions:
    """What only the cloud can answer: read-only, few, and cached by whoever asks."""

    regions: Mapping[str, RegionId]
    """Property path -> region that no table knows."""
    image: tuple[RegionId, ImageId] | None = None
    product: str | None = None
    name: str | None = None
    """An artifact name that must be free or ours; asked only where the state records no artifact yet."""


def questions(news: Mapping[str, Any], checked: Checked, *, is_new: bool) -> Questions:
    """The questions that checked inputs raise; none about anything that already failed or is unknown."""
    inputs, failed = checked.inputs, {failure.path for failure in checked.failures}
    wanted = news.get("regions")
    listed = wanted if isinstance(wanted, list | tuple) else ()
    asked = [(f"regions[{i}]", r) for i, r in enumerate(listed) if isinstance(r, str) and r != ALL_REGIONS]
    direct = inputs.get("direct")
    keys = direct.get("kmsKeys") if isinstance(direct, Mapping) else None
    asked += [(f"direct.kmsKeys.{r}", r) for r in keys or ()]
    source = inputs.get("source")
    image = product = None
    if isinstance(source, Mapping) and not has_unknown(source):
        if source.get("region"):
            asked.append(("source.region", source["region"]))
        if source["kind"] == "custom" and "source.imageId" not in failed:
            image = (RegionId(source["region"]), ImageId(source["imageId"]))
        if source["kind"] == "marketplace":
            product = str(source["commodityCode"])
    strange = {path: RegionId(r) for path, r in asked if r not in geography.KNOWN_REGIONS and path not in failed}
    if image is not None and image[0] in strange.values():
        image = None
    name = inputs.get("artifactName") if "direct" not in inputs else None  # no artifact, no name in Compute Nest
    return Questions(
        regions=strange, image=image, product=product, name=name if is_new and isinstance(name, str) else None
    )


def check_answers(
    inputs: Mapping[str, Any],
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
        direct = inputs.get("direct")
        remedy = "cannot be shared with Compute Nest, use an unencrypted copy"
        if direct:
            remedy = "needs keys for its copies: name one a region in direct.kmsKeys, or use an unencrypted copy"
        remedy = "" if direct and has_keys(direct) else f"an encrypted image {remedy}"
        failures.extend(_check_image(asked.image, image, if_encrypted=remedy))
        if image is not None and image.product_code and (not direct or direct.get("permit")):
            failures.append(_sold(image, is_direct=bool(direct)))
    if asked.product is not None:
        failures.extend(_check_product(inputs, asked.product, product))
    return tuple(failures)


def strange_region(path: str, region: str, there: frozenset[RegionId]) -> Failure | None:
    """Why `region` is none of those that the cloud has, with the nearest; None where it is one."""
    if region in there:
        return None
    near = geography.nearest(region, there | geography.KNOWN_REGIONS)
    hint = f"; did you mean {near}?" if near else ""
    return Failure(path, f"{quoted(region)} is not a region of this cloud{hint}")


def _check_image(where: tuple[RegionId, ImageId], image: Image | None, *, if_encrypted: str) -> Iterable[Failure]:
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


def _check_product(inputs: Mapping[str, Any], code: str, product: Product | None) -> Iterable[Failure]:
    if product is None:
        yield Failure("source.commodityCode", f"the marketplace has no product {quoted(code)}")
        return
    version = str(inputs["source"]["commodityVersion"])
    sold = product.versions.get(version)
    if sold is None:
        versions = ", ".join(sorted(product.versions)) or "none"
        yield Failure("source.commodityVersion", f"{code} has no version {quoted(version)}; its versions: {versions}")
        return
    distribution = inputs.get("distribution")
    if isinstance(distribution, Mapping):
        for region in sorted(set(distribution) - set(sold)):
            yield Failure(
                "regions",
                f"{code} {version} is not sold in {region}; it is sold in {', '.join(sorted(sold))}: "
                f"take {region} out of regions or choose another product",
            )
