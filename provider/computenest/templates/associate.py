"""Which positions a marker stands for, exactly, or why it stands for none.

The cloud's key is the literal text of the property, whole: `linux` must not touch `linux-5`, nor the parameter value
`linux` elsewhere in the file. All failures are reported at once, each with what to do about it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from computenest.kernel.nearest import nearest
from computenest.templates.model import MarkerRefused, Position, Relation, Scan
from computenest.templates.table import CONTAINER_GROUPS, MANIFESTS

_MAX_LISTED = 5
_Images = TypeVar("_Images")


def markers(scan: Scan, wanted: Sequence[str], *, beside: Collection[str] = ()) -> dict[str, tuple[Position, ...]]:
    """The editable positions of each marker.

    A marker is the whole literal value, or a position's path (`…@leaf` where the property has several). A path means
    one property: a literal that another takes too is refused, unless that is a marker as well (`wanted` or `beside`).

    Raises:
        MarkerRefused: names every marker that stands nowhere, only at a `Ref`, or for more than one literal.
    """
    by_value: dict[str, list[Position]] = {}
    by_path: dict[str, list[Position]] = {}
    for position in (*scan.positions, *_container_images(scan)):
        if position.value is not None and position.is_editable:
            by_value.setdefault(position.value, []).append(position)
        by_path.setdefault(position.path, []).append(position)
        if position.leaf:
            by_path.setdefault(position.address, []).append(position)
    found: dict[str, tuple[Position, ...]] = {}
    problems: list[tuple[str, str]] = []
    for marker in dict.fromkeys(wanted):
        if marker in by_value:
            found[marker] = tuple(by_value[marker])
        elif marker in by_path:
            problem = _path_problem(marker, by_path[marker]) or _shared(
                marker, by_path[marker], scan, {*wanted, *beside}
            )
            if problem:
                problems.append((marker, problem))
            else:
                found[marker] = tuple(position for position in by_path[marker] if position.is_editable)
        else:
            problems.append((marker, _missing(marker, scan)))
    if problems:
        raise MarkerRefused(tuple(problems))
    return found


def _container_images(scan: Scan) -> Iterator[Position]:
    """Where containers run an image package, by its placeholder. The cloud replaces that as text wherever it stands;
    this is for whoever renders a template by themselves."""
    yield from _images_of_manifests(scan)
    images = {placeholder.text for placeholder in scan.placeholders if placeholder.kind == "acrimage"}
    for position in scan.lookalikes:
        if position.resource_type in CONTAINER_GROUPS and position.value in images:
            yield position


def _images_of_manifests(scan: Scan) -> Iterator[Position]:
    """The same in manifests that a resource applies to a cluster: as text, byte for byte."""
    applied = [note.line for note in scan.later_pulls if note.path == MANIFESTS]
    spans = [(first, last) for first, last in scan.resources if any(first <= line <= last for line in applied)]
    for one in scan.placeholders:
        if one.kind == "acrimage" and one.is_image and any(first <= one.line <= last for first, last in spans):
            yield Position(
                path=f"{MANIFESTS}, image in line {one.line}",
                line=one.line,
                start=one.start,
                end=one.end,
                form="literal",
                value=one.text,
                resource_type=MANIFESTS,
            )


def of_artifacts(
    substitutions: Mapping[str, _Images], *, relations: Sequence[Relation], scan: Scan
) -> dict[str, _Images]:
    """`substitutions` with each `${Artifact.X.ArtifactId}` replaced by the markers that a configuration relates to it.

    A configuration has several templates: of an artifact's markers those count that stand in this one, all of them if
    none does.

    Raises:
        MarkerRefused: an artifact that is related to no marker, or a marker that two different maps claim.
    """
    known: dict[str, list[str]] = {}
    for relation in relations:
        if relation.kind == "ArtifactRelation" and relation.artifact:
            known.setdefault(relation.artifact, []).append(relation.marker)
    standing = {position.value for position in scan.positions}
    found: dict[str, _Images] = {}
    problems: list[tuple[str, str]] = []
    for marker, images in substitutions.items():
        if marker.startswith("${") and marker not in known:
            listed = ", ".join(f"`{artifact[:80]}`" for artifact in list(known)[:_MAX_LISTED]) or "none"
            problems.append((marker, f"artifact `{marker[:80]}` is related to no marker; there is {listed}"))
            continue
        names = known.get(marker, [marker])
        chosen = [name for name in names if name in standing] or names
        problems += [
            (name, f"marker `{name}` is given two different maps")
            for name in chosen
            if found.setdefault(name, images) != images
        ]
    if problems:
        raise MarkerRefused(tuple(problems))
    return found


def _path_problem(marker: str, positions: list[Position]) -> str | None:
    """Why a path cannot be a marker: nothing to edit there, or several different literals."""
    editable = [position for position in positions if position.is_editable]
    if not editable:
        return f"marker `{marker}` names a position that cannot be substituted: {_why(positions[0])}"
    values = dict.fromkeys(position.value for position in editable)
    if len(values) == 1:
        return None
    listed = ", ".join(f"`{position.address}` (`{position.value}`)" for position in editable[:_MAX_LISTED])
    more = f" and {len(editable) - _MAX_LISTED} more" if len(editable) > _MAX_LISTED else ""
    return f"marker `{marker}` is ambiguous, {len(values)} literals stand there: {listed}{more}; name one of them"


def _shared(marker: str, positions: list[Position], scan: Scan, named: Collection[str]) -> str | None:
    """Why a path cannot be a marker: the literal there is that of another property, too."""
    own = {position.path for position in positions}
    for position in positions:
        if not position.is_editable or position.value in named:
            continue
        others = [
            (other.path, {other.path, other.address})
            for other in (*scan.positions, *scan.lookalikes)
            if (other.start, other.end) == (position.start, position.end)
        ]
        others += [(path, {path}) for path in scan.shared.get(position.start or 0, ())]
        for path, names in others:
            if path not in own and not names & set(named):
                return (
                    f"marker `{marker}` names a literal (line {position.line}) that is also that of {path}, by an "
                    f"alias, a merge key, a map, a variable or a module: both would change; write the "
                    f"literal out at {position.path}"
                )
    return None


def _missing(marker: str, scan: Scan) -> str:
    for position in scan.positions:
        if position.form == "ref" and (marker == position.default or marker in position.allowed_values):
            return (
                f"marker `{marker}` is a parameter's value at {position.path} (line {position.line}), which is a Ref: "
                "only a literal can be associated; write the marker into the property itself"
            )
        if position.value == marker:
            return f"marker `{marker}` at {position.path} cannot be substituted: {_why(position)}"
    for position in scan.lookalikes:
        if position.value == marker:
            return (
                f"marker `{marker}` stands at {position.path} (line {position.line}) only, "
                f"which is no ECS image but one of {position.resource_type}"
            )
    values = [position.value for position in scan.positions if position.value and position.is_editable]
    meant = nearest(marker, values) or nearest(marker, [position.address for position in scan.positions])
    if meant is not None:
        return f"marker `{marker}` stands at no image position; the nearest is `{meant}`"
    listed = ", ".join(f"`{value[:80]}`" for value in list(dict.fromkeys(values))[:_MAX_LISTED])
    return f"marker `{marker}` stands at no image position; " + (
        f"there are {listed}" if listed else "the template has no literal image id"
    )


def _why(position: Position) -> str:
    return f"{position.path} (line {position.line}): {position.reason or position.form}"
