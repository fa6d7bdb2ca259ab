"""Placeholders of files, container images and charts in a template become addresses at deployment. fact: inst-017, -018

A related placeholder is the whole key of its relation, spaces included, and stands anywhere in the template's text; the
two pull secrets belong to no relation. Where a value comes from is `Addresses`' business: the object storage's and the
registry's, or, without them, the documented forms.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol

from computenest_cloud.services.nest_artifacts.seam import ARTIFACTS, Artifact, ArtifactVersion
from computenest_cloud.world import World

SECRET = re.compile(r"\{\{\s*computenest::(acr|helm)::dockerconfigjson\s*\}\}")
PUBLIC_FILE = re.compile(r"\{\{\s*computenest::publicfile::")
REGISTRY = "compute-nest-registry.cn-hangzhou.cr.aliyuncs.com"
CHART_REGISTRY = "compute-nest-chart-registry.cn-hangzhou.cr.aliyuncs.com"


class Addresses(Protocol):
    """Where a customer's machines in a region find a package. None: it is not there."""

    def file(self, version: ArtifactVersion, region: str, *, is_public: bool) -> str | None:
        """The URL of a file: internal and signed, or public."""

    def container_image(self, artifact: Artifact, version: ArtifactVersion) -> str | None:
        """`registry/namespace/repository:tag`."""

    def chart(self, artifact: Artifact, version: ArtifactVersion) -> str | None:
        """`oci://registry/namespace/repository:tag`."""

    def pull_secret(self, supplier_uid: str, region: str, *, is_chart: bool) -> str | None:
        """A `.dockerconfigjson` in Base64, with a temporary key that pulls what the supplier has published."""


class DocumentedAddresses:
    """The forms that the documentation shows, with nothing behind them."""

    def file(self, version: ArtifactVersion, region: str, *, is_public: bool) -> str | None:
        del region, is_public
        return str(version.artifact_property.get("Url", "")).partition("?")[0] or None

    def container_image(self, artifact: Artifact, version: ArtifactVersion) -> str | None:
        return self._reference(REGISTRY, artifact, version)

    def chart(self, artifact: Artifact, version: ArtifactVersion) -> str | None:
        found = self._reference(CHART_REGISTRY, artifact, version)
        return None if found is None else f"oci://{found}"

    @staticmethod
    def _reference(host: str, artifact: Artifact, version: ArtifactVersion) -> str | None:
        name, tag = version.artifact_property.get("RepoName"), version.artifact_property.get("Tag")
        return f"{host}/{artifact.owner_uid}/{name}:{tag}" if name and tag else None

    def pull_secret(self, supplier_uid: str, region: str, *, is_chart: bool) -> str | None:
        del supplier_uid, region, is_chart
        return None


class Placeholders:
    """Values for one deployment; `used` are the related placeholders that the template held."""

    def __init__(self, values: Mapping[str, str], secret: Callable[[bool], str | None]) -> None:
        self._values = values
        self._secret = cache(secret)  # one key for a deployment, however often it is asked for
        pattern = "|".join(re.escape(text) for text in sorted(values, key=len, reverse=True))
        self._related = re.compile(pattern) if pattern else None
        self.used: set[str] = set()

    def apply(self, value: Any) -> Any:
        """A copy with every placeholder in every text replaced; keys stay."""
        if isinstance(value, dict):
            return {key: self.apply(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.apply(entry) for entry in value]
        return self._text(value) if isinstance(value, str) and "computenest::" in value else value

    def _text(self, text: str) -> str:
        if self._related is not None:
            text = self._related.sub(self._value, text)
        return SECRET.sub(lambda match: self._secret(match[1] == "helm") or match[0], text)

    def _value(self, match: re.Match[str]) -> str:
        self.used.add(match[0])
        return self._values[match[0]]


def address(
    world: World, addresses: Addresses, kind: str, literal: str, version: ArtifactVersion, region: str
) -> str | None:
    """What the placeholder of one relation becomes in a region."""
    artifact = world.store[ARTIFACTS].get(version.artifact_id)
    if artifact is None:
        return None
    match kind:
        case "FileArtifactRelation":
            return addresses.file(version, region, is_public=PUBLIC_FILE.match(literal) is not None)
        case "AcrImageArtifactRelation":
            return addresses.container_image(artifact, version)
        case _:
            return addresses.chart(artifact, version)
