"""What a `FilePackage` takes: a file, as programs have one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import pulumi

from pulumi_computenest.declaration import Prepared
from pulumi_computenest.paths import absolute
from pulumi_computenest.sugar.packages import PackageSugar

if TYPE_CHECKING:
    from pulumi_computenest.types import AnyPath

__all__ = ["Sugar"]

AnyFile: TypeAlias = "AnyPath | pulumi.Asset"
HIDES = ("source",)


class Arguments:
    """What programs write."""

    file: AnyFile
    """A path, or a `pulumi.FileAsset` or `pulumi.StringAsset`. Where it lies is no difference, its content is; of a
    text the state keeps the digest only, and it needs a `file_name`."""


class Sugar(PackageSugar):
    """A file as a program declares it."""

    def _prepared(self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None) -> Prepared:
        given, opts = super()._prepared(name, given, opts)
        source = _source(given.pop("file"))
        return {**given, "source": source}, opts


def _source(file: Any) -> dict[str, Any]:
    # An asset among a dynamic resource's inputs breaks its stack for good: it becomes a path or a text here.
    if isinstance(file, pulumi.FileAsset):
        return {"kind": "file", "path": absolute(file.path)}
    if isinstance(file, pulumi.StringAsset):
        return {"kind": "text", "text": file.text}
    if isinstance(file, pulumi.Asset):
        raise TypeError(f"a {type(file).__name__} cannot be uploaded: download it first, and give its path")
    return {"kind": "file", "path": absolute(file)}
