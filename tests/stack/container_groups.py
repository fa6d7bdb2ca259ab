"""Stacks of container groups on either transport: what they declare, and what the cloud has, by the unmodified SDK."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.container_groups import REGION, Eci
from stack.cloud import Cloud
from stack.described import PROGRAM, its, new, resource, secret, source
from stack.engine import Stack
from stack.wishes import LONG_S

__all__ = ["REGION", "GroupStory", "tell_of_groups"]


@dataclass
class GroupStory:
    """One stack of container groups."""

    cloud: Cloud
    stack: Stack

    images: dict[str, Path] = field(default_factory=dict)
    """Name of an image package of the program -> the OCI layout that it is made of."""

    def declare(self, **groups: Mapping[str, Any]) -> None:
        """What the program declares from now on: name -> arguments, in the words of Python. `secret` of a container
        are variables whose values are secrets, its `package` is the name of one of `images`."""
        made = {
            name: resource(
                "ContainerImagePackage", source=source({"kind": "layout", "path": str(path)}), timeout_s=LONG_S
            )
            for name, path in self.images.items()
        }
        for name, given in groups.items():
            containers = [_container(one) for one in given["containers"]]
            told = {"region": REGION, "timeout_s": LONG_S, **given, "containers": containers}
            made[name] = resource("ContainerGroup", **told)
        self.stack.describe(made, **{name: {key: its(name, key) for key in ("address", "status")} for name in groups})

    def group(self, name: str) -> dict[str, Any]:
        """A group's outputs in the state."""
        return dict(self.stack.resources()[name]["outputs"])

    @property
    def eci(self) -> Eci:
        """The SDK as the owner of the groups."""
        return Eci(self.cloud, "supplier")

    def seen(self) -> list[Any]:
        """The groups that the cloud has."""
        return list(self.eci.all().container_groups)

    def all_ids(self) -> list[str]:
        """The ids of all groups, however many pages they fill."""
        found: list[str] = []
        token: str | None = ""
        while token is not None:
            body = self.eci.all(next_token=token or None)
            found += [one.container_group_id for one in body.container_groups]
            token = body.next_token or None
        return found

    def changed_by_hand(self, group_id: str, **changes: Any) -> None:
        """Somebody else updates the group, and it runs again."""
        self.eci.update(group_id, **changes)
        self.cloud.advance(300)
        assert self.eci.get(group_id).status == "Running"


def tell_of_groups(
    cloud: Cloud, make_stack: Callable[..., Stack], make_yaml: Callable[..., Stack], transport: str
) -> GroupStory:
    """A stack of that transport which declares nothing yet."""
    return GroupStory(cloud, make_yaml(cloud) if transport == "yaml" else make_stack(cloud, program=PROGRAM))


def _container(given: Mapping[str, Any]) -> dict[str, Any]:
    arguments = dict(given)
    if "ports" in given:
        arguments["ports"] = [new("Port", **port) for port in given["ports"]]
    if "package" in given:
        arguments["package"] = its(given["package"], "reference")
    if "secret" in given:
        arguments["environment"] = {key: secret(value) for key, value in arguments.pop("secret").items()}
    return new("Container", **arguments)
