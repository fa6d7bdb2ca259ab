"""`ContainerGroup` as a subject of the laws that every type obeys, on a cloud in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from computenest.kernel.names import AccountName, RegionId, Token
from computenest.reconcile.retry import retrying
from computenest.resources.container_group.cloud_checks import GroupChecks
from computenest.resources.container_group.containers import Container
from computenest.resources.container_group.lifecycle import ContainerGroupLifecycle
from computenest.resources.container_group.model import ContainerGroup, ContainerGroupId, Seen
from computenest.resources.container_group.ports import Price, PullKey, Usage
from computenest.resources.container_group.replicas.naming import SET_TAG
from computenest.resources.container_group.surroundings import RegistryLogin
from computenest.resources.container_group.use_cases import ContainerGroupUseCases
from lifecycle.case import LifecycleCase
from lifecycle.driver import _no_lease
from lifecycle.faults import Halting, InMemory
from lifecycle.lives import AnyLife
from lifecycle.subjects import MemorySubject
from lifecycle.virtual import VirtualClock

_STARTING_S = 60.0
REGISTRY = "registry.example.com"


@dataclass
class GroupCloud(InMemory):
    """`ports.ContainerGroups` in memory, with the cloud's own rules as the facts have them."""

    clock: VirtualClock
    faults: Halting
    end: str = ""
    """What groups come to after a minute: Running where empty."""
    groups: dict[ContainerGroupId, ContainerGroup] = field(default_factory=dict)
    tokens: dict[Token, ContainerGroupId] = field(default_factory=dict)
    ready_s: dict[ContainerGroupId, float] = field(default_factory=dict)
    logins: list[tuple[str, ...]] = field(default_factory=list)
    """The passwords of each request that sent logins."""
    updates: list[frozenset[str]] = field(default_factory=list)
    """What each update sent."""
    keys: int = 0
    told: list[str] = field(default_factory=list)
    """What was done to which group, by its name."""
    dies: str = ""
    """An image of which every container ends with 3."""

    def seen(self, group_id: ContainerGroupId) -> ContainerGroup | None:
        one = self.groups.get(group_id)
        if one is None or self.clock.now_s() < self.ready_s[group_id]:
            return one
        if self.dies and any(each.container.image == self.dies for each in one.containers):
            return self._ended(one, "Failed")
        if not self.end:
            return replace(one, status="Running", address="10.0.0.1")
        return self._ended(one, self.end)

    def _ended(self, one: ContainerGroup, status: str) -> ContainerGroup:
        code = 3 if status == "Failed" else 0
        ended = tuple(replace(each, state="Terminated", exit_code=code, reason="Error") for each in one.containers)
        return replace(one, status=status, containers=ended)

    def _settled(self, group_id: ContainerGroupId, wanted: Any, tags: Mapping[str, str], status: str) -> None:
        containers = tuple(_seen(each) for each in wanted.containers)
        size = (wanted.cpu or 2.0, wanted.memory or 4.0)
        self.groups[group_id] = ContainerGroup(
            group_id,
            wanted.name,
            status,
            *size,
            wanted.restart_policy,
            "",
            containers,
            dict(tags),
            init_containers=tuple(_seen(each) for each in wanted.init_containers),
            volumes=wanted.volumes,
            dns_config=wanted.dns_config,
        )
        self.ready_s[group_id] = self.clock.now_s() + _STARTING_S

    async def create(
        self, *, wanted: Any, logins: Sequence[RegistryLogin], tags: Mapping[str, str], token: Token
    ) -> ContainerGroupId:
        def effect() -> ContainerGroupId:
            if token not in self.tokens:
                self.logins.append(tuple(str(one.password) for one in logins))
                group_id = self.tokens[token] = ContainerGroupId(f"eci-{len(self.tokens) + 1}")
                self._settled(group_id, wanted, tags, "Scheduling")
                self.told.append(f"create {wanted.name}")
            return self.tokens[token]

        return await self._call("create", effect, token)

    async def find(self, *, region: str, tags: Mapping[str, str]) -> tuple[ContainerGroup, ...]:
        def effect() -> tuple[ContainerGroup, ...]:
            found = (one for group_id in self.groups if (one := self.seen(group_id)))
            return tuple(one for one in found if tags.items() <= one.tags.items())

        return await self._call("find", effect, repr(tags))

    async def get(self, *, region: str, group_id: ContainerGroupId) -> ContainerGroup | None:
        return await self._call("get", lambda: self.seen(group_id), group_id)

    async def update(
        self,
        *,
        group_id: ContainerGroupId,
        wanted: Any,
        parts: frozenset[str],
        logins: Sequence[RegistryLogin],
        token: Token,
    ) -> None:
        def effect() -> None:
            if token not in self.tokens:
                self.tokens[token] = group_id
                self.updates.append(parts)
                self.told.append(f"update {wanted.name}")
                if "registry_logins" in parts:
                    self.logins.append(tuple(str(one.password) for one in logins))
                self._settled(group_id, wanted, self.groups[group_id].tags, "Updating")

        await self._call("update", effect, token)

    async def pull_key(self) -> PullKey:
        def effect() -> PullKey:
            self.keys += 1
            login = RegistryLogin(server=REGISTRY, user_name=f"temp-{self.keys}", password=f"key-{self.keys}")
            return PullKey(login, str(int(self.clock.now_s() * 1000) + 3_600_000))

        return await self._call("pull_key", effect, "")

    async def delete(self, *, region: str, group_id: ContainerGroupId, token: Token) -> None:
        def effect() -> None:
            assert self.tokens.setdefault(token, group_id) == group_id, "a token is of one request (facts §10.1)"
            if (gone := self.groups.pop(group_id, None)) is not None:
                self.told.append(f"delete {gone.name}")

        await self._call("delete", effect, token)

    async def log(self, *, region: str, group_id: ContainerGroupId, container: str, lines: int) -> str:
        return await self._call("log", lambda: f"the end of {container}", container)

    async def tag(self, *, region: str, group_id: ContainerGroupId, tags: Mapping[str, str]) -> None:
        await self._change("tag", group_id, repr(tags), lambda old: {**old, **tags})

    async def untag(self, *, region: str, group_id: ContainerGroupId, keys: Sequence[str]) -> None:
        await self._change("untag", group_id, repr(keys), lambda old: {k: v for k, v in old.items() if k not in keys})

    async def _change(
        self, action: str, group_id: ContainerGroupId, said: str, change: Callable[[Mapping[str, str]], dict[str, str]]
    ) -> None:
        def effect() -> None:
            one = self.groups[group_id]
            self.groups[group_id] = replace(one, tags=change(one.tags))

        await self._call(action, effect, said)


