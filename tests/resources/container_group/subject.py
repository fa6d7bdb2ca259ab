"""`ContainerGroup` as a subject of the laws that every type obeys, in an account of the embedded cloud."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from computenest.kernel.names import AccountName
from computenest.resources.container_group.api import CloudOffers
from computenest.resources.container_group.cloud_checks import GroupChecks
from computenest.resources.container_group.lifecycle import ContainerGroupLifecycle
from computenest.resources.container_group.replicas.naming import SET_TAG
from computenest_cloud.services.eci.groups import Groups
from computenest_cloud.services.eci.records import GROUPS, ContainerGroup
from emulator.in_process import InProcess
from lifecycle.case import LifecycleCase
from lifecycle.lives import AnyLife
from lifecycle.subjects import CloudSubject, cloud_inside

_WHO = {"RegionId", "ContainerGroupId", "UpdateType", "ClientToken"}


@cache
def _cloud() -> InProcess:
    """One that takes every registry for somebody else's: its own is served by nobody."""
    made = cloud_inside()
    made.inside.site.part(Groups).containers._is_ours = lambda _host: False
    return made


class ContainerGroupSubject(CloudSubject):
    """What the laws ask."""

    type_name, id_key = "ContainerGroup", "containerGroupId"

    def __init__(self) -> None:
        super().__init__(_cloud())
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        """Each call, with what it sends."""
        call = self.session.client.call

        async def told(product: Any, action: str, parameters: Mapping[str, Any], **more: Any) -> Any:
            self.sent.append((action, parameters))
            return await call(product, action, parameters, **more)

        self.session.client.call = told  # type: ignore[method-assign]

    @property
    def groups(self) -> dict[str, ContainerGroup]:
        """Those that there are, by their ids."""
        return {one.group_id: one for one in self.cloud.inside.store[GROUPS] if one.deleted_at is None}

    @property
    def told(self) -> list[str]:
        """What was asked for of which group, by its name."""
        names = {one.group_id: one.name for one in self.cloud.inside.store[GROUPS]}
        verbs = {f"{verb.title()}ContainerGroup": verb for verb in ("create", "update", "delete")}
        return [
            f"{verbs[action]} {given.get('ContainerGroupName') or names[given['ContainerGroupId']]}"
            for action, given in self.sent
            if action in verbs
        ]

    @property
    def updates(self) -> list[set[str]]:
        """What each update sent."""
        return [{*given} - _WHO for action, given in self.sent if action == "UpdateContainerGroup"]

    @property
    def logins(self) -> list[tuple[str, ...]]:
        """The passwords of each request that sent logins."""
        found = (given.get("ImageRegistryCredential") for _, given in self.sent)
        return [tuple(one["Password"] for one in logins) for logins in found if logins]

    def lifecycle(self) -> ContainerGroupLifecycle:
        checks = GroupChecks(self.cloud.session().port(CloudOffers))  # whose calls nobody strikes
        return ContainerGroupLifecycle(self.core(), _checks={AccountName(""): checks})

    def news(self, number: int) -> dict[str, Any]:
        web = {"name": "web", "image": f"docker.io/library/nginx:{number}", "ports": [{"port": 80}], "args": []}
        given = {"ownerId": "o-1", "logicalName": "web", "region": "cn-hangzhou", "containers": [web]}
        return {**given, "tags": {"team": "shop"}, "timeoutS": 100_000}

    def things(self) -> list[str]:
        return sorted(self.groups)

    def leftovers(self) -> list[str]:
        return self.things()


class SetSubject(ContainerGroupSubject):
    """A set, which becomes larger and is changed in place."""

    def news(self, number: int) -> dict[str, Any]:
        return {**super().news(number), "replicas": number + 1}

    def ids(self, life: AnyLife) -> list[str]:
        return sorted(one["containerGroupId"] for one in life.state["groups"].values())

    def found_by(self, life: AnyLife) -> set[str]:
        """A set's id is what its groups are tagged with, from the first on."""
        return {key for key, one in self.groups.items() if one.tags[SET_TAG] == life.id}


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
