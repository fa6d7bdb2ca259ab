"""The same resources through the plugin: true previews, partial state, import, cancel, live progress.

A program moves over by its import alone, and nothing is replaced:

    import pulumi_computenest.plugin as computenest   # was: import pulumi_computenest as computenest

`pulumi-resource-computenest` has to be on PATH, or named in `plugins.providers` of Pulumi.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pulumi

from pulumi_computenest.association import Template, render_template
from pulumi_computenest.identity import mint, plugin_type
from pulumi_computenest.source import BuiltImage, CodeRepo, CustomImage, MarketplaceImage, Source, to_properties

__all__ = [
    "BuiltImage",
    "CodeRepo",
    "CustomImage",
    "EcsImagePackage",
    "MarketplaceImage",
    "ServiceImageAssociation",
    "Template",
]

_DYNAMIC = "pulumi-python:dynamic/computenest:"
_OUTPUTS = (
    "artifactId",
    "artifactName",
    "distribution",
    "edition",
    "generation",
    "images",
    "incarnation",
    "reasons",
    "reissued",
    "status",
    "statuses",
    "version",
    "visible",
)
_REFERRED = (
    "artifactId",
    "distribution",
    "edition",
    "generation",
    "images",
    "name",
    "ownerId",
    "reasons",
    "reissued",
    "version",
)


class _Resource(pulumi.CustomResource):
    def __init__(
        self, type_name: str, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None
    ) -> None:
        aliases = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=_DYNAMIC + type_name)])
        merged = pulumi.ResourceOptions.merge(opts, aliases)
        super().__init__(plugin_type(type_name), name, dict(properties), merged)

    def _get(self, name: str) -> pulumi.Output[Any]:
        return cast("pulumi.Output[Any]", self.__dict__[name])


class EcsImagePackage(_Resource):
    """An image, replicated to every region named; see `pulumi_computenest.EcsImagePackage` for every argument."""

    def __init__(
        self,
        resource_name: str,
        *,
        source: Source,
        regions: Sequence[pulumi.Input[str]] | pulumi.Output[Sequence[str]],
        name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        version_name: pulumi.Input[str] | None = None,
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        resource_group_id: pulumi.Input[str] | None = None,
        release: pulumi.Input[bool] | None = None,
        retain_versions: pulumi.Input[int] | None = None,
        timeout_s: pulumi.Input[int] | None = None,
        account: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "ownerId": mint("EcsImagePackage", resource_name),
            "name": name,
            "source": to_properties(source),
            "regions": regions,
            "description": description,
            "versionName": version_name,
            "tags": tags,
            "resourceGroupId": resource_group_id,
            "release": release,
            "retainVersions": retain_versions,
            "timeoutS": timeout_s,
            "account": account,
        }
        super().__init__("EcsImagePackage", resource_name, dict.fromkeys(_OUTPUTS) | properties, opts)

    @property
    def artifact_id(self) -> pulumi.Output[str]:
        """The package's id in Compute Nest."""
        return self._get("artifactId")

    @property
    def version(self) -> pulumi.Output[str]:
        """The version whose images these are: "draft", "1", "2", …"""
        return self._get("version")

    @property
    def status(self) -> pulumi.Output[str]:
        """Available, Draft (not to be released) or Incomplete."""
        return self._get("status")

    @property
    def distribution(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> what it gets."""
        return self._get("distribution")

    @property
    def images(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> image id; never incomplete, a run that leaves a gap ends with the package."""
        return self._get("images")

    @property
    def delivered(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> image id; the same as `images`, which in the dynamic transport fails in an incomplete run."""
        return self._get("images")

    @property
    def statuses(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> Available, or what it is waiting for."""
        return self._get("statuses")

    @property
    def reasons(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> why it has no image."""
        return self._get("reasons")

    @property
    def edition(self) -> pulumi.Output[str]:
        """A digest of what the wanted version is made of."""
        return self._get("edition")

    def reference(self) -> dict[str, pulumi.Output[Any]]:
        """What an association takes of a package."""
        return {key: self._get(key) for key in _REFERRED}


class ServiceImageAssociation(_Resource):
    """Which image of a template each package stands for; see `pulumi_computenest.ServiceImageAssociation`."""

    def __init__(
        self,
        resource_name: str,
        *,
        template: str | Path | Template,
        packages: Mapping[str, EcsImagePackage | pulumi.Input[Mapping[str, pulumi.Input[str]]]],
        regions: Sequence[pulumi.Input[str]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        given = template if isinstance(template, Template) else Template.read(template)
        self._template = given
        properties = {
            "ownerId": mint("ServiceImageAssociation", resource_name),
            "template": given.text,
            "templateName": given.name,
            "packages": {marker: _partner(partner) for marker, partner in packages.items()},
            "regions": regions,
        }
        computed = ("positions", "substitutions", "relation")
        super().__init__("ServiceImageAssociation", resource_name, dict.fromkeys(computed) | properties, opts)

    @property
    def positions(self) -> pulumi.Output[Mapping[str, Sequence[str]]]:
        """Marker -> the paths where it stands."""
        return self._get("positions")

    @property
    def substitutions(self) -> pulumi.Output[Mapping[str, Mapping[str, str]]]:
        """Marker -> region -> image id."""
        return self._get("substitutions")

    @property
    def relation(self) -> pulumi.Output[Mapping[str, Mapping[str, str]]]:
        """`ArtifactRelation` of the service: marker -> ArtifactId and ArtifactVersion."""
        return self._get("relation")

    def render(self, region: str) -> pulumi.Output[str]:
        """The template with the images of `region`; every other byte stays as it is."""
        return render_template(self._template, self.substitutions, region)


def _partner(partner: EcsImagePackage | pulumi.Input[Mapping[str, pulumi.Input[str]]]) -> dict[str, Any]:
    if isinstance(partner, EcsImagePackage):
        return {"kind": "package", **partner.reference()}
    return {"kind": "map", "images": partner}
