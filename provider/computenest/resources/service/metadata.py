"""DeployMetadata: what of it is ours, and how it is written without losing what others wrote there.

The document belongs to many: this resource, the console, other tools. Ours are the relations of our markers, the
entries of our templates, and the keys that the user names; everything else passes through as it is (facts §2.1).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from computenest.kernel.unknown import Known
from computenest.kernel.values import Json
from computenest.resources.service.model import (
    EXPECTED_KINDS,
    Dropped,
    RelationTarget,
    Service,
    ServiceTemplate,
    State,
    relation_kind,
)

CONFIGURED = ("NetworkMetadata", "ServiceInstanceNameRule")
"""Keys of DeployMetadata that suppliers configure and no input but `metadata` sets, as 19 of 86 public ones do."""

SUPPLIER = "SupplierDeployMetadata"


@dataclass(frozen=True, slots=True)
class Managed:
    """The names of what a state manages, or managed in a version that is still online: what a later wish lacks is
    taken out again, and is not mistaken for somebody else's."""

    relations: frozenset[str] = frozenset()
    templates: frozenset[str] = frozenset()
    locales: frozenset[str] = frozenset()
    metadata: Mapping[str, Json] = field(default_factory=dict)
    fields: frozenset[str] = frozenset()

    def dropped_by(self, service: Service[Known]) -> Dropped:
        """What of it the desired state lacks, as a state records it; nothing of it is set where that is nothing."""
        return Dropped.made(
            relations=tuple(sorted(self.relations - {*service.relations})) or None,
            templates=tuple(sorted(self.templates - {*service.templates})) or None,
            locales=tuple(sorted(self.locales - {*service.infos})) or None,
            metadata=_lacking(self.metadata, service.metadata) or None,
            fields=tuple(sorted(self.fields - service.named_fields)) or None,
        )


def managed_by(known: State[Known] | None) -> Managed:
    """What a state manages, and what states before it did."""
    if known is None:
        return Managed()
    dropped = known.dropped
    metadata: dict[str, Json] = copy.deepcopy(dict(dropped.metadata))
    _put(metadata, known.metadata)
    return Managed(
        relations=frozenset({*known.relations, *dropped.relations}),
        templates=frozenset({*known.templates, *dropped.templates}),
        locales=frozenset({*known.infos, *dropped.locales}),
        metadata=metadata,
        fields=known.named_fields | {*dropped.fields},
    )


