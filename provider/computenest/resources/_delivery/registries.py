"""Places in registries: looks there, puts something there, takes it away. Every call is one of the OCI distribution
specification 1.1."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from computenest.cloud.registry.client import Registry, Traffic, open_registry
from computenest.cloud.registry.login import Keys, Login, OneLogin
from computenest.cloud.registry.oci import parse_reference
from computenest.cloud.registry.push import Shelf, Tree, missing_parts, push_tree
from computenest.cloud.registry.sources import DockerLogin
from computenest.cloud.registry.untag import untag
from computenest.cloud.secret import Secret
from computenest.kernel.names import OwnerId
from computenest.resources._delivery.places import Lying, Place, is_mark_of, mark_of, marked_by, own_marks
from computenest.resources._delivery.signing import sign, signature_tag, verify

_PARALLEL = 8


@dataclass(slots=True)
class Places:
    """Places in registries; what this process has sent is known for the next push."""

    traffic: Traffic = field(default_factory=Traffic)
    shelves: dict[str, Shelf] = field(default_factory=dict)

    async def look(self, *, place: Place, owner_id: OwnerId, generation: int, digest: str, signer: str = "") -> Lying:
        """What lies there; whether it is whole is asked where it is `digest`, and then whether `signer` (a public key
        in PEM, "" for none) has signed it."""
        doing, marks = f"look at {place}", own_marks(owner_id, generation, place.tag)
        async with self._open(place) as (registry, path):
            names = set(await registry.tags(path, doing=doing))
            mine = marked_by(names, owner_id, generation)
            asked = {place.tag, *marks, *(mark_of(owner_id, generation, tag) for tag in mine)} & names
            stands = await self._stand_for(registry, path, asked, doing=doing)
            lies, is_whole, is_signed = stands.get(place.tag, ""), False, True
            if lies and lies == digest:
                manifest = await registry.manifest(path, lies, doing=doing)
                is_whole = manifest is not None and not await missing_parts(registry, path, manifest, doing=doing)
                is_signed = not signer or (await verify(registry, path, lies, signer, doing=doing)).is_signed
            return Lying(
                digest=lies,
                marked=stands.get(marks[0], ""),
                before=frozenset(stands[mark] for mark in marks[1:] if mark in stands),
                is_whole=is_whole,
                is_signed=is_signed,
                is_others=any(is_mark_of(name, place.tag) and name not in marks for name in names),
                ours={tag: stands.get(mark_of(owner_id, generation, tag), "") for tag in mine},
            )

    async def absent(self, *, place: Place, digests: Sequence[str]) -> tuple[str, ...]:
        """Which of these blobs the repository lacks, by HEAD."""
        slots, doing = asyncio.Semaphore(_PARALLEL), f"look at {place}"
        async with self._open(place) as (registry, path):

            async def lacks(digest: str) -> bool:
                async with slots:
                    return not await registry.has_blob(path, digest, doing=doing)

            found = await asyncio.gather(*map(lacks, digests))
        return tuple(digest for digest, is_lacking in zip(digests, found, strict=True) if is_lacking)

    async def put(
        self,
        *,
        place: Place,
        mark: str,
        tree: Tree,
        neighbours: Sequence[str],
        show: Callable[[str], None],
        signing_key: str = "",
    ) -> None:
        """Pushes an image, marks it, and tags it last. What is there is not sent again.

        Args:
            place: where.
            mark: our tag beside the place's own.
            tree: what is pushed.
            neighbours: other repositories of the same registry, from which blobs are mounted.
            show: takes live status lines.
            signing_key: a file, "" to sign nothing.
        """
        doing = f"push of {place}"
        async with self._open(place) as (registry, path):
            await push_tree(
                registry,
                path,
                mark,
                tree,
                shelf=self.shelves.setdefault(registry.host, Shelf()),
                neighbours=[one.partition("/")[2] for one in neighbours],
                show=show,
                doing=doing,
            )
            if await registry.digest(path, place.tag, doing=doing) != tree.root.digest:
                await registry.put_manifest(path, place.tag, tree.root, doing=doing)
            if signing_key:
                await sign(registry, path, tree.root.digest, signing_key, doing=doing)

    async def drop(self, *, place: Place, mark: str, digest: str, signer: str = "") -> str:
        """Takes away our mark, the tag where nobody else relies on it, what no other tag has, and a signature by the
        signer alone.

        Returns:
            What stays though nobody needs it, and why; "" for nothing.
        """
        doing = f"deletion of {place}"
        async with self._open(place) as (registry, path):
            names = set(await registry.tags(path, doing=doing))
            stands = await self._stand_for(registry, path, names, doing=doing)
            is_others = any(is_mark_of(name, place.tag) and name != mark for name in names)
            ours = {mark} & names
            if not is_others and stands.get(place.tag) == digest:
                ours |= {place.tag}
            having = {name for name, one in stands.items() if one == digest} - ours
            for shelf in self.shelves.values():
                shelf.forget(path)
            if ours and not having and {stands[name] for name in ours} == {digest}:
                await self._unsign(registry, path, digest, signer, doing=doing)
                if await registry.delete(path, digest, doing=doing):
                    return ""
                return f"{registry.host} deletes nothing: {path}@{digest} stays there"
            for name in sorted(ours):
                if not await untag(registry, path, name, doing=doing):
                    return f"{registry.host} deletes nothing: {path}:{name} stays there"
            return ""

    async def _unsign(self, registry: Registry, path: str, digest: str, signer: str, *, doing: str) -> None:
        """The signature goes with what it is of, where nobody else has signed that."""
        found = await verify(registry, path, digest, signer, doing=doing) if signer else None
        if found is not None and found.is_signed and found.count == 1:
            await untag(registry, path, signature_tag(digest), doing=doing)

    async def _stand_for(self, registry: Registry, path: str, names: set[str], *, doing: str) -> dict[str, str]:
        slots = asyncio.Semaphore(_PARALLEL)

        async def one(name: str) -> tuple[str, str | None]:
            async with slots:
                return name, await registry.digest(path, name, doing=doing)

        found = await asyncio.gather(*map(one, sorted(names)))
        return {name: digest for name, digest in found if digest is not None}

    @contextlib.asynccontextmanager
    async def _open(self, place: Place) -> AsyncIterator[tuple[Registry, str]]:
        reference = parse_reference(f"{place.repository}:{place.tag}", path="targets")
        keys: Keys = DockerLogin(reference.registry)
        if place.username:
            keys = OneLogin(Login(place.username, Secret(place.password)))
        opened: AbstractAsyncContextManager[Registry] = open_registry(reference.registry, keys, traffic=self.traffic)
        async with opened as registry:
            yield registry, reference.repository
