"""Stacks of container groups on either transport: what they declare, and what the cloud has, by the unmodified SDK."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.container_groups import REGION, Eci
from plugin.stacks import YamlStack, camel
from stack.cloud import Cloud
from stack.engine import Stack
from stack.wishes import LONG_S

__all__ = ["PROGRAM", "REGION", "GroupStory", "tell_of_groups"]

PROGRAM = Path(__file__).with_name("container_group_program.py")


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
        given = {name: {"region": REGION, "timeout_s": LONG_S, **arguments} for name, arguments in groups.items()}
        if isinstance(self.stack, YamlStack):
            images = {name: _image_in_yaml(folder) for name, folder in self.images.items()}
            self.stack.write(images | {name: _in_yaml(arguments) for name, arguments in given.items()})
        else:
            images = {name: {"path": str(folder), "timeout_s": LONG_S} for name, folder in self.images.items()}
            self.stack.declare(groups=given, images=images)

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

    def is_unchanged(self) -> None:
        """Neither the cloud nor the program has anything new."""
        self.stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes").succeeded()
        self.stack.run("preview", "--expect-no-changes").succeeded()


def tell_of_groups(
    cloud: Cloud, make_stack: Callable[..., Stack], make_yaml: Callable[..., Stack], transport: str
) -> GroupStory:
    """A stack of that transport which declares nothing yet."""
    return GroupStory(cloud, make_yaml(cloud) if transport == "yaml" else make_stack(cloud, program=PROGRAM))


def _image_in_yaml(folder: Path) -> dict[str, Any]:
    source = {"kind": "layout", "path": str(folder)}
    return {"type": "computenest:ContainerImagePackage", "properties": {"source": source, "timeoutS": LONG_S}}


def _in_yaml(arguments: Mapping[str, Any]) -> dict[str, Any]:
    containers = [
        camel({key: value for key, value in each.items() if key not in ("secret", "package")})
        | ({"package": f"${{{each['package']}.reference}}"} if "package" in each else {})
        | (
            {"environment": {key: {"fn::secret": value} for key, value in each["secret"].items()}}
            if "secret" in each
            else {}
        )
        for each in arguments["containers"]
    ]
    return {"type": "computenest:ContainerGroup", "properties": camel({**arguments, "containers": containers})}