@dataclass
class OffersInMemory:
    """`ports.Offers` of two regions."""

    most_cpu: float = 100.0
    asked: list[str] = field(default_factory=list)

    async def regions(self) -> frozenset[RegionId]:
        self.asked.append("regions")
        return frozenset({RegionId("cn-hangzhou"), RegionId("cn-beijing")})

    async def price(self, *, region: RegionId, cpu: float, memory: float) -> Price:
        self.asked.append("price")
        return Price(cpu * 0.25, "CNY")

    async def usage(self, *, region: RegionId) -> Usage:
        self.asked.append("usage")
        return Usage(1.0, self.most_cpu)


def _seen(declared: Container) -> Seen:
    """As the cloud shows it: where its image came from is nothing that it says."""
    shown = {"image": declared.reference, "package": None}
    return Seen(declared.model_copy(update=shown), "Running", 0, "")


class ContainerGroupSubject(MemorySubject):
    """What the laws ask."""

    type_name, id_key = "ContainerGroup", "containerGroupId"

    def __init__(self) -> None:
        super().__init__()
        self.offers, self.cloud = OffersInMemory(), GroupCloud(self.clock, self.faults)

    def lifecycle(self) -> ContainerGroupLifecycle:
        port = retrying(self.cloud, self.retry, self.clock)
        made = ContainerGroupUseCases(port, port, self.clock, self.screen, _no_lease, 5.0)
        at = AccountName("")
        return ContainerGroupLifecycle(self.core(), _use_cases={at: made}, _checks={at: GroupChecks(self.offers)})

    def news(self, number: int) -> dict[str, Any]:
        web = {"name": "web", "image": f"docker.io/library/nginx:{number}", "ports": [{"port": 80}], "args": []}
        given = {"ownerId": "o-1", "logicalName": "web", "region": "cn-hangzhou", "containers": [web]}
        return {**given, "tags": {"team": "shop"}, "timeoutS": 100_000}

    def things(self) -> list[str]:
        return [*self.cloud.groups]

    def leftovers(self) -> list[str]:
        return self.things()


class SetSubject(ContainerGroupSubject):
    """A set, which becomes larger and is changed in place."""

    def news(self, number: int) -> dict[str, Any]:
        return {**super().news(number), "replicas": number + 1}

    def ids(self, life: AnyLife) -> list[str]:
        return sorted(one["containerGroupId"] for one in life.state["groups"].values())

    def things(self) -> list[str]:
        return sorted(self.cloud.groups)

    def found_by(self, life: AnyLife) -> set[str]:
        """A set's id is what its groups are tagged with, from the first on."""
        return {one.container_group_id for one in self.cloud.groups.values() if one.tags[SET_TAG] == life.id}


class ReplacedSetSubject(SetSubject):
    """A set, which becomes smaller, and whose groups are replaced one after the other."""

    create_before_delete = False

    def news(self, number: int) -> dict[str, Any]:
        given = {**super().news(1), "vSwitchId": f"vsw-{number}", "replicas": 4 - number}
        return {**given, "createBeforeDelete": True} if self.create_before_delete else given


class OverlappingSetSubject(ReplacedSetSubject):
    """The same, a successor first."""

    create_before_delete = True


CASES = (
    LifecycleCase("ContainerGroup", ContainerGroupSubject),
    LifecycleCase("ContainerGroup, a set", SetSubject),
    LifecycleCase("ContainerGroup, a set that is replaced", ReplacedSetSubject),
    LifecycleCase("ContainerGroup, a set that overlaps", OverlappingSetSubject),
)
