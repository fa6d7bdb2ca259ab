"""Which artifact version each marker stands for: of the program's associations, and of what it names itself. Pure."""

from __future__ import annotations

from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources._packages.direct_model import is_resource_id
from computenest.resources.service.declaration import Arguments, GivenRelation
from computenest.resources.service.model import RelationTarget, Service

_DIRECT = (
    "the package of marker {0!r} is distributed directly, so it is no artifact of Compute Nest: take `direct` out "
    "of it, or name the artifact behind the marker: relations={{{0!r}: {{'artifactId': …, 'version': …}}}}"
)
Targets = dict[str, Maybe[RelationTarget[Unknown]]]


def check_relations(olds: Service[Known] | None, news: Arguments, failures: list[Failure]) -> Maybe[Targets]:
    """Marker -> target, sorted; UNKNOWN where a program could not hand them over one by one."""
    if news.relations is UNKNOWN or news.associations is UNKNOWN:
        return UNKNOWN
    named, found = news.relations or {}, Targets()
    before = olds.relations if olds is not None else {}
    for index, relation in enumerate(news.associations or ()):
        for marker, target in sorted(relation.items()):
            if is_resource_id(target.get("ArtifactId")) and marker in named:
                continue  # the artifact that stands in for copies of one's own
            shown = GivenRelation(artifact_id=target.get("ArtifactId", ""), version=target.get("ArtifactVersion"))
            _put(found, marker, shown, f"associations[{index}][{marker!r}]", before.get(marker), failures)
    for marker, given in sorted(named.items()):
        if given is UNKNOWN or not given.is_map:  # see `unsubstituted`
            _put(found, marker, given, f"relations[{marker!r}]", before.get(marker), failures)
    return dict(sorted(found.items()))


def _put(
    found: Targets,
    marker: str,
    target: Maybe[GivenRelation],
    path: str,
    before: RelationTarget[Known] | None,
    failures: list[Failure],
) -> None:
    if target is UNKNOWN:
        found[marker] = UNKNOWN
        return
    if not target.artifact_id:
        failures.append(Failure(path, "give a package, or an artifactId with its version"))
        return
    if target.direct or is_resource_id(target.artifact_id):
        failures.append(Failure(path, _DIRECT.format(marker)))
        return
    gaps = {} if target.reasons is UNKNOWN else target.reasons or {}
    name = marker if target.name is None or target.name is UNKNOWN else target.name
    for region, why in sorted(gaps.items(), key=lambda one: one[0]):
        where = f" in {region}" if region else ""
        failures.append(Failure(path, f"package {name} is incomplete{where}: {why}; the service stays as it was"))
    shown = _restored(target, before)
    if marker in found and found[marker] != shown:
        failures.append(Failure(path, f"marker {marker!r} is given twice, with different packages: keep one"))
    found[marker] = shown


def _restored(target: GivenRelation, before: RelationTarget[Known] | None) -> RelationTarget[Unknown]:
    """The relation, with what the change at hand leaves as it is taken from the last run where it is unknown."""
    shown = RelationTarget[Unknown].made(
        artifact_id=target.artifact_id,
        version=target.version or "",
        owner_id=target.owner_id,
        generation=target.generation,
        edition=target.edition,
    )
    whose = (shown.owner_id, shown.generation)
    if before is None or None in whose or whose != (before.owner_id, before.generation):
        return shown
    if shown.artifact_id is UNKNOWN:
        shown = shown.made(shown, artifact_id=before.artifact_id)
    is_same_edition = shown.edition not in (None, UNKNOWN) and shown.edition == before.edition
    return shown.made(shown, version=before.version) if is_same_edition and shown.version is UNKNOWN else shown
