"""Where an image comes from: the three kinds of source, as a program writes them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

import pulumi

__all__ = ["BuiltImage", "CodeRepo", "CustomImage", "MarketplaceImage", "Source"]


@dataclass(frozen=True, kw_only=True)
class CustomImage:
    """An image of the supplier's own account. Any region may be a target.

    Args:
        image_id: `m-…`.
        region: the region that the image lives in.
    """

    kind: ClassVar[str] = "custom"
    image_id: pulumi.Input[str]
    region: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class MarketplaceImage:
    """An image sold on the cloud marketplace. Nothing is copied; a target region is legal only where it is sold.

    Args:
        commodity_code: the product's code, `cmjj…`, from its address on the marketplace.
        commodity_version: the version's name, `V1.0`.
    """

    kind: ClassVar[str] = "marketplace"
    commodity_code: pulumi.Input[str]
    commodity_version: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class CodeRepo:
    """A repository that a build runs in.

    Args:
        platform: github, gitee, gitlab or codeup.
        owner, repo_name, branch: as in the repository's address.
        endpoint, org_id, repo_id: only for platforms that need them.
    """

    platform: pulumi.Input[str]
    owner: pulumi.Input[str]
    repo_name: pulumi.Input[str]
    branch: pulumi.Input[str] | None = None
    endpoint: pulumi.Input[str] | None = None
    org_id: pulumi.Input[str] | None = None
    repo_id: pulumi.Input[int] | None = None


@dataclass(frozen=True, kw_only=True)
class BuiltImage:
    """An image that Compute Nest builds from another one with a command.

    Args:
        region: where it is built.
        source_image: an image id, a public image or family (`aliyun_3`), or an OOS parameter's name. May be left out
            where there is a code_repo.
        command: the script that is run on the source image.
        command_type: RunShellScript, RunBatScript or RunPowerShellScript.
        system_disk_size_gib: size of the system disk during the build, in GiB.
        enable_gpu: whether the build machine has a GPU.
        code_repo: a repository whose content the command finds.
    """

    kind: ClassVar[str] = "built"
    region: pulumi.Input[str]
    source_image: pulumi.Input[str] | None = None
    command: pulumi.Input[str] | None = None
    command_type: pulumi.Input[str] | None = None
    system_disk_size_gib: pulumi.Input[int] | None = None
    enable_gpu: pulumi.Input[bool] | None = None
    code_repo: CodeRepo | None = None


Source = CustomImage | MarketplaceImage | BuiltImage


def to_properties(source: Source | CodeRepo) -> dict[str, Any]:
    """The source as the provider reads it: camelCase, without what was not set."""
    found: dict[str, Any] = {} if isinstance(source, CodeRepo) else {"kind": source.kind}
    for item in fields(source):
        value = getattr(source, item.name)
        if value is not None:
            found[camel(item.name)] = to_properties(value) if isinstance(value, CodeRepo) else value
    return found


def camel(name: str) -> str:
    """image_id -> imageId."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)
