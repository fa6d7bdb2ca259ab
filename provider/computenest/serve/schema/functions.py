"""The functions in the schema: questions about packages and templates, and temporary keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from computenest.kernel.fields import About
from computenest.kernel.names import RegionId
from computenest.kernel.values import Model
from computenest.resources.ecs_image_package.declaration import RESOURCE
from computenest.serve.schema_types import Types, text_map

_TEXT: dict[str, Any] = {"type": "string"}
_IMAGES_BY_MARKER = {"type": "object", "additionalProperties": text_map()}
_ACCOUNT = {**_TEXT, "description": "A key of `computenest:accounts`."}


class TemplatePosition(Model):
    """One place of a template where an ECS image id stands."""

    path: Annotated[str, About("The property's path.")]
    line: Annotated[int, About("The line it stands in, from 1.")]
    form: Annotated[str, About("How the image id is written: literal, reference, mapping, …")]
    value: Annotated[str, About("The literal, empty where there is none.")]
    resource_type: Annotated[str, About("The type of the resource that it belongs to.")]
    editable: Annotated[bool, About("Whether a substitution can be made here.")]
    reason: Annotated[str, About("Why not, or what to beware of.")]


class RepositoryResource(Model):
    """A registry or bucket that a temporary key opens."""

    region: Annotated[RegionId | None, About("The region it belongs to.")] = None
    name: Annotated[str, About("The registry's host, or the bucket.")]
    path: Annotated[str, About("What the key is good for, below it.")]


def _said(description: str) -> dict[str, Any]:
    return {**_TEXT, "description": description}


def functions(types: Types) -> dict[str, Any]:
    """Token -> function; their types are added to `types`."""
    positions = {"type": "array", "items": {"$ref": types.refer(TemplatePosition)}}
    template = {"template": _said("The template's text."), "templateName": _said("Its name, which tells the format.")}
    packages = {
        "packages": {**_IMAGES_BY_MARKER, "description": "Marker -> region -> image id."},
        "region": _said("Whose images to put in."),
    }
    made = {
        "getPackage": _function(
            "What the cloud shows of a package, by its id.",
            given={"artifactId": _said("The package's id in Compute Nest."), "account": _ACCOUNT},
            needs=["artifactId"],
            answer=_package(),
            always=["artifactId", "name", "images", "status"],
        ),
        "getRepositoryCredentials": _credentials(types),
        "getTemplatePositions": _function(
            "Where the ECS image ids of a template stand.",
            given=template,
            needs=["template"],
            answer={
                "format": _said("How it is written: `ros-yaml`, `ros-json` or `terraform`."),
                "digest": _said("The digest of its text."),
                "positions": {**positions, "description": "Every place, in the order of the text."},
            },
            always=["digest", "format", "positions"],
        ),
        "renderTemplate": _function(
            "A template with the images of one region; every other byte stays as it is.",
            given=template | packages,
            needs=["packages", "region", "template"],
            answer={"text": _said("The template's text, with the images.")},
            always=["text"],
        ),
    }
    return {f"computenest:index:{name}": function for name, function in made.items()}


def _function(
    description: str, *, given: Mapping[str, Any], needs: list[str], answer: Mapping[str, Any], always: list[str]
) -> dict[str, Any]:
    return {
        "description": description,
        "inputs": {"type": "object", "properties": given, "required": needs},
        "outputs": {"type": "object", "properties": answer, "required": always},
    }


def _package() -> dict[str, Any]:
    def said(key: str) -> dict[str, str]:
        return {"description": RESOURCE.properties[key].about.description}

    shown = ("artifactId", "name", "description", "version", "status")
    found: dict[str, Any] = {key: {**_TEXT, **said(key)} for key in shown}
    found |= {key: {**text_map(), **said(key)} for key in ("images", "statuses", "tags")}
    found["regions"] = {"type": "array", "items": _TEXT, **said("regions")}
    any_value = {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}}
    found["source"] = {**any_value, **said("source")}
    return found


def _credentials(types: Types) -> dict[str, Any]:
    secret = {**_TEXT, "secret": True}
    opened = {"type": "array", "items": {"$ref": types.refer(RepositoryResource)}}
    answer: dict[str, dict[str, Any]] = {
        "expiry": {**_TEXT, "description": "When it expires: epoch milliseconds of the cloud."},
        "username": {**_TEXT, "description": "The registry's user; empty for files."},
        "password": {**secret, "description": "The registry's password; empty for files."},
        "accessKeyId": {**secret, "description": "Object storage's key id; empty for registries."},
        "accessKeySecret": {**secret, "description": "Object storage's key; empty for registries."},
        "securityToken": {**secret, "description": "Object storage's session token; empty for registries."},
        "resources": {**opened, "description": "What the key opens."},
    }
    return _function(
        """A temporary key of Compute Nest's registry or of a region's bucket, for tools outside of this program.

Every call makes a new one, which expires; a preview makes one too. The key is secret.""",
        given={
            "artifactType": {**_TEXT, "description": "AcrImage, HelmChart or File."},
            "region": {**_TEXT, "description": "Whose bucket, for files; by default the control region's."},
            "account": _ACCOUNT,
        },
        needs=["artifactType"],
        answer=answer,
        always=sorted(answer),
    )
