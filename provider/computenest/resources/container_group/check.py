"""Validation of what a program asks for: pure, on known and unknown values alike, all failures at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from computenest.kernel.arguments import check_tags, quoted
from computenest.kernel.identity import identified
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources.container_group.check_containers import of_containers
from computenest.resources.container_group.check_surroundings import MOST_LOGINS, of_replicas, of_surroundings
from computenest.resources.container_group.declaration import Arguments
from computenest.resources.container_group.model import Inputs
from computenest.resources.container_group.replicas.rolling import note_of, revision_of, rollout_of
from computenest.resources.container_group.shapes import is_shape, nearest_shape

__all__ = ["MOST_LOGINS", "check"]

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,126}[a-z0-9])")  # facts §10.1
_ALWAYS = ("restart_policy", "wait_for", "tags", "account", "timeout_s")
"""What checked inputs hold whatever a program says."""


def check(olds: Inputs[Known] | None, news: Arguments, *, replaced: Inputs[Known] | None) -> Checked[Inputs[Unknown]]:
    """Checked inputs: what the program says, with identity and defaults.

    Args:
        olds: the inputs of last time, None for a create and for the second check of a replacement.
        news: what the program asks for; what could not be read counts as unknown.
        replaced: what this process has seen of the same resource in the state, for a replacement.
    """
    failures: list[Failure] = []
    name = news.name or (olds.name if olds else news.logical_name.lower())
    if name is not UNKNOWN and not _NAME.fullmatch(name):
        failures.append(
            Failure("name", f"{quoted(name)} cannot be a group's name: 2 to 128 lower-case letters, digits and hyphens")
        )
    check_tags(news.tags or {}, failures)
    failures += of_containers(news)
    failures += of_surroundings(news)
    failures += _of_size(news)
    failures += _of_the_internet(news)
    inputs = Inputs[Unknown].made(
        Inputs[Unknown].by_default(*_ALWAYS),
        news,
        **identified(olds, replaced, news.owner_id),
        name=name,
    )
    if not inputs.is_set:
        return Checked(inputs, (*failures, *_of_jobs(inputs)))
    revision = revision_of(olds, inputs)
    rolled = Inputs[Unknown].made(inputs, revision=revision, rollout=rollout_of(inputs, revision))
    return Checked(rolled, (*failures, *_of_jobs(inputs), *of_replicas(news)), notes=tuple(note_of(olds, rolled)))


def _of_size(news: Arguments) -> Iterator[Failure]:
    """A size that there is (facts §10.4), or a type of instance that has one."""
    if news.instance_type is not None:
        if news.cpu is not None or news.memory is not None:
            yield Failure("instanceType", "give this, or cpu and memory: an instance's type says both")
    elif isinstance(news.cpu, float) and isinstance(news.memory, float) and not is_shape(news.cpu, news.memory):
        cpu, memory = nearest_shape(news.cpu, news.memory)
        why = f"no group has {news.cpu:g} vCPUs with {news.memory:g} GiB; the nearest has {cpu:g} with {memory:g}"
        yield Failure("memory", why)
    elif (news.cpu is None) != (news.memory is None):
        yield Failure("memory" if news.memory is None else "cpu", "give both, cpu and memory, or neither")


def _of_the_internet(news: Arguments) -> Iterator[Failure]:
    """An address that is made, or one that is there (facts §10.1)."""
    if news.eip_instance_id is not None and news.auto_create_eip is True:
        yield Failure("eipInstanceId", "give this, or autoCreateEip: a group has one address in the internet")
    bandwidth = news.eip_bandwidth
    if bandwidth is None or bandwidth is UNKNOWN:
        return
    if news.auto_create_eip in (None, False):
        yield Failure("eipBandwidth", "it is of an address that is made: give autoCreateEip too")
    elif bandwidth < 1:
        yield Failure("eipBandwidth", f"at least 1 Mbit/s is needed, not {bandwidth}")


def _of_jobs(inputs: Inputs[Unknown]) -> Iterator[Failure]:
    if inputs.wait_for == "Succeeded" and inputs.restart_policy == "Always":
        why = "with `restartPolicy` Always no container ever ends; a job has OnFailure or Never"
        yield Failure("waitFor", why)
