"""One operation on one group, and what the cloud shows of it as a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from computenest.kernel import identity, plan
from computenest.kernel.errors import ComputeNestError, Invalid, Permanent
from computenest.kernel.names import Token
from computenest.kernel.outcome import INCOMPLETE, Outcome
from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import Known
from computenest.reconcile.objects import ObjectRun
from computenest.resources.container_group import plan as steps
from computenest.resources.container_group.containers import in_words_of
from computenest.resources.container_group.model import ContainerGroup, ContainerGroupId, Inputs, State
from computenest.resources.container_group.ports import PullKey
from computenest.resources.container_group.surroundings import RegistryLogin
from computenest.resources.container_group.temporary_keys import key_ends

if TYPE_CHECKING:
    from computenest.resources.container_group.use_cases import ContainerGroupUseCases

_LOG_LINES = 20
_MOST_UPDATES = 5
"""Of one run: each starts containers again, and a value that the cloud writes otherwise is never as it is wanted."""


def observed(known: Inputs[Known], seen: ContainerGroup) -> State[Known]:
    """A state with what the cloud shows now, in the words of the program: what it left out is the cloud's to choose."""
    ours = identity.is_ours(seen.tags, owner_id=known.owner_id, generation=known.generation)
    kept = {key: value for key, value in seen.tags.items() if key in known.tags or not ours}
    own = {key: value for key, value in kept.items() if not key.startswith(identity.TAG_PREFIX)}
    size = {} if known.cpu is None else {"cpu": seen.cpu, "memory": seen.memory}
    state = State[Known].made(
        known,
        container_group_id=seen.container_group_id,
        name=seen.name,
        containers=steps.as_wanted(known.containers, seen.containers),
        restart_policy=seen.restart_policy,
        status=seen.status,
        phase=seen.status,
        address=seen.address,
        internet_address=seen.internet_address,
        tags=own,
        **size,
    )
    return _with_surroundings(state, known, seen)


def _with_surroundings(state: State[Known], known: Inputs[Known], seen: ContainerGroup) -> State[Known]:
    """With what a group has beside its containers; of an import everything, else what the program says something of."""
    is_imported, init, volumes, dns = not known.containers, None, None, None
    if known.init_containers or is_imported:
        init = steps.as_wanted(known.init_containers, seen.init_containers)
    if known.volumes or is_imported:
        volumes = seen.volumes if is_imported else steps.volumes_as_wanted(known.volumes, seen)
    if known.dns_config is not None:
        dns = in_words_of(seen.dns_config, known.dns_config)
    return State[Known].made(state, init_containers=init, volumes=volumes, dns_config=dns)


