"""What a `ServiceImageAssociation` takes of templates and packages, and what it makes of a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pulumi

from pulumi_computenest.declaration import Declaration, Prepared
from pulumi_computenest.declared.ecs_image_package import EcsImagePackageDeclaration
from pulumi_computenest.paths import located

__all__ = ["ImageParameters", "Sugar", "Template"]

HIDES = ("templateName",)


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
        file = located(path)
        try:
            return cls(file.read_bytes().decode("utf-8"), name=file.name)
        except OSError as error:
            hint = f"a path is looked up from {Path.cwd()}, where the program runs"
            raise pulumi.RunError(f"template {str(path)!r} cannot be read: {error.strerror}; {hint}") from error
        except UnicodeDecodeError as error:
            raise pulumi.RunError(f"template {str(path)!r} is not UTF-8: byte {error.start} is not text") from error


@dataclass(frozen=True)
class ImageParameters:
    """A ROS template that takes its images as parameters, and what they are in one region.

    Attributes:
        template: the template in JSON, the same for every region.
        parameters: the name of each parameter -> an image id.
    """

    template: pulumi.Output[str]
    parameters: pulumi.Output[Mapping[str, str]]


AnyImages: TypeAlias = "EcsImagePackageDeclaration | pulumi.Input[Mapping[str, pulumi.Input[str]]]"


class Arguments:
    """What programs write."""

    template: str | Path | Template
    """A path, or a Template made from text. The text never enters the state."""
    packages: Mapping[str, AnyImages]
    """Marker -> package, or a plain map region -> image id. A marker is the whole literal text of an image id in the
    template (`ecs_image_web`), or the path of one position (`Resources.Web.Properties.ImageId`)."""


class Sugar(Declaration):
    """An association as a program declares it, and what it makes of its template."""

    _word = "association"
    given_template: Template
    """The template as the program gave it."""
    partners: Mapping[str, AnyImages]
    """Marker -> the package, or the map of images, as the program gave it."""

    def _prepared(self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None) -> Prepared:
        given, opts = super()._prepared(name, given, opts)
        template = given["template"]
        self.given_template = template if isinstance(template, Template) else Template.read(template)
        self.partners = dict(given["packages"])
        taken = {
            "template": self.given_template.text,
            "templateName": self.given_template.name,
            "packages": {marker: _partner(partner) for marker, partner in self.partners.items()},
        }
        return given | taken, opts

    def render(self, region: str, *, format: Literal["as_written", "json"] = "as_written") -> pulumi.Output[str]:  # noqa: A002
        """The template with the images of `region`; every other byte stays as it is.

        Args:
            region: one of the association's.
            format: `json` gives a ROS template as JSON, which is all that `alicloud.ros.Stack` takes.

        Raises:
            pulumi.RunError: (when resolved) a package has no image in that region, or a template of Terraform is
                asked for as JSON.
        """
        name = self.given_template.name
        return pulumi.Output.all(self.given_template.text, self._get("substitutions")).apply(
            lambda both: _render(str(both[0]), name, both[1], region, is_json=format == "json")
        )

    def image_parameters(self, region: str) -> ImageParameters:
        """The template with a parameter wherever an image stands, and the parameters' values in `region`.

        For tools that update a stack when its parameters change, and not when its template does: `alicloud.ros.Stack`
        calls UpdateStack only then (terraform-provider-alicloud, `alicloud_ros_stack`).

        Raises:
            pulumi.RunError: (when resolved) a package has no image in that region, a marker stands where ROS takes no
                reference, or the template is one of Terraform.
        """
        name, markers = self.given_template.name, sorted(self.partners)
        parameterized = pulumi.Output.from_input(self.given_template.text).apply(
            lambda text: _with_parameters(text, name, markers)
        )
        images = pulumi.Output.all(parameterized, self._get("substitutions")).apply(
            lambda both: _images_of(both[1], name, both[0]["markers"], region)
        )
        return ImageParameters(template=parameterized.apply(lambda found: str(found["text"])), parameters=images)


def _partner(partner: AnyImages) -> dict[str, Any]:
    if isinstance(partner, EcsImagePackageDeclaration):
        return {"kind": "package", **partner.reference()}
    return {"kind": "map", "images": partner}


def _render(text: str, name: str, substitutions: Mapping[str, Mapping[str, str]], region: str, *, is_json: bool) -> str:
    from computenest import templates  # noqa: PLC0415 - the readers of templates are heavy
    from computenest.kernel.errors import Invalid  # noqa: PLC0415

    images = _images_in(substitutions, name, region)
    data = text.encode("utf-8")
    try:
        scan = templates.scan(data, name=name)
        rendered = templates.render(data, scan=scan, substitutions=images)
        return templates.as_json(rendered, name=name) if is_json else rendered.decode("utf-8")
    except Invalid as error:
        raise pulumi.RunError(f"template {name!r}: {error}") from error


def _with_parameters(text: str, name: str, markers: Sequence[str]) -> dict[str, Any]:
    from computenest import templates  # noqa: PLC0415
    from computenest.kernel.errors import Invalid  # noqa: PLC0415

    data = text.encode("utf-8")
    try:
        found = templates.with_parameters(data, scan=templates.scan(data, name=name), markers=markers, name=name)
    except Invalid as error:
        raise pulumi.RunError(f"template {name!r}: {error}") from error
    return {"text": found.text, "markers": dict(found.markers)}


def _images_in(substitutions: Mapping[str, Mapping[str, str]], name: str, region: str) -> dict[str, str]:
    """Marker -> its image in the region."""
    images = {marker: by_region.get(region) for marker, by_region in substitutions.items()}
    missing = sorted(marker for marker, image in images.items() if image is None)
    if missing:
        raise pulumi.RunError(f"template {name!r} cannot be rendered for {region}: no image for {', '.join(missing)}")
    return {marker: image for marker, image in images.items() if image is not None}


def _images_of(
    substitutions: Mapping[str, Mapping[str, str]], name: str, markers: Mapping[str, str], region: str
) -> dict[str, str]:
    images = _images_in(substitutions, name, region)
    return {parameter: images[marker] for parameter, marker in markers.items()}
