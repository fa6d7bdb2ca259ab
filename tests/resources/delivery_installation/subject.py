"""`DeliveryInstallation` as a subject of the laws that every type obeys, on a cluster and registries in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from computenest.cloud.registry.oci import MANIFEST, Manifest
from computenest.kernel.identity import digest as hashed
from computenest.resources._components.wish import Wish
from computenest.resources._delivery.completeness import Used
from computenest.resources._delivery.delivered import Application, Delivered
from computenest.resources._delivery.names import image_name
from computenest.resources._delivery.sealed import PackedImage
from computenest.resources.delivery_installation.api import Seen, Wanted
from computenest.resources.delivery_installation.lifecycle import DeliveryInstallationLifecycle
from computenest.resources.delivery_installation.use_cases import Installations
from lifecycle.case import LifecycleCase
from resources.clusters import ClusterSubject
from resources.delivery_package.subject import MemoryRegistries


def image(reference: str, seed: str = "") -> PackedImage:
    """An image of no blobs."""
    digest = "sha256:" + hashed(reference, seed, length=64)
    return PackedImage(image_name(reference, path=""), Manifest(b"{}", MANIFEST, digest, (), ()))


def package(where: str) -> Delivered:
    """A package is what its name ends with: another number is another chart, and another image."""
    number = where.rpartition("-")[2]
    applications = (
        Application("db", "/charts/db-1", "1"),
        Application("web", f"/charts/web-{number}", number, values={"size": 1}),
    )
    images = (image("acme/db:1"), image("acme/web:1", number))
    return Delivered("sha256:" + hashed(where, length=64), number, applications, images)


class MemoryPackages:
    """`KeptPackages`: whatever is asked for is there."""

    async def look(self, *, where: str, verify: str, clusterfile: str) -> Seen:
        return Seen(package(where))

    async def used(self, *, wish: Wish) -> tuple[Used, ...]:
        values: Any = wish.values
        return (Used(values["image"], wish.component, "Deployment shop/web", "image"),) if "image" in values else ()


class LoadedRegistries(MemoryRegistries):
    """`LocalRegistries` on the registries in memory."""

    async def load(self, *, where: str, wanted: Sequence[Wanted], show: Callable[[str], None]) -> None:
        for one in wanted:
            await self.push(one.place, one.mark, one.digest)


class DeliveryInstallationSubject(ClusterSubject):
    """What the laws ask."""

    type_name = "DeliveryInstallation"

    def __init__(self) -> None:
        super().__init__()
        self.registries = LoadedRegistries(self.faults)

    def lifecycle(self) -> DeliveryInstallationLifecycle:
        asks, bears = self.asking_and_bearing(self.registries)
        made = Installations(self.desk(), MemoryPackages(), bears, asks)
        return DeliveryInstallationLifecycle(self.core(), open=lambda _: made)

    def news(self, number: int) -> dict[str, Any]:
        given = {"ownerId": "o-1", "logicalName": "shop", "cluster": {"name": "main", "kubeconfig": "text"}}
        named = [
            {"chart": "web", "value": "image", "image": "acme/web:1"},
            {"chart": "web", "value": "tag", "image": "acme/web:1", "part": "tag"},
        ]
        where = {"package": f"registry.example.com/pkg/shop:1-{number}", "images": named, "namespace": "shop"}
        registry = {"address": "registry.site-a.example:5000/shop"}
        return {**given, **where, "registry": registry, "configuration": {"db": {"size": number}}, "timeoutS": 100_000}

    def leftovers(self) -> list[str]:
        return sorted([*self.cluster.releases, *self.registries.tagged])


CASES = (LifecycleCase("DeliveryInstallation", DeliveryInstallationSubject),)