def _lacking(former: Mapping[str, Json], wanted: Mapping[str, Json]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in former.items():
        still = wanted.get(key)
        if key not in wanted:
            found[key] = value
        elif isinstance(value, Mapping) and isinstance(still, Mapping) and (inner := _lacking(value, still)):
            found[key] = inner
    return found


def merged(
    seen: Mapping[str, Json], service: Service[Known], urls: Mapping[str, str], *, former: Managed = Managed()
) -> dict[str, Json]:
    """The document to write: `seen` with our parts as wanted.

    Guarantees:
        1. merged(merged(x)) == merged(x).
        2. Every key of `seen` that neither the desired state nor `former` manages comes back unchanged.

    Args:
        seen: the document as it is now, {} for none.
        service: what is wanted.
        urls: template name -> where its text was put.
        former: what the last run managed; what of it is wanted no more is taken out.
    """
    found: dict[str, Json] = copy.deepcopy(dict(seen))
    if former.metadata:
        _remove(found, former.metadata, service.metadata)
    _put(found, service.metadata)
    supplier = found.get(SUPPLIER)
    supplier = dict(supplier) if isinstance(supplier, Mapping) else {}
    for kind in EXPECTED_KINDS:
        wanted = {m: target for m, target in service.relations.items() if relation_kind(m) == kind}
        dropped = {m for m in former.relations if m not in service.relations}
        written = _relation(supplier.get(kind), wanted, dropped)
        if written is not None:
            supplier[kind] = written
    if supplier or SUPPLIER in found:
        found[SUPPLIER] = supplier
    _put_templates(found, service, urls, former)
    return found


def _relation(seen: Json, wanted: Mapping[str, RelationTarget[Known]], dropped: Iterable[str]) -> Json:
    """One relation in the form that it has (a map, or a list of one-entry maps); None leaves it out."""
    entries = dict(_entries(seen))
    for marker in dropped:
        entries.pop(marker, None)
    for marker, target in sorted(wanted.items()):
        before = entries.get(marker)
        entries[marker] = {**(before if isinstance(before, Mapping) else {}), **target.api()}
    if not entries:
        return None if seen is None else type(seen)() if isinstance(seen, list | dict) else {}
    return [{marker: entry} for marker, entry in entries.items()] if isinstance(seen, list) else entries


def _entries(seen: Json) -> Iterable[tuple[str, Json]]:
    if isinstance(seen, Mapping):
        yield from seen.items()
    elif isinstance(seen, Sequence) and not isinstance(seen, str):
        for entry in seen:
            if isinstance(entry, Mapping):
                yield from entry.items()


def _put_templates(found: dict[str, Json], service: Service[Known], urls: Mapping[str, str], former: Managed) -> None:
    *outer, key = service.templates_key
    home = found
    for name in outer:
        inner = home.get(name)
        home[name] = own = dict(inner) if isinstance(inner, Mapping) else dict[str, Json]()
        home = own
    seen = home.get(key)
    entries = [dict(entry) for entry in seen if isinstance(entry, Mapping)] if isinstance(seen, list) else []
    dropped = former.templates - set(service.templates)
    entries = [entry for entry in entries if entry.get("Name") not in dropped]
    for name, template in sorted(service.templates.items()):
        entry = next((one for one in entries if one.get("Name") == name), None)
        if entry is None:
            entry = {"Name": name}
            entries.append(entry)
        if name in urls and without_query(str(entry.get("Url", ""))) != without_query(urls[name]):
            entry["Url"] = urls[name]
        if template.regions:
            entry["AllowedRegions"] = sorted(template.regions)
        else:
            entry.pop("AllowedRegions", None)
        entry.update(template.options)
    if entries or seen is not None:
        home[key] = entries


def _put(found: dict[str, Json], wanted: Mapping[str, Json]) -> None:
    for key, value in wanted.items():
        here = found.get(key)
        if isinstance(value, Mapping) and isinstance(here, Mapping):
            inner = dict(here)
            _put(inner, value)
            found[key] = inner
        else:
            found[key] = copy.deepcopy(value)


def _remove(found: dict[str, Json], former: Mapping[str, Json], wanted: Mapping[str, Json]) -> None:
    for key, value in former.items():
        here, still = found.get(key), wanted.get(key)
        if key in wanted and not (isinstance(value, Mapping) and isinstance(still, Mapping)):
            continue
        if isinstance(value, Mapping) and isinstance(here, Mapping):
            inner = dict(here)
            _remove(inner, value, still if isinstance(still, Mapping) else {})
            found[key] = inner
            if not inner and key not in wanted:
                del found[key]
        elif key not in wanted:
            found.pop(key, None)


def relations_in(metadata: Mapping[str, Json]) -> dict[str, RelationTarget[Known]]:
    """Marker -> artifact and version, of every kind of relation, in either form."""
    supplier = metadata.get(SUPPLIER)
    found: dict[str, RelationTarget[Known]] = {}
    for kind in EXPECTED_KINDS:
        for marker, entry in _entries(supplier.get(kind) if isinstance(supplier, Mapping) else None):
            if isinstance(entry, Mapping) and entry.get("ArtifactId"):
                version = entry.get("ArtifactVersion")
                found[str(marker)] = RelationTarget[Known](
                    artifact_id=str(entry["ArtifactId"]), version="" if version is None else str(version)
                )
    return found


def templates_in(metadata: Mapping[str, Json], key: Sequence[str]) -> dict[str, Mapping[str, Json]]:
    """Name -> entry of the templates below `key`."""
    found: Json = metadata
    for name in key:
        found = found.get(name) if isinstance(found, Mapping) else None
    entries = found if isinstance(found, list) else []
    return {str(entry["Name"]): entry for entry in entries if isinstance(entry, Mapping) and entry.get("Name")}


def seen_by(wanted: Json, seen: Json) -> Json:
    """Of `seen` only what `wanted` names, at every depth: how the keys that a user set look now."""
    if isinstance(wanted, Mapping) and isinstance(seen, Mapping):
        return {key: seen_by(value, seen[key]) for key, value in wanted.items() if key in seen}
    return seen


def template_seen(template: ServiceTemplate[Known], entry: Mapping[str, Json]) -> ServiceTemplate[Known]:
    """With regions and options of a template as its entry shows them, as far as they are managed."""
    regions, options = entry.get("AllowedRegions"), seen_by(template.options, entry)
    return template.made(
        template,
        regions=tuple(sorted(str(r) for r in regions)) or None if isinstance(regions, list) else None,
        options=options or None if isinstance(options, Mapping) else None,
    )


def without_query(url: str) -> str:
    """An address without its query: a signature may come and go (facts §1.2)."""
    return url.partition("?")[0]
