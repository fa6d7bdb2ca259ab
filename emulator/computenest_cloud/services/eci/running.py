"""What containers do in the cloud's time: pulled, started, ended, started again. fact: eci-030 to eci-036

Every change gives a new `Container`, and the group takes it: what has not been assigned has not happened.
"""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from computenest_cloud.containers.images import ImageName, parse_image
from computenest_cloud.containers.pull import Login, Pulled, Puller, PullError, layer_file, login_for
from computenest_cloud.containers.real import Job, Runner, find_runtime
from computenest_cloud.containers.restarts import back_off_s, starts_again
from computenest_cloud.containers.scripts import Script, script_of
from computenest_cloud.faults import Occasion
from computenest_cloud.services.eci import events
from computenest_cloud.services.eci.records import GROUPS, Container, ContainerGroup
from computenest_cloud.world import World

CONTAINER_DUE = "eci-container"
KILLED = 137
STOPPED = 143


def environment_of(container: Container) -> dict[str, str]:
    from_image = dict(entry.partition("=")[::2] for entry in container.image_environment)
    declared = container.declared.get("EnvironmentVar") or ()
    return {**from_image, **{str(entry.get("Key", "")): str(entry.get("Value", "")) for entry in declared}}


def command_of(container: Container) -> tuple[str, ...]:
    """As Kubernetes does: Command stands for the image's ENTRYPOINT, Arg for its CMD."""
    command = tuple(map(str, container.declared.get("Command") or ()))
    arguments = tuple(map(str, container.declared.get("Arg") or ()))
    return (*command, *arguments) if command else (*container.image_command, *arguments)


