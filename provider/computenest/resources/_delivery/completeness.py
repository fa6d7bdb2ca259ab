"""Which container images rendered charts want, and which of them a package lacks. Pure.

Wanted is what a pod is made of, wherever a document has its containers: Deployments, Jobs, hooks, tests of a chart, and
the templates of pods that custom resources hold. An `image` that stands anywhere else may be one or not: a note.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from computenest.cloud.registry.oci import Reference
from computenest.kernel.errors import Invalid
from computenest.resources._components.objects import KubeObject
from computenest.resources._delivery.names import image_name
from computenest.resources._delivery.sealed import PackedImage

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(frozen=True, slots=True)
class Used:
    """An image that an object of a chart names, and where.

    Args:
        is_sure: whether a pod runs it.
    """

    image: str
    chart: str
    where: str
    path: str
    is_sure: bool = True

    def __str__(self) -> str:
        return f"chart {self.chart} wants it ({self.where}, {self.path})"


@dataclass(frozen=True, slots=True)
class Lack:
    """An image that a package lacks, and everything that wants it."""

    image: str
    wanted: tuple[Used, ...]

    @property
    def sentence(self) -> str:
        """`chart gateway wants it (Deployment shop/gw, spec.template.spec.initContainers[0].image)`."""
        more = f", and {len(self.wanted) - 1} more of it" if len(self.wanted) > 1 else ""
        return f"{self.wanted[0]}{more}"


def images_in(objects: Iterable[KubeObject], *, chart: str) -> tuple[Used, ...]:
    """Every image that the objects of a chart name, in their order."""
    return tuple(
        Used(image, chart, str(one.key), path, is_sure)
        for one in objects
        for image, path, is_sure in _images(one.body, "")
    )


def _images(value: object, path: str) -> Iterator[tuple[str, str, bool]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            below = f"{path}.{key}" if path else str(key)
            if key in _CONTAINERS and isinstance(item, list):
                yield from _of_containers(item, below)
            elif key == "image" and isinstance(item, str) and item:
                yield item, below, False
            elif key == "volumes" and isinstance(item, list):
                yield from _of_volumes(item, below)
            else:
                yield from _images(item, below)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _images(item, f"{path}[{index}]")


def _of_containers(containers: Sequence[object], path: str) -> Iterator[tuple[str, str, bool]]:
    for index, one in enumerate(containers):
        if not isinstance(one, Mapping):
            continue
        image = one.get("image")
        if isinstance(image, str) and image:
            yield image, f"{path}[{index}].image", True
        yield from _images({key: item for key, item in one.items() if key != "image"}, f"{path}[{index}]")


def _of_volumes(volumes: Sequence[object], path: str) -> Iterator[tuple[str, str, bool]]:
    """Since Kubernetes 1.31 an image can be a volume: `image.reference`."""
    for index, one in enumerate(volumes):
        held = one.get("image") if isinstance(one, Mapping) else None
        named = held.get("reference") if isinstance(held, Mapping) else None
        if isinstance(named, str) and named:
            yield named, f"{path}[{index}].image.reference", True


@dataclass(frozen=True, slots=True)
class Compared:
    """What a package lacks, what of that is ignored, and what it holds that no chart names."""

    lacks: tuple[Lack, ...] = ()
    ignored: tuple[Lack, ...] = ()
    perhaps: tuple[Lack, ...] = ()
    unused: tuple[str, ...] = ()


def compare(used: Iterable[Used], images: Sequence[PackedImage], *, ignore: Sequence[str]) -> Compared:
    """Holds what charts use against what the package has.

    Args:
        used: by all its charts.
        images: of the package.
        ignore: references, with `*` for anything, that need not be there.
    """
    lacking: dict[str, list[Used]] = {}
    found: set[str] = set()
    for one in used:
        held = _held(one.image, images)
        if held is None:
            lacking.setdefault(one.image, []).append(one)
        else:
            found.add(str(held.reference))
    lacks: list[Lack] = []
    ignored: list[Lack] = []
    perhaps: list[Lack] = []
    for image, wanted in sorted(lacking.items()):
        sure = tuple(one for one in wanted if one.is_sure)
        lack = Lack(image, sure or tuple(wanted))
        (ignored if _is_ignored(image, ignore) else lacks if sure else perhaps).append(lack)
    unused = tuple(sorted(str(one.reference) for one in images if str(one.reference) not in found))
    return Compared(tuple(lacks), tuple(ignored), tuple(perhaps), unused)


def _named(image: str) -> Reference | None:
    try:
        return image_name(image, path="")
    except Invalid:
        return None


def _held(image: str, images: Sequence[PackedImage]) -> PackedImage | None:
    wanted = _named(image)
    return None if wanted is None else next((one for one in images if _is_same(wanted, one)), None)


def _is_same(wanted: Reference, held: PackedImage) -> bool:
    has = held.reference
    if (wanted.registry, wanted.repository) != (has.registry, has.repository):
        return False
    if wanted.digest:
        return wanted.digest in {held.root.digest, *(one.digest for one in held.children)}
    return wanted.tag == has.tag


def _is_ignored(image: str, ignore: Sequence[str]) -> bool:
    named = _named(image)
    return any(fnmatch.fnmatchcase(text, one) for one in ignore for text in (image, str(named or "")) if text)
