"""Which image each resource of a deployment is expected to run, before anything is deployed.

An association knows where its markers stand and what each stands for in every region; the instance's region picks one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from computenest.domain.distribution.regions import KNOWN_REGIONS, nearest
from computenest.domain.outcome import Failure
from computenest.domain.unknown import UNKNOWN

__all__ = ["expected_images", "logical_id", "surprises"]

_TOKEN = re.compile(r'\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+)\]|(?P<plain>[^.\[\]]+)')
_EITHER = " or "


def logical_id(path: str) -> str:
    """The resource that a position belongs to, `Group.Inner` for one of a nested stack; the path itself where it
    names none (Terraform, Mappings)."""
    tokens = [found["quoted"] or found["index"] or found["plain"] for found in _TOKEN.finditer(path)]
    named = [tokens[at + 1] for at, token in enumerate(tokens[:-1]) if token == "Resources"]  # noqa: S105 - a key
    return ".".join(named) or path


def expected_images(association: Any, region: Any, failures: list[Failure]) -> Any:
    """Logical id -> image id of `region`, UNKNOWN where a package decides it later.

    Args:
        association: `positions` (marker -> paths) and `substitutions` (marker -> region -> image id); None for none.
        region: where the instance is wanted.
        failures: gets one for every marker without an image there.
    """
    if association is None:
        return None
    if association is UNKNOWN or region is UNKNOWN or not isinstance(association, Mapping):
        return UNKNOWN
    positions, substitutions = association.get("positions"), association.get("substitutions")
    if not isinstance(positions, Mapping) or not isinstance(substitutions, Mapping):
        return UNKNOWN
    found: dict[str, Any] = {}
    for marker, paths in sorted(positions.items()):
        image = _image(marker, substitutions.get(marker, UNKNOWN), region, failures)
        for path in paths if isinstance(paths, list | tuple) else ():
            name = logical_id(str(path))
            found[name] = _either(found[name], image) if name in found else image
    return dict(sorted(found.items()))


def surprises(expected: Mapping[str, Any], observed: Mapping[str, str]) -> tuple[str, ...]:
    """Sentences about resources that run another image than was expected; a resource that a condition left out, or
    whose image nobody can tell, is none."""
    return tuple(
        f"{name} runs {observed[name]}, the association says {image}"
        for name, image in sorted(expected.items())
        if name in observed and observed[name] not in str(image).split(_EITHER)
    )


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