@dataclass(kw_only=True)
class GroupRun(ObjectRun[State[Known], steps.Await]):
    """One operation on a group under way."""

    kind: ClassVar[str] = "container group"

    desk: ContainerGroupUseCases
    wanted: Inputs[Known]
    seen: ContainerGroup | None = None
    logs: dict[str, str] = field(default_factory=dict)
    key: PullKey | None = None
    """The temporary key that this operation has taken."""
    sent: bool = False
    """What no look shows was sent by this operation."""

    @property
    def label(self) -> str:
        return f"{self.name} ({self.object_id} in {self.wanted.region})"

    @property
    def group_id(self) -> ContainerGroupId:
        return ContainerGroupId(self.object_id)

    @property
    def redactor(self) -> Redactor:
        """Over the values of all variables: containers log them, and no name tells which of them are secret."""
        before = self.former.everything_run if self.former is not None else ()
        told = {
            f"{number}": one.wire().get("environment", {})
            for number, one in enumerate((*before, *self.wanted.everything_run))
        }
        told |= {f"login {number}": str(one.password) for number, one in enumerate(self._logins())}
        return Redactor.over(told, told)

    @property
    def seen_tags(self) -> Mapping[str, str] | None:
        return None if self.seen is None else self.seen.tags

    async def observe(self) -> None:
        self.seen = await self._get() if self.object_id else None

    def next_step(self) -> plan.Step:
        return steps.next_step(self.wanted, self.seen, self._due())

    def _due(self) -> frozenset[steps.UpdatePart]:
        """What no look shows, and the state before does not say was sent."""
        if self.sent or (self.former is None and not self.is_found):
            return frozenset()
        is_pulling = self.seen is not None and self.seen.status == "Pending"
        return steps.unseen_parts(self.former, self.wanted, is_pulling=is_pulling)

    async def find(self) -> tuple[str, Mapping[str, str]] | None:
        ours = await self.desk.groups.find(region=self.wanted.region, tags=self.owner_tags)
        return (ours[0].container_group_id, ours[0].tags) if ours else None

    async def make(self, ordinal: int) -> str:
        self.show(f"creating it in {self.wanted.region}")
        await self._take_key()
        return await self.desk.groups.create(
            wanted=self.wanted, logins=self._logins(), tags=self.tags, token=self._token("create", ordinal)
        )

    async def is_there(self) -> bool | None:
        return True if await self._get() else None

    async def act(self, step: plan.Step) -> None:
        if isinstance(step, steps.Update):
            parts = step.parts
            if self.attempts["Update"] >= _MOST_UPDATES:
                other = ", ".join(sorted(parts)).replace("_", " ")
                raise Permanent(
                    f"{self.wanted.name}: {_MOST_UPDATES} changes in place were taken, and the cloud still shows other"
                    f" {other} than were asked for",
                    hint="either somebody else changes the group, or the cloud writes a value otherwise: compare them"
                    " with what DescribeContainerGroups shows",
                )
            if parts & steps.PULLS and self.wanted.has_packages:
                await self._take_key()
                parts = parts | {"registry_logins"}
            self.acting("changing it in place")
            key = str(self.key.login.user_name) if self.key is not None else ""  # another key is another request
            spec = identity.digest(repr(self.wanted.bag()), *sorted(parts), key)
            token = self._token("update", self.group_id, spec, self.attempts["Update"])
            await self.desk.groups.update(
                group_id=self.group_id, wanted=self.wanted, parts=parts, logins=self._logins(), token=token
            )
            self.sent = True

    async def _take_key(self) -> None:
        """Takes a new temporary key for what is pulled from Compute Nest's registry.

        Raises:
            Invalid: a package lies in another registry than the key is for.
        """
        if not self.wanted.has_packages or self.key is not None:
            return
        key = await self.desk.keys.pull_key()
        for one in self.wanted.everything_run:
            host = str(one.package or "").partition("/")[0]
            if one.package is not None and host != key.login.server:
                raise Invalid(
                    f"package {one.package} of container {one.name} is not in {key.login.server}, where packages lie",
                    hint="give the `reference` of a ContainerImagePackage, or name the image as `image`",
                )
        self.key = key

    def _logins(self) -> tuple[RegistryLogin, ...]:
        """The program's, and the temporary one."""
        return (*self.wanted.registry_logins, *((self.key.login,) if self.key is not None else ()))

    @property
    def key_expiry(self) -> str:
        """When the key ends that the group has, "" where it has none or nobody knows."""
        if self.key is not None:
            return self.key.expires_ms
        return self.former.key_expiry if self.former is not None and self.wanted.has_packages else ""

    async def wait(self, step: steps.Await) -> None:
        self.show(step.status)
        why = self.redactor.text(f", {step.why}" if step.why else "")
        await self.pause(self.timed_out(f"it is {step.status}{why}"), interval_s=self.desk.poll_interval_s)

    async def look_once_more(self) -> None:
        """With the end of the log of each container that failed."""
        await super().look_once_more()
        for one in self.seen.containers if self.seen is not None else ():
            if one.state == "Terminated" and one.exit_code:
                name = str(one.container.name)
                try:
                    self.logs[name] = await self.desk.groups.log(
                        region=self.wanted.region, group_id=self.group_id, container=name, lines=_LOG_LINES
                    )
                except ComputeNestError:
                    continue  # the failure itself says more

    async def finish(self, done: plan.Done) -> Outcome[State[Known]]:
        del done
        await self.settle_tags()
        self.warn_of_key()
        return Outcome(self.object_id, self._state("", {}))

    def warn_of_key(self) -> None:
        """When the key ends that this operation has taken, where the group may need it after that."""
        if self.key is not None and (said := key_ends(self.wanted, self.key.expires_ms)):
            self.warn(said)

    def kept(self, reason: str) -> Outcome[State[Known]]:
        told = [reason, *(f"last lines of {name}:\n{text}" for name, text in sorted(self.logs.items()) if text)]
        why = self.redactor.text("\n".join(told))
        return Outcome(self.object_id, self._state(INCOMPLETE, {"": why}), (f"{self.name}: {why}",))

    async def tag(self, tags: Mapping[str, str]) -> None:
        await self.desk.groups.tag(region=self.wanted.region, group_id=self.group_id, tags=tags)

    async def untag(self, keys: list[str]) -> None:
        await self.desk.groups.untag(region=self.wanted.region, group_id=self.group_id, keys=keys)

    @property
    def busy(self) -> plan.Await | None:
        """A group that is on its way can be deleted all the same; one that ends already is waited for."""
        is_ending = self.seen is not None and self.seen.status == "Terminating"
        return steps.Await("Terminating") if is_ending else None

    async def remove(self, attempt: int) -> None:
        token = self._token("delete", self.group_id, attempt)  # one made after a deletion by hand is another
        await self.desk.groups.delete(region=self.wanted.region, group_id=self.group_id, token=token)

    async def _get(self) -> ContainerGroup | None:
        return await self.desk.groups.get(region=self.wanted.region, group_id=self.group_id)

    def _state(self, status: str, reasons: Mapping[str, str]) -> State[Known]:
        """What was observed last; of an operation that did not finish, with why."""
        if self.seen is not None:
            shown = observed(self.wanted, self.seen)
        else:
            shown = State[Known].made(self.wanted, container_group_id=self.object_id, address="")
        return State[Known].made(
            shown,
            tags=shown.tags if reasons else self.wanted.tags,
            status=status or shown.status,
            reasons=dict(reasons),
            key_expiry=self.key_expiry,
            incarnation=self.recorded_incarnation,
        )

    def _token(self, purpose: str, *ordinals: str | int) -> Token:
        return identity.token(self.wanted.owner_id, self.wanted.generation, purpose, *ordinals)
