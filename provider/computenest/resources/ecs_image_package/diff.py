"""What separates a package's state from its wish: which keys changed, and which of them force a replacement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from computenest.kernel.outcome import Difference, unfinished
from computenest.kernel.unknown import has_unknown
from computenest.resources._packages.check import package_of
from computenest.resources._packages.model import Source
from computenest.resources.ecs_image_package.declaration import RESOURCE

__all__ = ["diff"]

_SOURCE: TypeAdapter[Source] = TypeAdapter(Source)


def diff(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
    """Compares the state's outputs (its inputs among them) with checked inputs.

    Guarantees:
        1. diff(x, x) is empty for a complete x.
        2. An incomplete state always has changes, so that the next run finishes what is missing.
        3. An unset property equals its default.
        4. Superseded versions that a refresh found unused are a change of their own, which makes no version.
    """
    changed = [key for key in RESOURCE.compared if _value(olds, key) != _value(news, key)]
    replaces = [key for key in RESOURCE.replaces if key in changed]
    if "direct" in changed and _home(olds) != _home(news):
        replaces.append("direct")  # the copies would have to move to another account
    if _is_built(olds) is not None and _is_built(news) is not None and _is_built(olds) != _is_built(news):
        replaces.append("source")
    if not changed and not is_complete(olds, news):
        lacks = set(news["distribution"]) - set(olds.get("images") or {})
        changed.append("distribution" if lacks else unfinished(olds))
    if olds.get("superseded"):  # found by a refresh: versions that nobody needs any more
        changed.append("superseded")
    return Difference(changes=tuple(sorted(changed)), replaces=tuple(sorted(replaces)))


def is_complete(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether the state holds an image for every wanted region of a released package."""
    if has_unknown(news):
        return True
    package = package_of(news)
    if not package.release:
        return olds.get("status") in {"Draft", "Available"}
    return olds.get("status") == "Available" and set(package.regions) <= set(olds.get("images") or {})


def _value(properties: Mapping[str, Any], key: str) -> Any:
    value = properties.get(key)
    if key == "source" and isinstance(value, Mapping) and not has_unknown(value):
        try:
            return _SOURCE.validate_python(value)  # a default that is written out is no difference
        except ValidationError:
            return value
    return RESOURCE.value(properties, key)


def _home(properties: Mapping[str, Any]) -> Any:
    """Whose copies these are: None for Compute Nest's; another `stack` or `permit` is no other home."""
    direct = properties.get("direct")
    return direct.get("hubAccount", "") if isinstance(direct, Mapping) else direct


def _is_built(properties: Mapping[str, Any]) -> bool | None:
    source = properties.get("source")
    return source.get("kind") == "built" if isinstance(source, Mapping) else None
