"""What container image, chart and file packages share: their sources, the common arguments and outputs, the gate."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import pulumi

from pulumi_computenest.declaration import INCOMPLETE, Declaration, DynamicResource, ending
from pulumi_computenest.identity import former_owners, mint

__all__ = [
    "ChartArchive",
    "ChartDirectory",
    "ContentDeclaration",
    "DockerArchive",
    "GatedContent",
    "OciLayout",
    "RegistryReference",
    "absolute",
    "located",
    "source_properties",
]

AnyPath: TypeAlias = "str | Path | pulumi.Output[str]"

OBSERVED = (
    "artifactId",
    "artifactName",
    "content",
    "edition",
    "generation",
    "incarnation",
    "reasons",
    "status",
    "version",
)


@dataclass(frozen=True, kw_only=True)
class OciLayout:
    """A folder in the OCI image layout, as `skopeo copy … oci:folder`, `buildah` and `docker buildx` write it.

    Args:
        path: the folder, seen from the program's.
        image: which image, by name or digest, where the layout holds several.
    """

    kind: ClassVar[str] = "layout"
    path: AnyPath
    image: pulumi.Input[str] | None = None


@dataclass(frozen=True, kw_only=True)
class DockerArchive:
    """What `docker save`, `podman save`, `crane pull` and their like wrote. It must not be compressed as a whole.

    Args:
        path: the archive, seen from the program's folder.
        image: which image (`web:1.0`, or its digest), where the archive holds several.
    """

    kind: ClassVar[str] = "archive"
    path: AnyPath
    image: pulumi.Input[str] | None = None


@dataclass(frozen=True, kw_only=True)
class RegistryReference:
    """An image or chart in another registry; the login is the one that `docker login` wrote, if any.

    Args:
        reference: `registry.example.com/team/web:1.0`, with `@sha256:…`, or with both: the digest decides. Docker Hub's
            images have its name before them, as in `docker.io/nginx`.
    """

    kind: ClassVar[str] = "reference"
    reference: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class ChartDirectory:
    """A chart's folder; equal content gives the same package, byte for byte.

    Args:
        path: the folder, seen from the program's.
    """

    kind: ClassVar[str] = "directory"
    path: AnyPath


@dataclass(frozen=True, kw_only=True)
class ChartArchive:
    """A chart that was packaged already (`.tgz`); it is pushed as it is.

    Args:
        path: the package, seen from the program's folder.
    """

    kind: ClassVar[str] = "archive"
    path: AnyPath


AnySource: TypeAlias = OciLayout | DockerArchive | RegistryReference | ChartDirectory | ChartArchive


def located(path: str | Path) -> Path:
    """Where a path leads, seen from the program's folder; `~` is the home folder, as in a shell."""
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError:  # there is no such user: it is named as it is where it is not found
        return Path(path).absolute()


def absolute(path: AnyPath) -> pulumi.Input[str]:
    """A path as the provider needs it: its process has a working folder of its own."""
    if isinstance(path, pulumi.Output):
        return path.apply(lambda known: str(located(known)))
    return str(located(path))


def source_properties(source: AnySource) -> dict[str, Any]:
    """The source as the provider takes it, without what was not set."""
    found: dict[str, Any] = {"kind": source.kind}
    for item in fields(source):
        value = getattr(source, item.name)
        if value is not None:
            found[item.name] = absolute(value) if item.name == "path" else value
    return found


class ContentDeclaration(Declaration):
    """Arguments and outputs that every package of this family has."""

    def _declare(
        self,
        type_name: str,
        name: str,
        properties: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        given = {"ownerId": mint(type_name, name), **former_owners(type_name, opts), **properties}
        super()._declare(type_name, name, dict.fromkeys(OBSERVED) | given, opts)

    @property
    def artifact_id(self) -> pulumi.Output[str]:
        """The package's id in Compute Nest."""
        return self._get("artifactId")

    @property
    def version(self) -> pulumi.Output[str]:
        """The version that holds this content: "draft", "1", "2", …"""
        return self._get("version")

    @property
    def status(self) -> pulumi.Output[str]:
        """Available, Draft (not to be released) or Incomplete."""
        return self._get("status")

    @property
    def content(self) -> pulumi.Output[str]:
        """The digest of what the package is made of, known in a preview already."""
        return self._get("content")

    @property
    def size_bytes(self) -> pulumi.Output[int]:
        """The size of the content, in bytes."""
        return self._get("sizeBytes")

    @property
    def key_expiry(self) -> pulumi.Output[str]:
        """When the temporary key expires that the last push used: epoch milliseconds of the cloud."""
        return self._get("keyExpiry")


class GatedContent(DynamicResource):
    """A run that left the package incomplete fails: the host of dynamic providers cannot say so itself without losing
    the id."""

    def _declare(
        self, type_name: str, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None
    ) -> None:
        self._declared_at_s = time.time()
        self._logical_name = name
        super()._declare(type_name, name, {**properties, "logicalName": name, "attemptedAt": None}, opts)
        observed = pulumi.Output.all(self._get("status"), self._get("reasons"), self._get("attemptedAt"))
        self._gate = observed.apply(self._refuse_incomplete)

    def _refuse_incomplete(self, observed: Sequence[Any]) -> bool:
        status, reasons, attempted_at_s = observed
        if status == INCOMPLETE and (attempted_at_s or 0) >= self._declared_at_s:
            why = "; ".join(str(reason) for _, reason in sorted((reasons or {}).items()))
            raise ending(
                f"package {self._logical_name!r} is incomplete: {why}. Run `pulumi up` again to go on where it stopped."
            )
        return True
