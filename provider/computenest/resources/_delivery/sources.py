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
from computenest.kernel.values import Json
from computenest.resources._components.chart_store import PullKeys, login_for, no_keys
from computenest.resources._components.model import ChartPackage
from computenest.resources._delivery.names import image_name
from computenest.resources._delivery.sealed import Contents, Item, PackedChart, PackedFile, PackedImage
from computenest.resources._packages.charts.sources import chart_of
from computenest.resources._packages.charts.tarball import read_tgz

__all__ = ["ChartSource", "FileSource", "Gathered", "ImageSource", "PackageCharts", "Sources", "gathered"]

_EXECUTABLE = 0o755
_NOT_THERE = "it is not pushed yet (give `path`, and it need not be), or another account's (give `account`)"


@dataclass(frozen=True, slots=True)
class ChartSource:
    """A chart of a package: a folder or `.tgz` on this machine, a reference to a registry, or a HelmChartPackage.

    Args:
        at: the property, for messages.
        package: whose chart it is; its own path, where it has one, is the chart's.
        version: the one that it has to have, "" for any.
        name: of the application and release, "" for the chart's own.
    """

    at: str
    path: str = ""
    reference: str = ""
    package: ChartPackage | None = None
    version: str = ""
    name: str = ""
    namespace: str = "default"
    values: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageSource:
    """A container image of a package.

    Args:
        at: the property, for messages.
        reference: as charts call it.
        path: an OCI layout or an archive on this machine, "" for a registry.
        image: which image of these, "" for the only one.
        pulled_from: the reference that it is taken from, "" for the one that charts have.
    """

    at: str
    reference: str
    path: str = ""
    image: str = ""
    pulled_from: str = ""


@dataclass(frozen=True, slots=True)
class FileSource:
    """Any other file: where it lies here, and its path in the package."""

    at: str
    path: str
    inner: str


@dataclass(frozen=True, slots=True)
class Sources:
    """All that one package is made of."""

    name: str
    version: str
    charts: tuple[ChartSource, ...] = ()
    images: tuple[ImageSource, ...] = ()
    files: tuple[FileSource, ...] = ()
    platforms: tuple[str, ...] = ()


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
async def gathered(sources: Sources, *, traffic: Traffic, packages: PackageCharts) -> AsyncIterator[Gathered]:
    """Opens everything for the time of one operation.

    Raises:
        Invalid: something cannot be had (which, where, why), or two things cannot be in one package.
    """
    os, _, architecture = (sources.platforms[0] if sources.platforms else "linux/amd64").partition("/")
    empty = Contents(sources.name, sources.version, os=os, architecture=architecture.partition("/")[0])
    async with AsyncExitStack() as stack:
        work = _Gathering(stack, traffic, packages, Gathered(empty))
        charts = [await work.chart(one) for one in sources.charts]
        images = [await work.image(one, sources.platforms) for one in sources.images]
        files = [work.file(one) for one in sources.files]
        _distinct(sources, charts, images)
        work.found.contents = replace(empty, charts=tuple(charts), images=tuple(images), files=tuple(files))
        yield work.found


@dataclass(slots=True)
class _Gathering:
    stack: AsyncExitStack
    traffic: Traffic
    packages: PackageCharts
    found: Gathered

    async def chart(self, source: ChartSource) -> PackedChart:
        where = source.path or source.reference
        if source.package is not None:
            where = str(source.package.path or source.package.package)
            opened, at = await self._of_package(source.package, f"{source.at}.package")
        else:
            at = f"{source.at}.{'path' if source.path else 'reference'}"
            with _told(at, f"the chart {where}"):
                opened = await self._opened(source.path, source.reference, at)
        with _told(at, f"the chart {where}"):
            files = read_tgz(opened.content, path=at)
        version = source.version.replace("+", "_")
        if version and version != opened.version:
            raise Invalid(
                f"the chart {opened.name} in {where} is {opened.version}, not {version}",
                path=f"{source.at}.version",
            )
        items = []
        for name, data in files.items():
            items.append(Item(name, digest_of(data), len(data)))
            self.found.bodies[digest_of(data)] = of_bytes(data)
        name = source.name or opened.name
        self.found.archives[name] = opened.content
        values = json.dumps(source.values, sort_keys=True, separators=(",", ":")).encode() if source.values else b""
        return PackedChart(name, opened.name, opened.version, opened.digest, source.namespace, tuple(items), values)

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

    async def image(self, source: ImageSource, platforms: tuple[str, ...]) -> PackedImage:
        reference = image_name(source.reference, path=f"{source.at}.reference")
        given = {"platforms": ",".join(platforms)}
        if source.path:
            path, is_folder = _on_disk(source.path, f"{source.at}.path")
            given |= {"kind": "layout" if is_folder else "archive", "path": path, "image": source.image}
            at, where = f"{source.at}.path", source.path
        else:
            name = image_name(source.pulled_from or source.reference, path=f"{source.at}.pulledFrom")
            given |= {"kind": "reference", "reference": str(name)}
            at, where = f"{source.at}.{'pulledFrom' if source.pulled_from else 'reference'}", str(name)
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
        self.found.far |= set() if source.path else tree.blobs.keys()
        self.found.notes += opened.notes
        return PackedImage(reference, tree.root, tree.children)

    def file(self, source: FileSource) -> PackedFile:
        path = local_path(source.path, path=source.at)
        try:
            about = path.stat()
            if not stat.S_ISREG(about.st_mode):
                raise Invalid(f"{source.path} is no file", path=source.at, hint="name each file of a folder")
            place = Place(path, 0, about.st_size)
            digest = digest_at(place)
        except OSError as error:
            raise Invalid(f"{source.path} cannot be read: {error.strerror}", path=source.at) from error
        self.found.bodies[digest] = of_place(place)
        mode = _EXECUTABLE if about.st_mode & stat.S_IXUSR else MODE
        return PackedFile(source.inner, digest, about.st_size, mode)


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


async def _content(opened: Opened) -> bytes:
    layer = next(part for part in opened.tree.root.blobs if part.media_type == CHART_CONTENT)
    return b"".join([block async for block in opened.tree.blobs[layer.digest].open(0)])


def _distinct(sources: Sources, charts: list[PackedChart], images: list[PackedImage]) -> None:
    """Two applications of one name, or two images that one name in the registry tree would stand for."""
    names: dict[str, str] = {}
    for chart, source in zip(charts, sources.charts, strict=True):
        first = names.setdefault(chart.name, source.at)
        if first != source.at:
            raise Invalid(
                f"another chart ({first}) is the application {chart.name!r} too", path=f"{source.at}.name",
                hint="give one of them another name",
            )  # fmt: skip
    held: dict[tuple[str, str], tuple[PackedImage, str]] = {}
    for image, given in zip(images, sources.images, strict=True):
        key = (image.reference.repository, image.reference.tag or image.reference.digest)
        other, first = held.setdefault(key, (image, given.at))
        if first == given.at:
            continue
        if other.root.digest != image.root.digest:
            raise Invalid(
                f"{image.reference} is {image.root.digest} and {first} is {other.root.digest}: the registry in a"
                f" package leaves hosts out, so both would be {key[0]}:{key[1]}",
                path=f"{given.at}.reference",
            )
        if str(other.reference) == str(image.reference):
            raise Invalid(f"{first} is the same image", path=f"{given.at}.reference")
