"""What a ROS template's `Transform` makes of it: Terraform in a `Workspace`, or ROS itself.

Sources: ROS's documentation "Structure of Terraform templates" (`Aliyun::Terraform-v1.5` and its kin; a new version of
Terraform is a new value, so versions are known by their form) and "Transform" (`Aliyun::Serverless-2018-04-03`, which
makes functions, no machines). `Aliyun::OpenTofu-v1.8` is what Alibaba Cloud's own tools write; they take lists, too,
where the documentation knows a single text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from computenest.kernel.nearest import nearest
from computenest.templates.looks import items_of
from computenest.templates.nodes import MappingNode, ScalarNode, SequenceNode
from computenest.templates.ros_template import function_of

_TERRAFORM = re.compile(r"Aliyun::(?:Terraform|OpenTofu)-(?:v[0-9]+\.[0-9]+|2020-06-18)")
_SERVERLESS = "Aliyun::Serverless-2018-04-03"
_MEANT = ("aliyun::terraform", "aliyun::opentofu")
_EXAMPLES = ("Aliyun::Terraform-v1.5", "Aliyun::OpenTofu-v1.8", _SERVERLESS)


def is_terraform(root: MappingNode) -> bool:
    """Whether a template's resources are Terraform's, misspelt transforms included: `Workspace` means nothing else."""
    written = any(value.lower().startswith(_MEANT) for value, _ in _values(root))
    return written or (isinstance(root.get("Workspace"), MappingNode) and root.get("Resources") is None)


def doubts_about_transform(root: MappingNode) -> Iterator[tuple[int, str]]:
    """What ROS may not do as the template says, with the character to name."""
    transform = root.get("Transform")
    if transform is None:
        if is_terraform(root):
            yield root.entries["Workspace"].start, "a Workspace without a Transform: ROS does not read it"
        return
    values = list(_values(root))
    listed = transform.items if isinstance(transform, SequenceNode) else (transform,)
    if function_of(transform) or len(values) < len(listed) or not values:
        yield transform.start, "Transform is not a text: ROS takes no parameter or function there"
    for value, char in values:
        if not _TERRAFORM.fullmatch(value) and value != _SERVERLESS:
            meant = nearest(value, _EXAMPLES)
            hint = f"; the nearest is `{meant}`" if meant else ""
            yield char, f"Transform `{value[:100]}` is not known: what it makes of the template is not read{hint}"
    if is_terraform(root) and root.get("Workspace") is None:
        yield transform.start, "a Transform of Terraform without a Workspace: there is nothing that ROS could deploy"


def _values(root: MappingNode) -> Iterator[tuple[str, int]]:
    transform = root.get("Transform")
    for value in items_of(transform) or (transform,):
        if isinstance(value, ScalarNode) and not function_of(value):
            yield value.value.strip(), value.start
