"""What a package is to be made of, and opening it: charts, container images and files, wherever they lie."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

from computenest.cloud.paths import local_path
from computenest.cloud.registry.blobs import Opened, of_bytes, of_place
from computenest.cloud.registry.client import Body, Traffic
from computenest.cloud.registry.image_files import Place, digest_at
from computenest.cloud.registry.login import OneLogin
from computenest.cloud.registry.oci import CHART_CONTENT, digest_of
from computenest.cloud.registry.sources import open_image
from computenest.cloud.registry.stored import MODE
from computenest.kernel.errors import ComputeNestError, Invalid
from computenest.kernel.unknown import UNKNOWN, Known
from computenest.kernel.values import Json
from computenest.resources._components.chart_store import PullKeys, login_for, no_keys
from computenest.resources._components.model import ChartPackage
from computenest.resources._delivery.names import image_name
from computenest.resources._delivery.sealed import Contents, Item, PackedChart, PackedFile, PackedImage
from computenest.resources._packages.charts.sources import chart_of
from computenest.resources._packages.charts.tarball import read_tgz
from computenest.resources.delivery_package.model import DeliveredChart, DeliveredImage, Inputs

_EXECUTABLE = 0o755
_NOT_THERE = "it is not pushed yet (give `path`, and it need not be), or another account's (give `account`)"


@dataclass(slots=True)
class Gathered:
    """A package's contents, and how to read them while what they lie in is open."""

    contents: Contents
    bodies: dict[str, Body] = field(default_factory=dict)
    far: set[str] = field(default_factory=set)
    """Digests of what lies in a registry."""
    archives: dict[str, bytes] = field(default_factory=dict)
    """Application -> its chart as a `.tgz`."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageCharts:
    """The charts of HelmChartPackages that this process has pulled.

    Args:
        keys: where temporary keys come from; one is taken for each pull, and lives as long as that.
    """

    keys: PullKeys = no_keys
    pulled: dict[tuple[str, str], _Chart] = field(default_factory=dict)
    """By reference and content."""


@dataclass(frozen=True, slots=True)
class _Chart:
    name: str
    version: str
    digest: str
    content: bytes


@asynccontextmanager
async def gathered(inputs: Inputs[Known], *, traffic: Traffic, packages: PackageCharts) -> AsyncIterator[Gathered]:
    """Opens everything for the time of one operation.

    Raises:
        Invalid: something cannot be had (which, where, why), or two things cannot be in one package.
    """
    os, _, architecture = (inputs.platforms[0] if inputs.platforms else "linux/amd64").partition("/")
    empty = Contents(inputs.name, inputs.version, os=os, architecture=architecture.partition("/")[0])
    async with AsyncExitStack() as stack:
        work = _Gathering(stack, traffic, packages, Gathered(empty))
        charts = [await work.chart(one, f"charts[{index}]") for index, one in enumerate(inputs.charts)]
        images = [await work.image(one, f"images[{at}]", inputs.platforms) for at, one in enumerate(inputs.images)]
        files = [work.file(path, inner) for inner, path in sorted(inputs.files.items())]
        _distinct(charts, images)
        work.found.contents = replace(empty, charts=tuple(charts), images=tuple(images), files=tuple(files))
        yield work.found


@dataclass(slots=True)
class _Gathering:
    """Opens one thing after the other, and remembers how it is read."""

    stack: AsyncExitStack
    traffic: Traffic
    packages: PackageCharts
    found: Gathered

    async def chart(self, chart: DeliveredChart, place: str) -> PackedChart:
        """A folder or `.tgz` on this machine, a reference to a registry, or a HelmChartPackage; `place` is its
        property."""
        where = str(chart.path or chart.reference)
        if isinstance(chart.package, ChartPackage):
            where = str(chart.package.path or chart.package.package)
            opened, at = await self._of_package(chart.package, f"{place}.package")
        else:
            at = f"{place}.{'path' if chart.path else 'reference'}"
            with _told(at, f"the chart {where}"):
                opened = await self._opened(str(chart.path or ""), str(chart.reference or ""), at)
        with _told(at, f"the chart {where}"):
            files = read_tgz(opened.content, path=at)
        version = str(chart.version or "").replace("+", "_")
        if version and version != opened.version:
            raise Invalid(
                f"the chart {opened.name} in {where} is {opened.version}, not {version}",
                path=f"{place}.version",
            )
        items = []
        for name, data in files.items():
            items.append(Item(name, digest_of(data), len(data)))
            self.found.bodies[digest_of(data)] = of_bytes(data)
        name, namespace, values = str(chart.name or opened.name), str(chart.namespace or "default"), values_of(chart)
        self.found.archives[name] = opened.content
        written = json.dumps(values, sort_keys=True, separators=(",", ":")).encode() if values else b""
        return PackedChart(name, opened.name, opened.version, opened.digest, namespace, tuple(items), written)

    async def _of_package(self, package: ChartPackage, at: str) -> tuple[_Chart, str]:
        """Its own bytes where they are on this machine, so that none is pulled and it need not be pushed yet; and the
        property that names them."""
        reference, content = str(package.package or ""), str(package.content or "")
        if package.path is not None:
            with _told(f"{at}.path", f"the chart {package.path}"):
                found = await self._opened(str(package.path), "", f"{at}.path", known_digest=content)
            if content and found.digest != content:
                raise Invalid(
                    f"the chart at {package.path} is {found.digest}, and that of {reference} is {content}",
                    path=f"{at}.path",
                    hint="name the folder or archive that the HelmChartPackage is made of",
                )
            return found, f"{at}.path"
        if (reference, content) not in self.packages.pulled:
            keys = OneLogin(await login_for(self.packages.keys, package, at))
            with _told(f"{at}.package", f"the chart {reference}", hint=_NOT_THERE):
                self.packages.pulled[reference, content] = await self._opened("", reference, f"{at}.package", keys=keys)
        return self.packages.pulled[reference, content], f"{at}.package"

    async def _opened(
        self, path: str, reference: str, at: str, *, known_digest: str = "", keys: OneLogin | None = None
    ) -> _Chart:
        place, is_folder = _on_disk(path, at)
        kind = "reference" if not path else "directory" if is_folder else "archive"
        given = {"kind": kind, "path": place, "reference": reference}
        async with chart_of(given, traffic=self.traffic, known_digest=known_digest, keys=keys) as opened:
            return _Chart(opened.name, opened.version, opened.tree.root.digest, await _content(opened))

    async def image(self, image: DeliveredImage, place: str, platforms: tuple[str, ...]) -> PackedImage:
        """An image in an OCI layout or an archive on this machine, or in a registry; `place` is its property."""
        reference = image_name(str(image.reference), path=f"{place}.reference")
        given = {"platforms": ",".join(platforms)}
        if image.path:
            at, where = f"{place}.path", str(image.path)
            path, is_folder = _on_disk(where, at)
            given |= {"kind": "layout" if is_folder else "archive", "path": path, "image": str(image.image or "")}
        else:
            where = str(image_name(str(image.pulled_from or image.reference), path=f"{place}.pulledFrom"))
            given |= {"kind": "reference", "reference": where}
            at = f"{place}.{'pulledFrom' if image.pulled_from else 'reference'}"
        with _told(at, f"the image {reference} from {where}"):
            opened = await self.stack.enter_async_context(open_image(given, traffic=self.traffic))
        tree = opened.tree
        nodes = {tree.root.digest, *(child.digest for child in tree.children)}
        if reference.digest and reference.digest not in nodes:
            raise Invalid(
                f"{where} holds {tree.root.digest}, not {reference.digest}, which the reference {reference} names",
                path=at,
                hint="an image that is named by the digest of its index needs the whole index: leave `platforms` out",
            )
        self.found.bodies |= {digest: blob.open for digest, blob in tree.blobs.items()}
        self.found.far |= set() if image.path else tree.blobs.keys()
        self.found.notes += opened.notes
        return PackedImage(reference, tree.root, tree.children)

    def file(self, where: str, inner: str) -> PackedFile:
        """Any other file: where it lies here, and its path in the package."""
        at = f"files[{inner!r}]"
        path = local_path(where, path=at)
        try:
            about = path.stat()
            if not stat.S_ISREG(about.st_mode):
                raise Invalid(f"{where} is no file", path=at, hint="name each file of a folder")
            place = Place(path, 0, about.st_size)
            digest = digest_at(place)
        except OSError as error:
            raise Invalid(f"{where} cannot be read: {error.strerror}", path=at) from error
        self.found.bodies[digest] = of_place(place)
        mode = _EXECUTABLE if about.st_mode & stat.S_IXUSR else MODE
        return PackedFile(inner, digest, about.st_size, mode)


def _on_disk(path: str, at: str) -> tuple[str, bool]:
    """A path with `~` as the home folder, and whether a folder lies there; "" where none is given."""
    if not path:
        return "", False
    place = local_path(path, path=at)
    return str(place), place.is_dir()


class _told:  # noqa: N801 - reads as a sentence where it is used
    """An error in it says of what it is, and at which property."""

    def __init__(self, at: str, what: str, *, hint: str = "") -> None:
        self.at, self.what, self.hint = at, what, hint

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, ComputeNestError):
            path = error.path if isinstance(error, Invalid) and error.path.startswith("platforms") else self.at
            hint = self.hint or error.hint.replace(
                "source.", f"{self.at.rpartition('.')[0]}."
            )  # the words of a package's source
            raise Invalid(f"{self.what}: {error.summary}", path=path, hint=hint) from error


def values_of(chart: DeliveredChart) -> Mapping[str, Json]:
    """What a chart is installed with."""
    return {} if chart.values is None or chart.values is UNKNOWN else chart.values


async def _content(opened: Opened) -> bytes:
    layer = next(part for part in opened.tree.root.blobs if part.media_type == CHART_CONTENT)
    return b"".join([block async for block in opened.tree.blobs[layer.digest].open(0)])


def _distinct(charts: list[PackedChart], images: list[PackedImage]) -> None:
    """Two applications of one name, or two images that one name in the registry tree would stand for."""
    names: dict[str, int] = {}
    for index, chart in enumerate(charts):
        first = names.setdefault(chart.name, index)
        if first != index:
            raise Invalid(
                f"another chart (charts[{first}]) is the application {chart.name!r} too", path=f"charts[{index}].name",
                hint="give one of them another name",
            )  # fmt: skip
    held: dict[tuple[str, str], tuple[PackedImage, str]] = {}
    for at, image in ((f"images[{index}]", image) for index, image in enumerate(images)):
        key = (image.reference.repository, image.reference.tag or image.reference.digest)
        other, earlier = held.setdefault(key, (image, at))
        if earlier == at:
            continue
        if other.root.digest != image.root.digest:
            raise Invalid(
                f"{image.reference} is {image.root.digest} and {earlier} is {other.root.digest}: the registry in a"
                f" package leaves hosts out, so both would be {key[0]}:{key[1]}",
                path=f"{at}.reference",
            )
        if str(other.reference) == str(image.reference):
            raise Invalid(f"{earlier} is the same image", path=f"{at}.reference")
