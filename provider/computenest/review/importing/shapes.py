"""Parts of a configuration that are not of the shape that is read: they are said, as nothing is dropped silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_NAMES: Mapping[type, str] = {dict: "a map", list: "a list", str: "a text", bool: "yes or no", int: "a number"}


def odd_parts(document: Mapping[str, Any], relations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(path, why) of every part that should hold other parts and does not; what is absent or empty is neither.

    Args:
        relations: the keys of SupplierDeployMetadata that are maps of markers, or lists of such maps.
    """
    service = document["Service"]
    yield from _each(service.get("ServiceInfo"), "Service.ServiceInfo")
    metadata, path = service.get("DeployMetadata"), "Service.DeployMetadata"
    yield from _map(metadata, path)
    if isinstance(metadata, Mapping):
        templates = metadata.get("TemplateConfigs")
        if templates is not None and not isinstance(templates, list):
            yield f"{path}.TemplateConfigs", _why(templates, "a list")
        supplier, path = metadata.get("SupplierDeployMetadata"), f"{path}.SupplierDeployMetadata"
        yield from _map(supplier, path)
        if isinstance(supplier, Mapping):
            for section in relations:
                yield from _relation(supplier.get(section), f"{path}.{section}")
    artifacts = document.get("Artifact")
    yield from _map(artifacts, "Artifact")
    for key, artifact in artifacts.items() if isinstance(artifacts, Mapping) else ():
        if not isinstance(artifact, Mapping):
            yield f"Artifact.{key}", _why(artifact, "a map")
            continue
        for part in ("ArtifactProperty", "ArtifactBuildProperty"):
            yield from _map(artifact.get(part), f"Artifact.{key}.{part}")


def _relation(found: Any, path: str) -> Iterator[tuple[str, str]]:
    yield from _each(found, path)
    for mapping in found if isinstance(found, list) else [found]:
        for marker, target in mapping.items() if isinstance(mapping, Mapping) else ():
            if not isinstance(target, Mapping):
                yield f"{path}[{marker!r}]", _why(target, "a map with ArtifactId")


def _each(found: Any, path: str) -> Iterator[tuple[str, str]]:
    """A map, or a list of maps."""
    if not isinstance(found, list):
        yield from _map(found, path)
        return
    for number, item in enumerate(found):
        if not isinstance(item, Mapping):
            yield f"{path}[{number}]", _why(item, "a map")


def _map(found: Any, path: str) -> Iterator[tuple[str, str]]:
    if found is not None and not isinstance(found, Mapping):
        yield path, _why(found, "a map")


def _why(found: Any, wanted: str) -> str:
    is_a = "empty" if found is None else _NAMES.get(type(found), type(found).__name__)
    return f"it is {is_a}, and {wanted} is needed; nothing of it is read"
