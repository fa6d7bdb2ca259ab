"""From a package and what a program says of it to the releases, and to the places of its images. Pure."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from computenest.kernel.arguments import quoted
from computenest.kernel.errors import Invalid
from computenest.kernel.nearest import meant
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.kernel.values import Json
from computenest.resources._components.merge import merge
from computenest.resources._components.model import ChartFolder
from computenest.resources._components.release import ReleaseName
from computenest.resources._components.wish import Wish
from computenest.resources._delivery.clusterfile import Clusterfile
from computenest.resources._delivery.completeness import Used, compare
from computenest.resources._delivery.delivered import Application, Delivered, repository_of, tag_of, values_of
from computenest.resources._delivery.names import image_name
from computenest.resources._delivery.places import Place
from computenest.resources._delivery.sealed import APPLICATIONS, VALUES, PackedImage
from computenest.resources.delivery_installation.check import keys_of
from computenest.resources.delivery_installation.model import DEFAULT_HISTORY, ImageValue, Inputs

_DEFAULT = "default"
AnyInputs = Inputs[Unknown] | Inputs[Known]


def applications_of(package: Delivered, clusterfile: Clusterfile) -> tuple[Application, ...]:
    """Those that are installed, in their order."""
    if not clusterfile.launched:
        return package.applications
    known = {one.name: one for one in package.applications}
    return tuple(known[name] for name in clusterfile.launched if name in known)


def unfit(inputs: AnyInputs, package: Delivered, clusterfile: Clusterfile) -> Iterator[Failure]:
    """What is said of applications and images that the package does not have."""
    names = [one.name for one in package.applications]
    for name in sorted(inputs.configuration if inputs.configuration is not UNKNOWN else ()):
        if name not in names:
            yield Failure(f"configuration.{name}", _no_application(name, names))
    for index, one in enumerate(inputs.images if inputs.images is not UNKNOWN else ()):
        at = f"images[{index}]"
        if one.chart is not UNKNOWN and one.chart not in names:
            yield Failure(f"{at}.chart", _no_application(one.chart, names))
        if isinstance(one.image, str) and _found(one.image, package) is None:
            held = [str(image.reference) for image in package.images]
            hint = meant(one.image, held) or f"; it holds {', '.join(held[:5]) or 'none'}"
            yield Failure(f"{at}.image", f"the package holds no image {quoted(one.image)}{hint}")
    for name in clusterfile.launched:
        if name not in names:
            yield Failure("clusterfile", f"launchApps: {_no_application(name, names)}")
    fit = {path for name in names for path in (f"{APPLICATIONS}/{name}/values.yaml", f"{VALUES}/{name}.yaml")}
    for override in clusterfile.overrides:
        if override.path.startswith("application/") and override.path not in fit:
            can = " and ".join(sorted(fit)[:4])
            yield Failure("clusterfile", f"{override.at}: {override.path} is no file of values; it can be {can}")


def _no_application(name: str, names: Sequence[str]) -> str:
    hint = meant(name, names) or f"; it has {', '.join(names) or 'none'}"
    return f"the package has no application {quoted(name)}{hint}"


def _found(image: str, package: Delivered) -> PackedImage | None:
    try:
        wanted = image_name(image, path="")
    except Invalid:
        return None
    same = [one for one in package.images if one.reference == wanted]
    named = (wanted.repository, wanted.tag)
    loose = [one for one in package.images if (one.reference.repository, one.reference.tag) == named]
    return next(iter(same or loose), None)


def image_places(inputs: AnyInputs, package: Delivered) -> dict[Place, PackedImage]:
    """Where each image of the package goes in the cluster's registry; {} without one."""
    registry = inputs.registry
    if registry is None or registry is UNKNOWN or UNKNOWN in (registry.address, registry.username, registry.password):
        return {}
    login = (str(registry.username or ""), str(registry.password or ""))
    return {
        Place(repository_of(str(registry.address), one.reference), tag_of(one.reference), *login): one
        for one in package.images
    }


