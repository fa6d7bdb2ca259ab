"""Which image each resource of a deployment is expected to run, before anything is deployed.

An association knows where its markers stand and what each stands for in every region; the instance's region picks one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from computenest.kernel.errors import Invalid
from computenest.kernel.outcome import Failure
from computenest.kernel.regions import KNOWN_REGIONS, nearest
from computenest.kernel.unknown import UNKNOWN
from computenest.templates import LEFT_OUT, Given, Position, positions_given, scan

__all__ = ["expected_images", "logical_id", "positions_of", "surprises"]

_TOKEN = re.compile(r'\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+)\]|(?P<plain>[^.\[\]]+)')
_EITHER = " or "
_NONE = "none"
"""What is there where a condition leaves the resource out."""


def logical_id(path: str) -> str:
    """The resource that a position belongs to, `Group.Inner` for one of a nested stack; the path itself where it
    names none (Terraform, Mappings)."""
    tokens = [found["quoted"] or found["index"] or found["plain"] for found in _TOKEN.finditer(path)]
    named = [tokens[at + 1] for at, token in enumerate(tokens[:-1]) if token == "Resources"]  # noqa: S105 - a key
    return ".".join(named) or path


def positions_of(association: Any, parameters: Any, region: Any) -> tuple[Position, ...] | None:
    """The image positions that an instance can have, None where its template is not at hand.

    Args:
        association: with its template as `text`, and `isWhole` unless the service sets parameters by itself.
        parameters: of the instance, any of them UNKNOWN in a preview, or all.
        region: where it is deployed.
    """
    text = association.get("text") if isinstance(association, Mapping) else None
    if not isinstance(text, str) or not isinstance(region, str):
        return None
    known = parameters if isinstance(parameters, Mapping) else {}
    is_whole = association.get("isWhole", True) and parameters is not UNKNOWN
    given = Given({str(name): _text(value) for name, value in known.items()}, region, is_whole)
    data = text.encode("utf-8", "surrogatepass")
    try:
        everything = {position.path for position in scan(data).positions}
        marked = association.get("positions")
        paths = {path for paths in marked.values() for path in paths} if isinstance(marked, Mapping) else set()
        return positions_given(data, given=given) if paths <= everything else None  # another template's
    except Invalid:
        return None


def expected_images(
    association: Any, region: Any, failures: list[Failure], *, positions: Iterable[Position] | None = None
) -> Any:
    """Logical id -> image id of `region`, UNKNOWN where a package decides it later.

    Args:
        association: `positions` (marker -> paths) and `substitutions` (marker -> region -> image id); None for none.
        region: where the instance is wanted.
        failures: gets one for every marker without an image there.
        positions: those that this instance can have; None where nobody knows, so that all markers count.
    """
    if association is None:
        return None
    if association is UNKNOWN or region is UNKNOWN or not isinstance(association, Mapping):
        return UNKNOWN
    marked, substitutions = association.get("positions"), association.get("substitutions")
    if not isinstance(marked, Mapping) or not isinstance(substitutions, Mapping):
        return UNKNOWN
    if positions is not None:
        return _of_positions(tuple(positions), marked, substitutions, region, failures)
    found: dict[str, Any] = {}
    for marker, paths in sorted(marked.items()):
        image = _image(marker, substitutions.get(marker, UNKNOWN), region, failures)
        for path in paths if isinstance(paths, list | tuple) else ():
            name = logical_id(str(path))
            found[name] = _either(found[name], image) if name in found else image
    return dict(sorted(found.items()))


def _of_positions(
    positions: tuple[Position, ...],
    marked: Mapping[str, Any],
    substitutions: Mapping[str, Any],
    region: str,
    failures: list[Failure],
) -> dict[str, Any]:
    """Every value that a property can take counts, one without a package as it stands."""
    associated = {str(path) for paths in marked.values() for path in paths}
    images: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for position in positions:
        if position.path not in associated:
            continue
        value: Any = UNKNOWN if position.value is None else position.value
        names = (position.value, position.address, position.path) if position.is_editable else ()
        marker = next((name for name in names if name in marked), None)
        if position.form == LEFT_OUT:
            value = _NONE
        elif marker is not None:
            if marker not in images:
                images[marker] = _image(marker, substitutions.get(marker, UNKNOWN), region, failures)
            value = images[marker]
        name = logical_id(position.path)
        found[name] = _either(found[name], value) if name in found else value
    return dict(sorted(found.items()))


def surprises(expected: Mapping[str, Any], observed: Mapping[str, str]) -> tuple[str, ...]:
    """Sentences about resources that run another image than was expected; a resource that a condition left out, or
    whose image nobody can tell, is none."""
    return tuple(
        f"{name} runs {observed[name]}, the association says {image}"
        for name, image in sorted(expected.items())
        if name in observed and not _may_be(observed[name], str(image).split(_EITHER))
    )


def _may_be(observed: str, expected: list[str]) -> bool:
    """A family of images may be any of them."""
    return observed in expected or not all(image == _NONE or _is_id(image) for image in expected)


def _is_id(image: Any) -> bool:
    return isinstance(image, str) and image.startswith("m-") and _EITHER not in image


def _text(value: Any) -> str | None:
    """A parameter's value as a template writes it; None where it is not known, or is no single value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, str | int | float) else None


def _image(marker: str, by_region: Any, region: str, failures: list[Failure]) -> Any:
    if not isinstance(by_region, Mapping):
        return UNKNOWN
    if region in by_region:
        return by_region[region]
    there, near = ", ".join(sorted(by_region)) or "nowhere", nearest(region, by_region)
    failures.append(
        Failure(
            "region",
            f"the package of marker {marker!r} has no image in {region}, only in {there}"
            + (f" (did you mean {near}?)" if near and region not in KNOWN_REGIONS else "")
            + f"; add {region} to the package's regions, or deploy elsewhere",
        )
    )
    return UNKNOWN


def _either(one: Any, other: Any) -> Any:
    """Two leaves of one property (`Fn::If`), or two properties of one resource."""
    if UNKNOWN in (one, other) or one == other:
        return one if one == other else UNKNOWN
    return _EITHER.join(sorted({*str(one).split(_EITHER), str(other)}))
