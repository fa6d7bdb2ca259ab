"""What an installation asks of the outside beside the cluster: the package, and the cluster's registry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from computenest.cloud.paths import local_path
from computenest.cloud.registry.blobs import Opened
from computenest.kernel.errors import Invalid
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._components.wish import Wish
from computenest.resources._delivery.clusterfile import Clusterfile, read_clusterfile
from computenest.resources._delivery.completeness import Used
from computenest.resources._delivery.delivered import Delivered
from computenest.resources._delivery.places import Place
from computenest.resources._delivery.reading import is_on_disk, opened_package
from computenest.resources._delivery.registries import Places
from computenest.resources._delivery.rendering import used_in
from computenest.resources._delivery.signing import read_public_key
from computenest.resources._delivery.unpacking import Blobs, delivered, opened_blobs
from computenest.resources._delivery.verifying import require_signed

_MAX_CLUSTERFILE_BYTES = 4 << 20
_AGAIN = "run pulumi up again"


@dataclass(frozen=True, slots=True)
class Seen:
    """A package that was looked into, with the overrides of a Clusterfile."""

    package: Delivered
    clusterfile: Clusterfile = field(default_factory=Clusterfile)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An image that is to be in a registry.

    Args:
        digest: of the image.
        place: where it goes.
        mark: our tag beside its own.
    """

    digest: str
    place: Place
    mark: str


@dataclass(frozen=True, slots=True)
class KeptPackages:
    """Packages in registries, archives and layouts, of which charts and lists are kept on this machine.

    Args:
        cache: where.

    Raises (each call):
    Invalid: it is none, is damaged, or not signed by whom it has to be.
    NotFound: its registry does not have it.
    Transient: its registry does not answer.
    """

    cache: Path

    async def look(self, *, where: str, verify: str, clusterfile: str) -> Seen:
        """What a package brings.

        Args:
            where: a reference, or an archive or layout on this machine.
            verify: a file with the public key of whoever has to have signed it; "" for anybody.
            clusterfile: a file; "" for none.
        """
        told = await asyncio.to_thread(_clusterfile, clusterfile) if clusterfile else Clusterfile()
        signed = await _verified(where, verify) if verify else ""
        async with _opened(where) as opened:
            if signed and signed != opened.tree.root.digest:
                raise Invalid(f"{where} was moved from {signed} while it was looked at", path="package")
            with _at("package"):
                return Seen(await delivered(opened, where=where, cache=self.cache), told)

    async def used(self, *, wish: Wish) -> tuple[Used, ...]:
        """The images that a release of it would name; the wish's values are known."""
        values = wish.values if wish.values is not UNKNOWN else {}
        path = Path(str(getattr(wish.chart, "path", "")))
        return await used_in(path, name=wish.release, namespace=wish.namespace, values=values)


class _at:  # noqa: N801 - reads as a sentence where it is used
    """An error in it stands at a property."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Invalid) and not error.path:
            raise Invalid(error.summary, path=self.path, hint=error.hint) from error


def _clusterfile(where: str) -> Clusterfile:
    place = local_path(where, path="clusterfile")
    try:
        if place.stat().st_size > _MAX_CLUSTERFILE_BYTES:
            raise Invalid(f"{where} is too large for a Clusterfile", path="clusterfile")
        text = place.read_bytes().decode("utf-8")
    except OSError as error:
        raise Invalid(f"{where} cannot be read: {error.strerror}", path="clusterfile") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{where} is no text in UTF-8", path="clusterfile") from error
    return read_clusterfile(text)


async def _verified(where: str, verify: str) -> str:
    """The digest that is signed."""
    with _at("verify"):
        public = await asyncio.to_thread(read_public_key, local_path(verify, path="verify"))
    if is_on_disk(where):
        raise Invalid(
            f"{where} is a file, which carries no signature",
            path="verify",
            hint="load it into a registry with its signature, and install it from there; or compare its digest",
        )
    with _at("verify"):
        return await require_signed(where, public, key=verify)


@asynccontextmanager
async def _opened(where: str) -> AsyncIterator[Opened]:
    async with AsyncExitStack() as stack:
        with _at("package"):
            opened = await stack.enter_async_context(opened_package(where))
        yield opened


@dataclass(slots=True, kw_only=True)
class LocalRegistries(Places):
    """The registries that clusters pull from."""

    packages: KeptPackages

    async def load(self, *, where: str, wanted: Sequence[Wanted], show: Callable[[str], None]) -> None:
        """Puts images of a package into their repositories; what is there is not sent again. The package is opened
        once.

        Args:
            where: the package.
            wanted: which images, and where they go.
            show: takes live status lines.
        """
        async with AsyncExitStack() as stack:
            opened = await stack.enter_async_context(_opened(where))
            found = await delivered(opened, where=where, cache=self.packages.cache)
            images = {one.root.digest: one for one in found.images}
            blobs: Blobs = await opened_blobs(opened, stack)
            for one in wanted:
                if one.digest not in images:
                    raise Invalid(f"{where} does not hold {one.digest} any more", path="package", hint=_AGAIN)
                await self.put(
                    place=one.place,
                    mark=one.mark,
                    tree=blobs.tree(images[one.digest]),
                    neighbours=[other.place.repository for other in wanted if other.place != one.place],
                    show=show,
                )