def wanted_releases(inputs: AnyInputs, package: Delivered, clusterfile: Clusterfile) -> tuple[Wish, ...]:
    """The releases of an installation, in the order in which they are brought."""
    policy = replace(
        inputs.policy,
        definitions="leave" if inputs.crds is UNKNOWN else inputs.crds,
        on_failure="rollback" if inputs.on_failure is UNKNOWN else inputs.on_failure,
        history=DEFAULT_HISTORY if inputs.history is UNKNOWN else inputs.history,
    )
    return tuple(
        Wish(
            component=one.name,
            path="package",
            release=ReleaseName(one.name),
            namespace=str(inputs.namespace or one.namespace or _DEFAULT),
            chart=ChartFolder(path=one.chart),
            values=_values(inputs, one, package, clusterfile),
            needs=(),
            owner=inputs.owner_id,
            policy=policy,
        )
        for one in applications_of(package, clusterfile)
    )


def _values(
    inputs: AnyInputs, one: Application, package: Delivered, clusterfile: Clusterfile
) -> Maybe[Mapping[str, Json]]:
    """The values of one application, those that name images last; UNKNOWN where a part is."""
    given = UNKNOWN if inputs.configuration is UNKNOWN else inputs.configuration.get(one.name, {})
    if given is UNKNOWN or inputs.images is UNKNOWN or inputs.registry is UNKNOWN:
        return UNKNOWN
    named: dict[str, Json] = {}
    for value in inputs.images:
        if UNKNOWN in (value.chart, value.value, value.image, value.part):
            return UNKNOWN
        if value.chart != one.name:
            continue
        address = inputs.registry.address if inputs.registry is not None else ""
        text = UNKNOWN if address is UNKNOWN else _text(value, package, str(address))
        named = merge(named, _nested(keys_of(str(value.value)), text))
    return merge(values_of(one, clusterfile.overrides), given if isinstance(given, Mapping) else {}, named)


def _text(value: ImageValue, package: Delivered, address: str) -> str:
    """What stands in a value that names an image, or a part of its name."""
    if value.part == "registry":
        return address
    image = _found(str(value.image), package)
    if image is None:
        return ""  # told before
    repository, tag = repository_of(address, image.reference), tag_of(image.reference)
    parts = {
        "reference": f"{repository}:{tag}",
        "pinned": f"{repository}:{tag}@{image.root.digest}",
        "repository": repository,
        "name": image.reference.repository,
        "tag": tag,
        "digest": image.root.digest,
    }
    return parts[str(value.part or "reference")]


def _nested(keys: Sequence[str], value: Json) -> dict[str, Json]:
    head, *rest = keys
    return {head: _nested(rest, value) if rest else value}


def pulled_elsewhere(inputs: AnyInputs, package: Delivered, used: Sequence[Used]) -> Iterator[Failure]:
    """Images that a pod would not pull from the cluster's registry, though the package holds them; and images there
    that the package does not bring."""
    registry = inputs.registry
    if registry is None or registry is UNKNOWN or registry.address is UNKNOWN or inputs.mirrored is UNKNOWN:
        return
    there = {f"{place.repository}:{place.tag}" for place in image_places(inputs, package)}
    mirrored = [str(one) for one in inputs.mirrored]
    for one in used:
        if not one.is_sure or one.image.partition("@")[0] in there:
            continue
        if one.image.startswith(f"{registry.address}/"):
            yield Failure("images", f"chart {one.chart} names {one.image} ({one.where}, {one.path}), which the package"
                          " does not bring there")  # fmt: skip
        elif (
            not any(fnmatch.fnmatchcase(one.image, pattern) for pattern in mirrored)
            and not compare([one], package.images, ignore=()).lacks
        ):
            yield Failure(
                "images",
                f"chart {one.chart} would pull {one.image} ({one.where}, {one.path}) from elsewhere, and the package"
                f" holds it for {registry.address}: name the value that it stands in, or give it in `mirrored`",
            )