class Containers:
    """`logins_of`: what a group pulls with. `is_ours`: whether a registry is this cloud's own. `settled`: called when
    a container has changed. `layers`: where those of images are kept whose containers really run."""

    def __init__(
        self,
        world: World,
        logins_of: Callable[[ContainerGroup], tuple[Login, ...]],
        is_ours: Callable[[str], bool],
        settled: Callable[[ContainerGroup], None],
        layers: Path | None = None,
    ) -> None:
        self._world = world
        self._logins_of = logins_of
        self._is_ours = is_ours
        self._settled = settled
        self._layers = layers
        world.timeline.on(CONTAINER_DUE, self._due)

    # --- the group's containers

    def put(self, group: ContainerGroup, changed: Container) -> Container:
        group.containers = tuple(changed if found.name == changed.name else found for found in group.containers)
        if changed.due_at is not None:
            self._world.timeline.schedule(CONTAINER_DUE, f"{group.group_id}/{changed.name}", changed.due_at)
        return changed

    def resume(self, group: ContainerGroup) -> None:
        """A pull that a stop interrupted begins anew; the rest goes on."""
        for container in group.containers:
            if container.phase == "pulling" and container.due_at is None:
                self.put(group, container.model_copy(update={"phase": "waiting", "due_at": self._world.now}))
            elif container.due_at is not None:
                self._world.timeline.schedule(CONTAINER_DUE, f"{group.group_id}/{container.name}", container.due_at)

    def go_on(self, group: ContainerGroup) -> None:
        """Starts what may start: init containers one after the other, then all others at once."""
        for container in group.containers:
            if container.is_init and not (container.phase == "ended" and container.exit_code == 0):
                self._begin(group, container.name)
                return
        for name in [container.name for container in group.containers if not container.is_init]:
            self._begin(group, name)

    def _begin(self, group: ContainerGroup, name: str) -> None:
        """What another container's start has changed meanwhile counts."""
        container = next((found for found in group.containers if found.name == name), None)
        if container is not None and container.phase == "waiting" and container.due_at is None:
            self._pull(group, container)

    def stop(
        self, group: ContainerGroup, container: Container, *, code: int = STOPPED, reason: str = "Error"
    ) -> Container:
        """What runs ends now."""
        if container.phase != "running":
            return self.put(group, container.model_copy(update={"phase": "ended", "due_at": None, "reason": reason}))
        changed = {
            "phase": "ended",
            "due_at": None,
            "finished_at": self._world.now,
            "exit_code": code,
            "reason": reason,
            "lines": self._said(container),
        }
        return self.put(group, container.model_copy(update=changed))

    def anew(self, group: ContainerGroup, container: Container, declared: Mapping[str, Any]) -> Container:
        """The container as it is declared now, to be started as if for the first time; how often it began stays."""
        fresh = Container(declared=declared, is_init=container.is_init, restarts=container.restarts)
        if container.present == str(declared["Image"]):
            kept = ("present", "digest", "image_command", "image_environment", "image_working_dir", "layers")
            fresh = fresh.model_copy(update={name: getattr(container, name) for name in kept})
        if container.started_at is not None:
            fresh = fresh.model_copy(
                update={
                    "restarts": container.restarts + 1,
                    "earlier": self.ended_state(container),
                    "earlier_log": self.log(container),
                }
            )
        return self.put(group, fresh)

    def ended_state(self, container: Container) -> Mapping[str, Any]:
        return {
            "state": "Terminated",
            "exit_code": STOPPED if container.exit_code is None else container.exit_code,
            "reason": container.reason or "Error",
            "started_at": container.started_at,
            "finished_at": self._world.now if container.finished_at is None else container.finished_at,
        }

    def log(self, container: Container) -> tuple[tuple[float, str], ...]:
        """When, and what, up to now."""
        if container.started_at is None:
            return ()
        return tuple((container.started_at + offset, text) for offset, text in self._said(container))

    def _said(self, container: Container) -> tuple[tuple[float, str], ...]:
        ran_s = (container.finished_at or self._world.now) - (container.started_at or 0.0)
        return tuple((offset, text) for offset, text in container.lines if offset <= ran_s)

    # --- pulling

    def _pull(self, group: ContainerGroup, container: Container) -> None:
        """fact: eci-039: what is on the machine already is not pulled, unless the policy is Always."""
        world, image = self._world, str(container.declared["Image"])
        policy, name = str(container.declared.get("ImagePullPolicy") or "IfNotPresent"), parse_image(image)
        if container.present == image and policy != "Always":
            said = f'Container image "{image}" already present on machine'
            events.note(group, world.now, "Pulled", said, where=container.name)
            self.put(group, container.model_copy(update={"phase": "starting", "due_at": world.now}))
            return
        begun = {"phase": "pulling", "due_at": None, "reason": "ContainerCreating"}
        self.put(group, container.model_copy(update=begun))
        if policy == "Never":
            why = f'Container image "{image}" is not present with pull policy of Never'
            self._not_pulled(group, container, "ErrImageNeverPull", why)
            return
        events.note(group, world.now, "Pulling", f'Pulling image "{image}"', where=container.name)
        occasion = Occasion("eci", ("Pull",), world.account_name(group.owner_uid), (group.region,))
        effect = world.faults.take(occasion, frozenset({"fail_pull"}))
        if effect is not None:
            why = effect.message or effect.code or "the registry refuses it"
            self._pulled(group.group_id, container.name, PullError(effect.status or 6, str(name), why))
        elif not self._is_ours(name.host):
            self._pulled(group.group_id, container.name, self._foreign(name))
        elif not world.can_wait:
            self._pulled(group.group_id, container.name, PullError(1, str(name), "the registry does not answer"))
        else:
            login = login_for(name, self._logins_of(group))
            architecture = str(group.declared.get("CpuArchitecture") or "AMD64").lower()
            puller = Puller(name, login, architecture, self._layers if self._runtime is not None else None)
            world.errands.append(lambda: self._sent(group.group_id, container.name, puller))

    @property
    def _runtime(self) -> str | None:
        """What containers really run with; None where they follow scripts. fact: eci-043"""
        is_real = self._world.rules.position("eci.containers") == "real" and self._layers is not None
        return find_runtime() if is_real else None

    def _foreign(self, name: ImageName) -> Pulled | PullError:
        """fact: eci-033: nothing outside is ever asked."""
        if self._world.rules.position("eci.foreign_images") == "pulled":
            return Pulled(digest="")
        return PullError(1, str(name), "the registry cannot be reached from the group's network")

    async def _sent(self, group_id: str, name: str, puller: Puller) -> Callable[[], None]:
        outcome: Pulled | PullError
        try:
            outcome = await puller.pull()
        except PullError as failure:
            outcome = failure
        return lambda: self._pulled(group_id, name, outcome)

    def _pulled(self, group_id: str, name: str, outcome: Pulled | PullError) -> None:
        world = self._world
        group, container = self._find(group_id, name)
        if group is None or container is None or container.phase != "pulling":
            return
        if isinstance(outcome, PullError):
            reason = "ErrImagePull" if container.failed_pulls == 0 else "ImagePullBackOff"
            self._not_pulled(group, container, reason, str(outcome))
            return
        image = str(container.declared["Image"])
        known = {
            "phase": "starting",
            "digest": outcome.digest,
            "present": image,
            "image_command": outcome.command,
            "image_environment": outcome.environment,
            "image_working_dir": outcome.working_dir,
            "layers": outcome.layers,
            "due_at": world.now + world.rules.number("eci.pull_s"),
        }
        self.put(group, container.model_copy(update=known))
        events.note(group, world.now, "Pulled", f'Successfully pulled image "{image}"', where=name)

    def _not_pulled(self, group: ContainerGroup, container: Container, reason: str, why: str) -> None:
        now, times = self._world.now, container.failed_pulls
        failed = {
            "phase": "back_off",
            "reason": reason,
            "message": why,
            "failed_pulls": times + 1,
            "due_at": now + back_off_s(times),
        }
        self.put(group, container.model_copy(update=failed))
        events.note(group, now, "Failed", why, where=container.name, is_warning=True)
        self._settled(group)

    # --- what is due

    def _find(self, group_id: str, name: str) -> tuple[ContainerGroup | None, Container | None]:
        group = self._world.store[GROUPS].get(group_id)
        if group is None or group.deleted_at is not None:
            return None, None
        return group, next((found for found in group.containers if found.name == name), None)

    def _due(self, key: str, due_s: float) -> None:
        group_id, _, name = key.partition("/")
        group, container = self._find(group_id, name)
        if group is None or container is None or container.due_at != due_s:
            return
        match container.phase:
            case "starting":
                self._start(group, container)
            case "running":
                self._end(group, container)
            case "back_off" | "waiting":
                self._pull(group, self.put(group, container.model_copy(update={"phase": "waiting", "due_at": None})))
                return
        self._settled(group)

    def _start(self, group: ContainerGroup, container: Container) -> None:
        """As it really runs, where it does: the cloud's time waits for that."""
        runtime, command = self._runtime, command_of(container)
        if runtime is None or not container.layers or not command or not self._world.can_wait:
            self._started(group, container, script_of(command, environment_of(container)))
            return
        assert self._layers is not None  # noqa: S101 - there is no runtime without
        job = Job(
            layers=tuple(layer_file(self._layers, digest) for digest in container.layers),
            command=command,
            environment=environment_of(container),
            working_dir=str(container.declared.get("WorkingDir") or container.image_working_dir),
            cpu=float(container.declared.get("Cpu") or 0) or group.cpu,
            memory_gib=float(container.declared.get("Memory") or 0) or group.memory_gib,
        )
        self.put(group, container.model_copy(update={"due_at": None}))
        runner = Runner(runtime, self._world.rules.number("eci.real_s"))
        self._world.errands.append(lambda: self._really(group.group_id, container.name, runner.run(job)))

    async def _really(self, group_id: str, name: str, run: Awaitable[Script]) -> Callable[[], None]:
        script = await run

        def happen() -> None:
            group, container = self._find(group_id, name)
            if group is not None and container is not None and container.phase == "starting":
                self._started(group, container, script)
                self._settled(group)

        return happen

    def _started(self, group: ContainerGroup, container: Container, script: Script) -> None:
        now = self._world.now
        events.note(group, now, "Created", f"Created container {container.name}", where=container.name)
        events.note(group, now, "Started", f"Started container {container.name}", where=container.name)
        started = {
            "phase": "running",
            "reason": "",
            "message": "",
            "started_at": now,
            "finished_at": None,
            "exit_code": None,
            "failed_pulls": 0,
            "lines": script.lines,
            "script_exit_code": script.exit_code,
            "script_reason": script.reason,
            "due_at": None if script.duration_s is None else now + script.duration_s,
            "has_started": True,
        }
        self.put(group, container.model_copy(update=started))

    def _end(self, group: ContainerGroup, container: Container) -> None:
        if container.script_reason:
            said = f"Container {container.name} was ended: {container.script_reason}"
            events.note(group, self._world.now, container.script_reason, said, where=container.name, is_warning=True)
        self.exit(group, container, container.script_exit_code, reason=container.script_reason)

    def exit(self, group: ContainerGroup, container: Container, code: int, *, reason: str = "") -> None:
        """It ended by itself, or was made to: ended for good, or to be started again after a while."""
        now = self._world.now
        ended = container.model_copy(
            update={
                "phase": "ended",
                "due_at": None,
                "finished_at": now,
                "exit_code": code,
                "signal": code - 128 if code > 128 else None,
                "reason": reason or ("Completed" if code == 0 else "Error"),
                "lines": self._said(container),
            }
        )
        policy = group.restart_policy
        # An init container that succeeded is done, whatever the policy.
        again = code != 0 and policy != "Never" if container.is_init else starts_again(policy, code)
        if not again:
            self.put(group, ended)
            return
        wait_s = back_off_s(container.restarts)
        events.note(
            group,
            now,
            "BackOff",
            f"Back-off restarting failed container {container.name}",
            where=container.name,
            is_warning=True,
        )
        self.put(
            group,
            ended.model_copy(
                update={
                    "phase": "back_off",
                    "reason": "CrashLoopBackOff",
                    "message": f"back-off {wait_s:g}s restarting container {container.name}",
                    "restarts": container.restarts + 1,
                    "earlier": self.ended_state(ended),
                    "earlier_log": self.log(ended),
                    "due_at": now + wait_s,
                }
            ),
        )
