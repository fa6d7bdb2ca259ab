"""`DeliveryPackage` as a subject of the laws that every type obeys, on registries in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from computenest.kernel.identity import digest
from computenest.reconcile.retry import retrying
from computenest.resources._delivery.places import Lying, Place, is_mark_of, mark_of, marked_by, own_marks
from computenest.resources.delivery_package.lifecycle import DeliveryPackageLifecycle
from computenest.resources.delivery_package.model import Described, package_id_of
from computenest.resources.delivery_package.use_cases import DeliveryPackageUseCases
from lifecycle.case import LifecycleCase
from lifecycle.driver import _no_lease
from lifecycle.faults import Halting, InMemory
from lifecycle.subjects import MemorySubject

OWNER: Any = "o-1"
GENERATIONS = range(1, 6)


@dataclass
class Packer:
    """`SourcePacker`: a package is what its program says."""

    async def describe(self, *, inputs: Any) -> Described:
        contents = {f"image {one.reference}": "sha256:" + digest(one.path or "", length=64) for one in inputs.images}
        made = "sha256:" + digest(inputs.name, repr(sorted(contents.items())), length=64)
        return Described(made, 1000, 0, contents, {}, {}, (), {made: 1000})


@dataclass
class MemoryRegistries(InMemory):
    """`OciRegistries` in memory: repository -> tag -> digest."""

    faults: Halting
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    blobs: dict[str, set[str]] = field(default_factory=dict)

    async def look(self, *, place: Place, owner_id: Any, generation: int, digest: str, signer: str = "") -> Lying:
        def effect() -> Lying:
            there, marks = self.tags.get(place.repository, {}), own_marks(owner_id, generation, place.tag)
            lies, own = there.get(place.tag, ""), [there.get(mark, "") for mark in marks]
            is_whole = lies == digest and lies in self.blobs.get(place.repository, ())
            others = any(is_mark_of(name, place.tag) and name not in marks for name in there)
            mine = marked_by(there, owner_id, generation)
            ours = {tag: there[mark_of(owner_id, generation, tag)] for tag in mine}
            return Lying(lies, own[0], frozenset(own[1:]) - {""}, is_whole, others, ours=ours)

        return await self._call("look", effect, str(place))

    async def absent(self, *, place: Place, digests: Sequence[str]) -> tuple[str, ...]:
        held = self.blobs.get(place.repository, set())
        return await self._call("absent", lambda: tuple(one for one in digests if one not in held), str(place))

    async def bring(
        self, *, place: Place, mark: str, inputs: Any, neighbours: Sequence[str], show: Callable[[str], None]
    ) -> int:
        show("on its way")
        await self.push(place, mark, inputs.digest)
        return 1000

    async def push(self, place: Place, mark: str, digest: str) -> None:
        """Cut anywhere, it leaves what it had brought."""

        def tag(name: str) -> None:
            self.blobs.setdefault(place.repository, set()).add(digest)
            self.tags.setdefault(place.repository, {})[name] = digest

        for name in (mark, place.tag):
            await self._call("push", partial(tag, name), f"{place} {name}")

    @property
    def tagged(self) -> list[str]:
        """All that there is."""
        return [f"{place}:{name}" for place, there in self.tags.items() for name in there]

    async def drop(self, *, place: Place, mark: str, digest: str, signer: str = "") -> str:
        there = self.tags.get(place.repository, {})
        others = any(is_mark_of(name, place.tag) and name != mark for name in there)
        for name in (*((place.tag,) if not others and there.get(place.tag) == digest else ()), mark):
            await self._call("drop", partial(there.pop, name, None), f"{place} {name}")
        if digest not in there.values():
            self.blobs.get(place.repository, set()).discard(digest)
        return ""


@dataclass
class MemoryArchives:
    """`FileArchives` in memory: path -> digest."""

    registries: MemoryRegistries
    files: dict[str, str] = field(default_factory=dict)

    async def look(self, *, path: str) -> str:
        return await self.registries._call("look at file", lambda: self.files.get(path, ""), path)

    async def write(self, *, inputs: Any) -> int:
        await self.registries._call("write", lambda: self.files.update({inputs.archive: inputs.digest}), inputs.archive)
        return 1000

    async def drop(self, *, path: str, digest: str) -> None:
        await self.registries._call("delete file", lambda: self.files.pop(path, None), path)


class DeliveryPackageSubject(MemorySubject):
    """What the laws ask."""

    type_name, id_key = "DeliveryPackage", "packageId"

    def __init__(self) -> None:
        super().__init__()
        self.cloud = MemoryRegistries(self.faults)
        self.archives = MemoryArchives(self.cloud)

    def lifecycle(self) -> DeliveryPackageLifecycle:
        port = retrying(self.cloud, self.retry, self.clock)
        archives = retrying(self.archives, self.retry, self.clock)
        made = DeliveryPackageUseCases(Packer(), port, archives, self.clock, self.screen, _no_lease)
        return DeliveryPackageLifecycle(self.core(), open=lambda _: made)

    def news(self, number: int) -> dict[str, Any]:
        targets = [{"repository": f"registry.site-{site}.example/pkg/shop"} for site in ("a", "b")]
        images = [{"reference": "acme/web:1.0", "path": f"web-{number}"}]
        given = {"ownerId": OWNER, "logicalName": "shop", "version": "1.0", "images": images, "archive": "shop.tar"}
        return {**given, "targets": targets, "timeoutS": 100_000}

    def things(self) -> list[str]:
        names = {name for there in self.cloud.tags.values() for name in there}
        return [package_id_of(OWNER, number) for number in GENERATIONS if marked_by(names, OWNER, number)]

    def leftovers(self) -> list[str]:
        return [*self.cloud.tagged, *self.archives.files]


CASES = (LifecycleCase("DeliveryPackage", DeliveryPackageSubject),)
