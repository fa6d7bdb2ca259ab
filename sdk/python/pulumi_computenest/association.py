"""`ServiceImageAssociation`: markers of a template and the packages that stand behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from computenest.domain import template as templates
from computenest.domain.errors import Invalid
from computenest.transports.dynamic.providers import ServiceImageAssociationProvider
from pulumi_computenest.identity import mint, plugin_type
from pulumi_computenest.package import EcsImagePackage

__all__ = ["ServiceImageAssociation", "Template"]


class Template:
    """A template given as text rather than as a path.

    Args:
        text: the template: ROS YAML or JSON, or Terraform.
        name: what messages call it; its ending helps to tell the format (`main.tf`).
    """

    def __init__(self, text: pulumi.Input[str], *, name: str = "template") -> None:
        self.text = text
        self.name = name

    @classmethod
    def read(cls, path: str | Path) -> Template:
        """The template in a file, byte for byte.

        Raises:
            pulumi.RunError: the file cannot be read, or is not UTF-8.
        """
        file = Path(path)
        try:
            return cls(file.read_bytes().decode("utf-8"), name=file.name)
        except OSError as error:
            raise pulumi.RunError(f"template {str(path)!r} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise pulumi.RunError(f"template {str(path)!r} is not UTF-8: byte {error.start} is not text") from error


class ServiceImageAssociation(Resource, module="computenest", name="ServiceImageAssociation"):
    """Which image of a template each package stands for, region by region, before anything is deployed.

    Args:
        resource_name: the logical name.
        template: a path, or a Template made from text. The text never enters the state.
        packages: marker -> package, or a plain map region -> image id. A marker is the whole literal text of an
            image id in the template (`ecs_image_web`), or the path of one position
            (`Resources.Web.Properties.ImageId`).
        regions: where the service may be deployed; every package must be distributed to all of them.
    """

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
        properties: dict[str, Any] = {
            "ownerId": mint("ServiceImageAssociation", resource_name),
            "template": given.text,
            "templateName": given.name,
            "packages": {marker: _partner(partner) for marker, partner in packages.items()},
            "regions": regions,
            "positions": None,
            "substitutions": None,
            "relation": None,
        }
        aliases = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=plugin_type("ServiceImageAssociation"))])
        super().__init__(
            ServiceImageAssociationProvider(), resource_name, properties, pulumi.ResourceOptions.merge(opts, aliases)
        )

    @property
    def positions(self) -> pulumi.Output[Mapping[str, Sequence[str]]]:
        """Marker -> the paths where it stands."""
        found: pulumi.Output[Mapping[str, Sequence[str]]] = self.__dict__["positions"]
        return found

    @property
    def substitutions(self) -> pulumi.Output[Mapping[str, Mapping[str, str]]]:
        """Marker -> region -> image id."""
        found: pulumi.Output[Mapping[str, Mapping[str, str]]] = self.__dict__["substitutions"]
        return found

    @property
    def relation(self) -> pulumi.Output[Mapping[str, Mapping[str, str]]]:
        """`ArtifactRelation` of the service: marker -> ArtifactId and ArtifactVersion."""
        found: pulumi.Output[Mapping[str, Mapping[str, str]]] = self.__dict__["relation"]
        return found

    def render(self, region: str) -> pulumi.Output[str]:
        """The template with the images of `region`; every other byte stays as it is.

        Raises:
            pulumi.RunError: (when resolved) a package has no image in that region.
        """
        return render_template(self._template, self.substitutions, region)


def render_template(
    template: Template, substitutions: pulumi.Output[Mapping[str, Mapping[str, str]]], region: str
) -> pulumi.Output[str]:
    """A template with the images of `region`, once they are known."""
    name = template.name
    return pulumi.Output.all(template.text, substitutions).apply(
        lambda both: _render(str(both[0]), name, both[1], region)
    )


def _partner(partner: EcsImagePackage | pulumi.Input[Mapping[str, pulumi.Input[str]]]) -> dict[str, Any]:
    if not isinstance(partner, EcsImagePackage):
        return {"kind": "map", "images": partner}
    own = partner.__dict__
    return {
        "kind": "package",
        "name": own["name"],
        "ownerId": own["ownerId"],
        "generation": own["generation"],
        "distribution": own["distribution"],
        "edition": partner.edition,
        "artifactId": own["artifactId"],
        "version": own["version"],
        "images": own["images"],
        "reasons": own["reasons"],
        "reissued": own["reissued"],
    }


def _render(text: str, name: str, substitutions: Mapping[str, Mapping[str, str]], region: str) -> str:
    images = {marker: by_region.get(region) for marker, by_region in substitutions.items()}
    missing = sorted(marker for marker, image in images.items() if image is None)
    if missing:
        raise pulumi.RunError(f"template {name!r} cannot be rendered for {region}: no image for {', '.join(missing)}")
    data = text.encode("utf-8")
    try:
        scan = templates.scan(data, name=name)
        known = {marker: image for marker, image in images.items() if image is not None}
        return templates.render(data, scan=scan, substitutions=known).decode("utf-8")
    except Invalid as error:
        raise pulumi.RunError(f"template {name!r}: {error}") from error
