"""Which image each resource of a deployment is expected to run, before anything is deployed.

An association knows where its markers stand and what each stands for in every region; the instance's region picks one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from computenest.kernel.errors import Invalid
from computenest.kernel.outcome import Failure
from computenest.kernel.regions import KNOWN_REGIONS, nearest
from computenest.kernel.unknown import UNKNOWN, Maybe
from computenest.kernel.values import Json
from computenest.resources.service_instance.declaration import AssociationReference
from computenest.templates import LEFT_OUT, Given, Position, positions_given, scan

_TOKEN = re.compile(r'\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+)\]|(?P<plain>[^.\[\]]+)')
_EITHER = " or "
_NONE = "none"
"""What is there where a condition leaves the resource out."""
_Images: TypeAlias = Mapping[str, Maybe[str]]


def logical_id(path: str) -> str:
    """The resource that a position belongs to, `Group.Inner` for one of a nested stack; the path itself where it
    names none (Terraform, Mappings)."""
    tokens = [found["quoted"] or found["index"] or found["plain"] for found in _TOKEN.finditer(path)]
    named = [tokens[at + 1] for at, token in enumerate(tokens[:-1]) if token == "Resources"]  # noqa: S105 - a key
    return ".".join(named) or path


@dataclass(frozen=True, slots=True)
class Associated:
    """What an instance's association says, as far as this process knows it.

    Args:
        text: of the template, None where it is not at hand.
        is_whole: whether the instance's parameters are all that there are: not where the service sets some by itself.
    """

    given: AssociationReference
    text: str | None = None
    is_whole: bool = True


def positions_of(
    association: Associated, parameters: Maybe[Mapping[str, Maybe[Json]]], region: Maybe[str]
) -> tuple[Position, ...] | None:
    """The image positions that an instance can have, None where its template is not at hand.

    Args:
        parameters: of the instance, any of them UNKNOWN in a preview, or all.
        region: where it is deployed.
    """
    if association.text is None or region is UNKNOWN:
        return None
    known = {} if parameters is UNKNOWN else parameters
    given = Given(
        {name: _text(value) for name, value in known.items()},
        region,
        association.is_whole and parameters is not UNKNOWN,
    )
    data = association.text.encode("utf-8", "surrogatepass")
    try:
        everything = {position.path for position in scan(data).positions}
        marked = association.given.positions
        paths = {path for paths in marked.values() for path in paths} if marked and marked is not UNKNOWN else set()
        return positions_given(data, given=given) if paths <= everything else None  # another template's
    except Invalid:
        return None


def expected_images(
    association: AssociationReference,
    region: Maybe[str],
    failures: list[Failure],
    *,
    positions: tuple[Position, ...] | None = None,
) -> Maybe[Mapping[str, Maybe[str]]]:
    """Logical id -> image id of `region`, UNKNOWN where a package decides it later.

    Args:
        region: where the instance is wanted.
        failures: gets one for every marker without an image there.
        positions: those that this instance can have; None where nobody knows, so that all markers count.
    """
    marked, substitutions = association.positions, association.substitutions
    if region is UNKNOWN or marked is None or marked is UNKNOWN or substitutions is None or substitutions is UNKNOWN:
        return UNKNOWN
    if positions is not None:
        return _of_positions(positions, marked, substitutions, region, failures)
    found: dict[str, Maybe[str]] = {}
    for marker, paths in sorted(marked.items()):
        image = _image(marker, substitutions.get(marker, UNKNOWN), region, failures)
        for path in paths:
            name = logical_id(path)
            found[name] = _either(found[name], image) if name in found else image
    return dict(sorted(found.items()))


def _of_positions(
    positions: tuple[Position, ...],
    marked: Mapping[str, tuple[str, ...]],
    substitutions: Mapping[str, Maybe[_Images]],
    region: str,
    failures: list[Failure],
) -> Mapping[str, Maybe[str]]:
    """Every value that a property can take counts, one without a package as it stands."""
    associated = {path for paths in marked.values() for path in paths}
    images: dict[str, Maybe[str]] = {}
    found: dict[str, Maybe[str]] = {}
    for position in positions:
        if position.path not in associated:
            continue
        value: Maybe[str] = UNKNOWN if position.value is None else position.value
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


def surprises(expected: Mapping[str, str], observed: Mapping[str, str]) -> tuple[str, ...]:
    """Sentences about resources that run another image than was expected; a resource that a condition left out, or
    whose image nobody can tell, is none."""
    return tuple(
        f"{name} runs {observed[name]}, the association says {image}"
        for name, image in sorted(expected.items())
        if name in observed and not _may_be(observed[name], image.split(_EITHER))
    )


def _may_be(observed: str, expected: list[str]) -> bool:
    """A family of images may be any of them."""
    return observed in expected or not all(image == _NONE or image.startswith("m-") for image in expected)


def _text(value: Maybe[Json]) -> str | None:
    """A parameter's value as a template writes it; None where it is not known, or is no single value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, str | int | float) else None


def _image(marker: str, by_region: Maybe[_Images], region: str, failures: list[Failure]) -> Maybe[str]:
    if by_region is UNKNOWN:
        return UNKNOWN
    if region in by_region:
        return by_region[region]
    there = ", ".join(sorted(by_region)) or "nowhere"
    near = nearest(region, by_region) if region not in KNOWN_REGIONS else None
    advice = f"did you mean {near}?" if near else f"add {region} to the package's regions, or deploy elsewhere"
    failures.append(
        Failure(
            "region",
            f"the package of marker {marker!r} has no image in {region}, only in {there}; {advice}",
        )
    )
    return UNKNOWN


def _either(one: Maybe[str], other: Maybe[str]) -> Maybe[str]:
    """Two leaves of one property (`Fn::If`), or two properties of one resource."""
    if one is UNKNOWN or other is UNKNOWN:
        return UNKNOWN
    return one if one == other else _EITHER.join(sorted({*one.split(_EITHER), other}))
