"""What an association is: markers of a template, and for each the package (or plain map) that stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from computenest.domain.distribution.model import Model

__all__ = ["Partner", "TemplateFacts"]


class TemplateFacts(Model):
    """What the state keeps of a template: never its text."""

    digest: str
    format: str
    size_bytes: int


class Partner(Model):
    """What the state keeps of the package behind a marker: enough to tell what a change of it will do.

    Args:
        kind: `package` for a resource of ours, `map` for a plain map region -> image id.
        owner_id, generation: the package's identity; another one means other images.
        origin: what each region gets, as in the package's distribution.
        edition: the digest of what the package's version is made of.
        artifact_id, version: the relation for the service.
        reissued: the cloud once gave a region that stayed another image id.
    """

    kind: Literal["package", "map"]
    owner_id: str | None = None
    generation: int | None = None
    origin: Any = None
    edition: Any = None
    artifact_id: Any = None
    version: Any = None
    reissued: Any = None


Substitutions = Mapping[str, Mapping[str, str]]
