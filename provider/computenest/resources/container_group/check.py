"""Validation of what a program asks for: pure, on known and unknown values alike, all failures at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from computenest.kernel.arguments import check_tags, quoted
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources.container_group.declaration import Arguments
from computenest.resources.container_group.model import DEFAULT_TIMEOUT_S, Container, Inputs
from computenest.resources.container_group.shapes import is_shape, nearest_shape

__all__ = ["check"]

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,126}[a-z0-9])")  # facts §10.1
_CONTAINER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,126}[a-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_MOST_CONTAINERS = 20
_HIGHEST_PORT = 65535


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
    tags = check_tags(news.tags, failures).get("tags", {})
    if news.containers is not UNKNOWN:
        failures += _of_containers(news.containers)
    if isinstance(news.cpu, float) and isinstance(news.memory, float) and not is_shape(news.cpu, news.memory):
        cpu, memory = nearest_shape(news.cpu, news.memory)
        why = f"no group has {news.cpu:g} vCPUs with {news.memory:g} GiB; the nearest has {cpu:g} with {memory:g}"
        failures.append(Failure("memory", why))
    elif (news.cpu is None) != (news.memory is None):
        lacking = "memory" if news.memory is None else "cpu"
        failures.append(Failure(lacking, "give both, cpu and memory, or neither"))
    for key, value in (("timeoutS", news.timeout_s), ("activeDeadlineS", news.active_deadline_s)):
        if value is not None and value is not UNKNOWN and value < 1:
            failures.append(Failure(key, "a whole number of seconds above 0 is needed"))
    known = olds or replaced
    given = {
        "cpu": news.cpu,
        "memory": news.memory,
        "active_deadline_s": news.active_deadline_s,
        "v_switch_id": news.v_switch_id,
        "security_group_id": news.security_group_id,
    }
    inputs = Inputs[Unknown].made(
        owner_id=known.owner_id if known else news.owner_id,
        generation=olds.generation if olds else replaced.generation + 1 if replaced else 1,
        name=name,
        region=news.region,
        containers=news.containers,
        restart_policy=news.restart_policy or "Always",
        wait_for=news.wait_for or "Running",
        tags=tags,
        account=news.account or "",
        timeout_s=DEFAULT_TIMEOUT_S if news.timeout_s is None else news.timeout_s,
        **given,
    )
    return Checked(inputs, (*failures, *_of_jobs(inputs)))


def _of_jobs(inputs: Inputs[Unknown]) -> Iterator[Failure]:
    if inputs.wait_for == "Succeeded" and inputs.restart_policy == "Always":
        why = "with `restartPolicy` Always no container ever ends; a job has OnFailure or Never"
        yield Failure("waitFor", why)


def _of_containers(containers: tuple[Container, ...]) -> Iterator[Failure]:
    """A name once in a group, a port once in a group, a variable as the cloud takes it (facts §10.1)."""
    if not 1 <= len(containers) <= _MOST_CONTAINERS:
        yield Failure("containers", f"1 to {_MOST_CONTAINERS} containers are needed, not {len(containers)}")
    names: set[str] = set()
    ports: dict[tuple[str, int], str] = {}
    for index, one in enumerate(containers):
        at = f"containers[{index}]"
        if one.name is not UNKNOWN:
            if not _CONTAINER.fullmatch(one.name):
                yield Failure(
                    f"{at}.name",
                    f"{quoted(one.name)} is no name of a container; it has a-z, 0-9 and hyphens",
                )
            elif one.name in names:
                yield Failure(f"{at}.name", f"another container of this group is named {quoted(one.name)} too")
            names.add(one.name)
        if one.image is not UNKNOWN and (not one.image or any(sign.isspace() for sign in one.image)):
            yield Failure(f"{at}.image", f"{quoted(one.image)} is no image: give registry/repository:tag")
        if one.environment is not None and one.environment is not UNKNOWN:
            for key in sorted(one.environment):
                if not _VARIABLE.fullmatch(key):
                    yield Failure(
                        f"{at}.environment[{quoted(key)}]",
                        "letters, digits and _ are possible, no digit first",
                    )
        yield from _of_ports(one, at, ports)


def _of_ports(one: Container, at: str, taken: dict[tuple[str, int], str]) -> Iterator[Failure]:
    for index, port in enumerate(one.ports if one.ports is not None and one.ports is not UNKNOWN else ()):
        where = f"{at}.ports[{index}].port"
        if port.port is UNKNOWN or port.protocol is UNKNOWN:
            continue
        if not 1 <= port.port <= _HIGHEST_PORT:
            yield Failure(where, f"a port is from 1 to {_HIGHEST_PORT}, not {port.port}")
        first = taken.setdefault((port.protocol or "TCP", port.port), where)
        if first != where:
            yield Failure(where, f"port {port.port} is taken by {first}: a group has one address")
