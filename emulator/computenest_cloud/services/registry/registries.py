"""Registries, namespaces, repositories and keys: what there is, and who may do what with it. fact: cr-001 to cr-009

Compute Nest has two registries of its own, one for container images and one for charts, with a namespace for every
account; a tenant may have instances of the enterprise edition.
"""

from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network

from computenest_cloud.doors import Door, Doors
from computenest_cloud.ids import new_secret
from computenest_cloud.networks import ANYWHERE, Place, Vpcs, internal_host
from computenest_cloud.services.oss.seam import HOME
from computenest_cloud.services.registry.records import (
    NAMESPACES,
    REGISTRIES,
    REGISTRY_KEYS,
    REPOSITORIES,
    Namespace,
    RegistryInstance,
    RegistryKey,
    Repository,
)
from computenest_cloud.services.registry.tokens import Scope
from computenest_cloud.store.records import Account
from computenest_cloud.world import World

NEST_NAMES = {"AcrImage": "compute-nest-registry", "HelmChart": "compute-nest-chart-registry"}
PUSH = ("pull", "push", "delete")
PULL = ("pull",)
REGISTRY = "registry"
"""The door of one."""


class Registries:
    def __init__(self, world: World, doors: Doors) -> None:
        self._world = world
        self._doors = doors
        self.vpcs = Vpcs(world.store)
        self.is_public: Callable[[Repository], bool] = lambda repository: repository.repository_type == "PUBLIC"

    def on_asked_if_public(self, is_public: Callable[[Repository], bool]) -> None:
        """Compute Nest knows more about its repositories than their own type."""
        self.is_public = is_public

    def resume(self) -> None:
        """The doors of a server that is started again."""
        for instance in self._world.store[REGISTRIES]:
            self._open(instance)

    # --- registries

    def _open(self, instance: RegistryInstance) -> None:
        port = self._doors.open(ANYWHERE, instance.port, Door(REGISTRY, instance.instance_id))
        if port != instance.port:
            instance.port = port
        for vpc_id in instance.linked_vpcs:
            self._open_in(instance, vpc_id)

    def _open_in(self, instance: RegistryInstance, vpc_id: str) -> None:
        host = internal_host(instance.region, self.vpcs.number(instance.region, vpc_id))
        port = self._doors.open(host, instance.port, Door(REGISTRY, instance.instance_id))
        instance.vpc_hosts = {**instance.vpc_hosts, vpc_id: f"{host}:{port}"}

    def new(self, account: Account, region: str, name: str) -> RegistryInstance:
        world = self._world
        instance = world.store[REGISTRIES].add(
            RegistryInstance(
                instance_id=world.mint.physical_id("cri-", "registry", world.mint.count("registry"))[:20],
                seq=world.mint.count("order"),
                region=region,
                name=name,
                owner_uid=account.uid,
                created_at=world.now,
            )
        )
        self._open(instance)
        return instance

    def nest(self, artifact_type: str) -> RegistryInstance:
        """Compute Nest's own, made when it is first needed: on the internet, for everybody. fact: cr-002"""
        hub, name = self._world.account("hub"), NEST_NAMES[artifact_type]
        for instance in self.of(hub):
            if instance.name == name:
                return instance
        instance = self.new(hub, HOME, name)
        instance.is_internet, instance.is_acl_enforced = True, False
        return instance

    def of(self, account: Account) -> Iterator[RegistryInstance]:
        return (instance for instance in self._world.store[REGISTRIES] if instance.owner_uid == account.uid)

    def host(self, instance: RegistryInstance) -> str:
        """What stands before a repository's name. fact: cr-003"""
        return f"{ANYWHERE}:{instance.port}"

    def link(self, instance: RegistryInstance, vpc_id: str, switch_id: str) -> None:
        instance.linked_vpcs = {**instance.linked_vpcs, vpc_id: switch_id}
        self._open_in(instance, vpc_id)

    def unlink(self, instance: RegistryInstance, vpc_id: str) -> None:
        instance.linked_vpcs = {key: value for key, value in instance.linked_vpcs.items() if key != vpc_id}
        instance.vpc_hosts = {key: value for key, value in instance.vpc_hosts.items() if key != vpc_id}

    def admits(self, instance: RegistryInstance, place: Place) -> bool:
        """Step 1: by a linked VPC's endpoint, or over the internet from a listed network. fact: cr-005"""
        if place.calls:
            is_inside = (place.region, place.vpc_number) == (place.calls, place.called_vpc_number)
            numbers = {self.vpcs.number(instance.region, vpc_id) for vpc_id in instance.linked_vpcs}
            return is_inside and place.calls == instance.region and place.called_vpc_number in numbers
        if not instance.is_internet:
            return False
        if not instance.is_acl_enforced:
            return True
        address = ip_address(place.address)
        return any(address in ip_network(entry, strict=False) for entry in instance.acl)

    # --- namespaces and repositories

    def namespace(self, instance: RegistryInstance, account: Account) -> Namespace:
        """The account's own in one of Compute Nest's registries: its number."""
        found = self._world.store[NAMESPACES].get(f"{instance.instance_id}/{account.uid}")
        return found if found is not None else self.new_namespace(instance, account.uid, account.uid)

    def new_namespace(self, instance: RegistryInstance, name: str, owner_uid: str) -> Namespace:
        world = self._world
        return world.store[NAMESPACES].add(
            Namespace(
                instance_id=instance.instance_id,
                namespace_id=world.mint.physical_id("crn-", "namespace", world.mint.count("namespace"))[:20],
                name=name,
                owner_uid=owner_uid,
            )
        )

    def repository(self, instance_id: str, full_name: str) -> Repository | None:
        return self._world.store[REPOSITORIES].get(f"{instance_id}/{full_name}")

    def repository_by_id(self, repository_id: str) -> Repository | None:
        found = (entry for entry in self._world.store[REPOSITORIES] if entry.repository_id == repository_id)
        return next(found, None)

    def new_repository(self, namespace: Namespace, name: str) -> Repository:
        world = self._world
        return world.store[REPOSITORIES].add(
            Repository(
                repository_id=world.mint.physical_id("crr-", "repository", world.mint.count("repository"))[:20],
                seq=world.mint.count("order"),
                instance_id=namespace.instance_id,
                namespace=namespace.name,
                name=name,
                repository_type=namespace.default_type,
                created_at=world.now,
                modified_at=world.now,
            )
        )

    def pushed(self, instance_id: str, full_name: str) -> Repository | None:
        """The repository that was pushed to, made if need be. fact: cr-006"""
        found = self.repository(instance_id, full_name)
        if found is None:
            namespace, _, name = full_name.partition("/")
            owner = self._world.store[NAMESPACES].get(f"{instance_id}/{namespace}")
            return None if owner is None else self.new_repository(owner, name)
        found.modified_at = self._world.now
        return found

    # --- keys

    def new_key(
        self,
        instance: RegistryInstance,
        account: Account,
        *,
        namespace: str,
        actions: tuple[str, ...],
        lifetime_s: float,
        username: str = "",
        repositories: tuple[str, ...] = (),
    ) -> RegistryKey:
        world = self._world
        now_s = world.clock.lifetime_now()
        for key in [key for key in world.store[REGISTRY_KEYS] if key.expires_at + lifetime_s < now_s]:
            world.store[REGISTRY_KEYS].remove(key.key)
        return world.store[REGISTRY_KEYS].add(
            RegistryKey(
                username=username or f"cr_temp_user_{new_secret(10).lower()}",
                password=new_secret(64),
                instance_id=instance.instance_id,
                namespace=namespace,
                account=account.name,
                actions=actions,
                repositories=repositories,
                expires_at=now_s + lifetime_s,
            )
        )

    def key(self, instance: RegistryInstance, username: str, password: str) -> RegistryKey | None:
        """None: there is no such key, the password is another, or it has expired."""
        found = self._world.store[REGISTRY_KEYS].get(f"{instance.instance_id}/{username}")
        if found is None or found.password != password:
            return None
        return found if self._world.clock.lifetime_now() < found.expires_at else None

    def granted(self, instance: RegistryInstance, key: RegistryKey | None, wanted: Scope) -> Scope:
        """What of a scope the token gets; a scope without actions is left out. fact: cr-006, cr-007"""
        nothing = Scope(wanted.kind, wanted.name, ())
        if wanted.kind != "repository":
            return nothing
        namespace = self._world.store[NAMESPACES].get(f"{instance.instance_id}/{wanted.name.partition('/')[0]}")
        if namespace is None or "/" not in wanted.name:
            return nothing
        repository = self.repository(instance.instance_id, wanted.name)
        allowed: set[str] = set()
        if repository is not None and self.is_public(repository):
            allowed |= {"pull"}
        if key is not None and self._is_covered(key, namespace, wanted.name):
            allowed |= set(key.actions)
        if repository is None and not namespace.creates_repositories:
            allowed -= {"push"}
        return Scope(wanted.kind, wanted.name, tuple(action for action in wanted.actions if action in allowed))

    def _is_covered(self, key: RegistryKey, namespace: Namespace, full_name: str) -> bool:
        if key.repositories:
            return full_name in key.repositories
        if key.namespace:
            return key.namespace == namespace.name
        return namespace.owner_uid == self._world.account(key.account).uid
