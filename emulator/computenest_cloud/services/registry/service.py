"""Container registries: who may push and pull what, and the registry's own process behind that."""

from collections.abc import Iterator, Mapping
from typing import Any

from computenest_cloud.bodies import Body, RegionId
from computenest_cloud.service import ControlCalls, Front, Service, Site
from computenest_cloud.services.oss.seam import Objects, Uploads
from computenest_cloud.services.registry.contents import Contents
from computenest_cloud.services.registry.front import RegistryFront
from computenest_cloud.services.registry.process import Processes
from computenest_cloud.services.registry.records import NAMESPACES, REGISTRIES, REGISTRY_KEYS, REPOSITORIES
from computenest_cloud.services.registry.registries import Registries
from computenest_cloud.services.registry.tokens import Tokens
from computenest_cloud.store.records import Account


class NewRegistryBody(Body):
    account: str
    region: RegionId
    name: str


class Registry(Service):
    tables = (REGISTRIES, NAMESPACES, REPOSITORIES, REGISTRY_KEYS)

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        uploads, tokens = site.part(Uploads), Tokens(site.world.store)
        self.registries = site.put(Registries(site.world, site.doors))
        self.contents = site.put(Contents(site.world, site.part(Objects)))
        folder = site.state.with_name(f"{site.state.name}.registries")
        self._processes = site.put(Processes(uploads, site.doors, tokens, folder))
        self._front = RegistryFront(
            site.world,
            site.doors,
            self.registries,
            self.contents,
            tokens,
            self._processes,
            site.traffic,
            site.save,
        )
        uploads.buckets.on_asked_for_more(self._buckets)

    def _buckets(self) -> Iterator[tuple[str, str]]:
        for instance in self.world.store[REGISTRIES]:
            yield instance.bucket, instance.region

    def front(self) -> Front:
        return self._front

    # --- what it shows

    def control(self) -> ControlCalls:
        return {("GET", "registries"): self.list_registries, ("POST", "registries"): self.new_registry}

    def new_registry(self, body: Any) -> dict[str, Any]:
        """An instance that an account has bought."""
        wanted = NewRegistryBody.of(body)
        made = self.registries.new(self.world.named_account(wanted.account), wanted.region, wanted.name)
        return {"instance_id": made.instance_id, "host": self.registries.host(made), "bucket": made.bucket}

    def list_registries(self, _: Any) -> list[dict[str, Any]]:
        return [
            {
                "instance_id": instance.instance_id,
                "name": instance.name,
                "host": self.registries.host(instance),
                "bucket": instance.bucket,
                "blobs": len(self.contents.blobs(instance)),
                "repositories": [
                    {
                        "name": f"{entry.namespace}/{entry.name}",
                        "tags": {tag.name: tag.digest for tag in self.contents.tags(entry)},
                    }
                    for entry in self.world.store[REPOSITORIES].grouped(instance.instance_id)
                ],
            }
            for instance in self.world.store[REGISTRIES]
        ]

    def ledger(self, account: Account) -> Mapping[str, Any]:
        """What a registry holds counts for its owner: blobs that no repository needs any more would show there."""
        store = self.world.store
        own = {namespace.key for namespace in store[NAMESPACES] if namespace.owner_uid == account.uid}
        return {
            "repositories_outstanding": [
                {"repository_id": entry.repository_id, "name": f"{entry.namespace}/{entry.name}"}
                for entry in store[REPOSITORIES]
                if f"{entry.instance_id}/{entry.namespace}" in own
            ],
            "blobs_outstanding": [
                {"bucket": instance.bucket, "name": found.name}
                for instance in store[REGISTRIES]
                if instance.owner_uid == account.uid
                for found in self.contents.blobs(instance)
            ],
        }

    # --- its life

    def resume(self) -> None:
        self.registries.resume()

    def stop(self) -> None:
        self._processes.end()


SERVICE = Registry
