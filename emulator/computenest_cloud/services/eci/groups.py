"""Container groups: created, updated, restarted, deleted, and what their status is. fact: eci-001 to eci-009"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from computenest_cloud.containers.pull import Login
from computenest_cloud.faults import Occasion
from computenest_cloud.services.eci import events, shapes
from computenest_cloud.services.eci.errors import error
from computenest_cloud.services.eci.parsing import GroupRequest
from computenest_cloud.services.eci.records import GROUPS, Container, ContainerGroup, GroupStatus
from computenest_cloud.services.eci.running import KILLED, Containers
from computenest_cloud.services.registry.seam import PULL, REGISTRIES, Registries
from computenest_cloud.store.records import Account
from computenest_cloud.world import World

GROUP_DUE = "eci-group"
DEADLINE = "eci-deadline"
UPDATABLE = frozenset({"Pending", "Running"})
RESTARTABLE = frozenset({"Pending", "Running", "Succeeded", "Failed"})
ENDED = frozenset({"Succeeded", "Failed"})
KEY_S = 3600.0  # how long the key is good that a group pulls with from an instance of its own account
IN_PLACE = ("DnsConfig", "Volume")


class Groups:
    def __init__(self, world: World, registries: Registries, layers: Path | None = None) -> None:
        self._world = world
        self._registries = registries
        self.containers = Containers(world, self._logins, self._is_ours, self.settle, layers)
        world.timeline.on(GROUP_DUE, self._due)
        world.timeline.on(DEADLINE, self._deadline)

    def resume(self) -> None:
        for group in self._world.store[GROUPS]:
            if group.deleted_at is not None:
                continue
            if group.due_at is not None:
                self._world.timeline.schedule(GROUP_DUE, group.key, group.due_at)
            self._watch_deadline(group)
            self.containers.resume(group)

    # --- what it is

    def find(self, account: Account, region: str, group_id: str) -> ContainerGroup:
        group = self._world.store[GROUPS].get(group_id)
        if group is None or (group.owner_uid, group.region) != (account.uid, region) or group.deleted_at is not None:
            raise error("InvalidParameter.ContainerGroupId", f"({group_id[:80]!r})")
        return group

    def of(self, account: Account, region: str) -> list[ContainerGroup]:
        """Those that are there, newest first."""
        found = [
            group
            for group in self._world.store[GROUPS]
            if (group.owner_uid, group.region) == (account.uid, region) and group.deleted_at is None
        ]
        return sorted(found, key=lambda group: -group.seq)

    def used_cpu(self, account: Account, region: str) -> float:
        return sum(group.cpu for group in self.of(account, region) if group.status not in ENDED)

    # --- what is asked for

    def size(self, region: str, request: GroupRequest, former: tuple[float, float] = (0.0, 0.0)) -> tuple[float, float]:
        """The group's, or else the sum of its containers', made the next shape that there is. fact: eci-011"""
        cpu, memory = request.cpu or former[0], request.memory_gib or former[1]
        containers = request.containers or ()
        cpu = cpu or sum(float(entry.get("Cpu") or 0) for entry in containers)
        memory = memory or sum(float(entry.get("Memory") or 0) for entry in containers)
        cpu, memory = (cpu or shapes.DEFAULT[0], memory or shapes.DEFAULT[1]) if cpu or memory else shapes.DEFAULT
        found = shapes.shape_for(region, cpu, memory)
        if found is None:
            raise error("InvalidParameter.Size", f"({cpu:g} vCPUs with {memory:g} GiB)")
        return found

    def check_quota(self, account: Account, region: str, cpu: float) -> None:
        """fact: eci-051"""
        limit = self._world.rules.number("eci.cpu_quota")
        if self.used_cpu(account, region) + cpu > limit:
            raise error("QuotaExceeded.Cpu", f"({limit:g} in {region})")

    def create(
        self, account: Account, region: str, name: str, request: GroupRequest, *, group_id: str = ""
    ) -> ContainerGroup:
        """`group_id`: of one that a stack makes."""
        world = self._world
        cpu, memory = self.size(region, request)
        declared: list[Container] = [
            *(Container(declared=entry, is_init=True) for entry in request.init_containers or ()),
            *(Container(declared=entry) for entry in request.containers or ()),
        ]
        group = world.store[GROUPS].add(
            ContainerGroup(
                group_id=group_id
                or world.mint.physical_id("eci-", "container-group", world.mint.count("container-group")),
                seq=world.mint.count("order"),
                owner_uid=account.uid,
                region=region,
                name=name,
                declared=request.declared,
                cpu=cpu,
                memory_gib=memory,
                restart_policy=request.restart_policy or "Always",
                tags=request.tags or {},
                resource_group_id=str(request.declared.get("ResourceGroupId", "")),
                logins=request.logins or (),
                registries=request.registries or (),
                containers=tuple(declared),
                created_at=world.now,
                changed_at=world.now,
            )
        )
        self._turn(group, "Scheduling", world.rules.number("eci.schedule_s"))
        return group

    def update(self, account: Account, group: ContainerGroup, request: GroupRequest, *, is_renewal: bool) -> None:
        """fact: eci-004 to eci-006"""
        if group.status not in UPDATABLE:
            raise error("IncorrectStatus", f"({group.group_id} is {group.status})")
        cpu, memory = self.size(group.region, request, (group.cpu, group.memory_gib))
        self.check_quota(account, group.region, max(0.0, cpu - group.cpu))
        resized = (cpu, memory) != (group.cpu, group.memory_gib)
        group.cpu, group.memory_gib = cpu, memory
        known = {name: value for name, value in request.declared.items() if name in IN_PLACE}
        group.declared = {**group.declared, **known}
        group.restart_policy = request.restart_policy or group.restart_policy
        if request.tags is not None:
            group.tags = request.tags if is_renewal else {**group.tags, **request.tags}
        group.resource_group_id = str(request.declared.get("ResourceGroupId", "") or group.resource_group_id)
        if request.logins is not None:
            group.logins = request.logins
        if request.registries is not None:
            group.registries = request.registries
        restarts_all = self._world.rules.position("eci.update_restarts") == "all"
        changed = self._declare(group, request, is_renewal=is_renewal)
        if changed and restarts_all:
            changed = {container.name for container in group.containers}
        for container in group.containers:
            if container.name in changed or (resized and restarts_all):
                self.containers.anew(group, container, container.declared)
        events.note(group, self._world.now, "Updating", "The container group is updated")
        self._turn(group, "Updating", self._world.rules.number("eci.update_s"))

    def _declare(self, group: ContainerGroup, request: GroupRequest, *, is_renewal: bool) -> set[str]:
        """Takes over the containers of the request; the names of those that are another now."""
        changed: set[str] = set()
        found: list[Container] = []
        for is_init, wanted in ((True, request.init_containers), (False, request.containers)):
            present = {entry.name: entry for entry in group.containers if entry.is_init == is_init}
            if wanted is None:
                found += present.values()
                continue
            names = [str(entry["Name"]) for entry in wanted]
            if not is_renewal:
                found += [entry for name, entry in present.items() if name not in names]
            for name, declared in zip(names, wanted, strict=True):
                former = present.get(name)
                merged = {**former.declared, **declared} if former is not None and not is_renewal else declared
                if former is None or dict(former.declared) != dict(merged):
                    changed.add(name)
                base = former or Container(declared=merged, is_init=is_init)
                found.append(base.model_copy(update={"declared": merged}))
        group.containers = tuple(found)
        return changed

    def restart(self, group: ContainerGroup) -> None:
        """fact: eci-007"""
        if group.status not in RESTARTABLE:
            raise error("IncorrectStatus", f"({group.group_id} is {group.status})")
        pulls = self._world.rules.position("eci.restart_pulls") == "always"
        for container in group.containers:
            fresh = self.containers.anew(group, container, container.declared)
            if pulls:
                self.containers.put(group, fresh.model_copy(update={"present": ""}))
        group.ended_at = None
        self._turn(group, "Restarting", self._world.rules.number("eci.restart_s"))

    def delete(self, group: ContainerGroup) -> None:
        """fact: eci-008"""
        has_hook = (
            any(name.startswith("LifecyclePreStop") for entry in group.containers for name in entry.declared)
            and group.status == "Running"
        )
        if has_hook or self._world.rules.position("eci.deletion") == "terminating":
            if group.status != "Terminating":
                grace_s = float(group.declared.get("TerminationGracePeriodSeconds") or 30)
                self._turn(group, "Terminating", grace_s)
            return
        self._gone(group)

    def _gone(self, group: ContainerGroup) -> None:
        group.deleted_at = group.changed_at = self._world.now
        group.due_at = None
        group.logins = ()

    # --- in time

    def _turn(self, group: ContainerGroup, status: GroupStatus, for_s: float | None = None) -> None:
        now = self._world.now
        group.status, group.changed_at = status, now
        group.due_at = None if for_s is None else now + for_s
        if group.due_at is not None:
            self._world.timeline.schedule(GROUP_DUE, group.key, group.due_at)

    def _due(self, group_id: str, due_s: float) -> None:
        group = self._world.store[GROUPS].get(group_id)
        if group is None or group.due_at != due_s or group.deleted_at is not None:
            return
        if group.status == "Terminating":
            self._gone(group)
            return
        if group.status == "Scheduling":
            if self._cannot_schedule(group):
                return
            group.started_at = self._world.now
            message = f"Successfully assigned {group.region}/{group.group_id} to a virtual node"
            events.note(group, self._world.now, "Scheduled", message)
            self._watch_deadline(group)
        self._turn(group, "Pending")
        self.containers.go_on(group)
        self.settle(group)

    def _cannot_schedule(self, group: ContainerGroup) -> bool:
        """fact: eci-003"""
        world = self._world
        occasion = Occasion("eci", ("CreateContainerGroup",), world.account_name(group.owner_uid), (group.region,))
        effect = world.faults.take(occasion, frozenset({"fail_schedule"}))
        if effect is None:
            return False
        why = effect.message or "The inventory of the zone is not sufficient."
        events.note(group, world.now, effect.code or "NoStock", why, is_warning=True)
        self._turn(group, "ScheduleFailed")
        group.ended_at = world.now
        return True

    def _watch_deadline(self, group: ContainerGroup) -> None:
        text = group.declared.get("ActiveDeadlineSeconds")
        if text and group.started_at is not None and group.status not in ENDED:
            self._world.timeline.schedule(DEADLINE, group.key, group.started_at + float(text))

    def _deadline(self, group_id: str, due_s: float) -> None:
        """fact: eci-009"""
        del due_s
        group = self._world.store[GROUPS].get(group_id)
        if group is None or group.deleted_at is not None or group.status in ENDED:
            return
        for container in group.containers:
            self.containers.stop(group, container, code=KILLED, reason="DeadlineExceeded")
        message = "The group was active on the node longer than the specified deadline"
        events.note(group, self._world.now, "DeadlineExceeded", message, is_warning=True)
        self._turn(group, "Failed")
        group.ended_at = self._world.now

    def settle(self, group: ContainerGroup) -> None:
        """The group's status, as its containers make it; what waits for others of them starts. fact: eci-002"""
        if group.status not in {"Pending", "Running"}:
            return
        init_failed = any(
            entry.is_init and entry.phase == "ended" and entry.exit_code not in {0, None} for entry in group.containers
        )
        if not init_failed:
            self.containers.go_on(group)
        own = [entry for entry in group.containers if not entry.is_init]
        if init_failed or all(entry.phase == "ended" for entry in own):
            good = not init_failed and all(entry.exit_code == 0 for entry in own)
            self._turn(group, "Succeeded" if good else "Failed")
            group.ended_at = self._world.now
        elif group.status != "Running" and all(entry.has_started for entry in own):
            self._turn(group, "Running")

    # --- what it pulls with

    def _is_ours(self, host: str) -> bool:
        instances = self._world.store[REGISTRIES]
        return any(host in {self._registries.host(found), *found.vpc_hosts.values()} for found in instances)

    def _logins(self, group: ContainerGroup) -> tuple[Login, ...]:
        """Those of the request; and for each instance of the account's own that it names, a key that only pulls.

        fact: eci-034
        """
        found = [Login(entry["server"], entry["username"], entry["password"]) for entry in group.logins]
        account = self._world.account(self._world.account_name(group.owner_uid))
        for instance in self._own(account, group.registries):
            key = self._registries.new_key(instance, account, namespace="", actions=PULL, lifetime_s=KEY_S)
            found.append(Login(self._registries.host(instance), key.username, key.password))
        return tuple(found)

    def _own(self, account: Account, named: Iterable[Mapping[str, Any]]) -> list[Any]:
        ids = {str(entry.get("InstanceId", "")) for entry in named}
        return [instance for instance in self._registries.of(account) if instance.instance_id in ids]
