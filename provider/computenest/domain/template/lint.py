"""What a maintainer should know about templates and their packages before a release, as findings with lines.

Looks at several files together: a configuration's relations are the packages of the templates beside it. Each rule
must be worth a person's time; what is merely unusual (a public image id on purpose) is a note and fails no check.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from computenest.domain.template.model import Scan, TemplateRefused
from computenest.domain.template.nearest import nearest
from computenest.domain.template.placeholders import FILE_KINDS, SECRET_KINDS
from computenest.domain.template.pulls import SCALING

__all__ = ["RULES", "Finding", "lint"]

RULES: Mapping[str, tuple[str, str]] = {
    # rule: (level, what it means)
    "unreadable": ("error", "The file is no template that can be read."),
    "uncovered-image": ("warning", "A literal image id that no package covers: it exists in one region only."),
    "unrelated-marker": (
        "note",
        "A literal that is no image of the cloud; nothing here says which package it stands for.",
    ),
    "missing-marker": ("error", "A package's marker stands at no image position."),
    "lookalike-marker": ("warning", "A marker stands at a property that carries no ECS image id."),
    "replaceable-mapping": ("note", "A hand-written map region to image, which a package would keep current."),
    "ambiguous-marker": ("warning", "A marker is also a parameter's value: a textual replacement would break it."),
    "one-shot-key": ("warning", "A private image or chart is pulled again later, when its one-shot key has expired."),
    "one-shot-address": ("note", "A scaling group downloads from a signed address later, when it may have expired."),
    "misspelt-placeholder": ("error", "A placeholder that the cloud does not know."),
    "uncovered-placeholder": ("error", "A placeholder that the configuration beside it relates to no package."),
}
FAILING = frozenset({"error", "warning"})

_REGIONAL_ID = re.compile(r"m-[a-z0-9]{15,}")  # a custom image's id, which exists in one region
# ids and families that the cloud itself offers in every region
_PUBLIC = re.compile(
    r".*\.vhd|.*\*.*|(?:alinux|aliyun|alma|anolis|arch|centos|coreos|debian|fedora|freebsd|gentoo|kylin|opensuse|redhat|rhel"
    r"|rocky|suse|ubuntu|uos|win)[a-z]*(?:[ _.\-]?[0-9].*)?",
    re.IGNORECASE,
)


class Finding(BaseModel):
    """One thing to look at."""

    model_config = ConfigDict(frozen=True)

    file: str
    line: int
    rule: str
    level: str
    path: str
    message: str


def lint(
    scans: Mapping[str, Scan | TemplateRefused], *, wanted: Sequence[str] = (), groups: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """The findings in files, in the order of file and line.

    Args:
        scans: each file's scan or refusal.
        wanted: markers that packages cover, besides those of the configurations among the files.
        groups: which files belong together (a service's folder); all of them if left out.
    """
    groups = groups or {}
    found: list[Finding] = []
    by_group: dict[str, dict[str, Scan]] = {}
    for name, scan in scans.items():
        if isinstance(scan, TemplateRefused):
            found.append(_finding("unreadable", name, scan.line or 1, "", scan.message))
        else:
            by_group.setdefault(groups.get(name, ""), {})[name] = scan
    for members in by_group.values():
        found += _group(members, wanted)
    return tuple(sorted(found, key=lambda finding: (finding.file, finding.line, finding.rule, finding.message)))


def _finding(rule: str, file: str, line: int, path: str, message: str) -> Finding:
    return Finding(file=file, line=line, rule=rule, level=RULES[rule][0], path=path, message=message)


def _group(scans: Mapping[str, Scan], wanted: Sequence[str]) -> Iterable[Finding]:
    """The findings in files that belong together."""
    templates = {name: scan for name, scan in scans.items() if scan.format != "computenest-config"}
    declared = {
        relation.marker for scan in scans.values() for relation in scan.relations if relation.kind == "ArtifactRelation"
    }
    covered = declared | set(wanted)
    if templates:
        yield from _missing_markers(scans, templates, wanted)
    for name, scan in templates.items():
        yield from _positions(name, scan, covered)
        for mapping in scan.mappings:
            message = f"mapping `{mapping.name}` (lines {mapping.first_line} to {mapping.last_line}) gives "
            if len(mapping.columns) == 1:
                message += f"an image id for {len(mapping.regions)} regions by hand; a package would keep them current"
            else:
                count = len(mapping.columns)
                message += f"{count} image ids for {len(mapping.regions)} regions by hand; it takes {count} packages"
            yield _finding("replaceable-mapping", name, mapping.first_line, f"Mappings.{mapping.name}", message)
        for note in scan.warnings:
            if "computeneset" in note.message:
                yield _finding("misspelt-placeholder", name, note.line, "", note.message)
        yield from _uncovered_placeholders(name, scan, scans)
        yield from _one_shot(name, scan, scans)


def _missing_markers(
    scans: Mapping[str, Scan], templates: Mapping[str, Scan], wanted: Sequence[str]
) -> Iterable[Finding]:
    values = [p.value for scan in templates.values() for p in scan.positions if p.value and p.is_editable]
    addresses = {address for scan in templates.values() for p in scan.positions for address in (p.path, p.address)}
    texts = {placeholder.text for scan in templates.values() for placeholder in scan.placeholders}
    known = set(values) | addresses | texts
    for name, scan in scans.items():
        for relation in scan.relations:
            if relation.marker not in known:
                candidates = values if relation.kind == "ArtifactRelation" else sorted(texts)
                yield _finding(
                    "missing-marker", name, relation.line, relation.path, _absent(relation.marker, candidates)
                )
    first = next(iter(templates))
    for marker in wanted:
        if marker not in known:
            yield _finding("missing-marker", first, 1, "", _absent(marker, values))


def _absent(marker: str, candidates: Sequence[str]) -> str:
    meant = nearest(marker, candidates)
    hint = f"; the nearest is `{meant}`" if meant else ""
    return f"marker `{marker}` stands nowhere in these templates{hint}"


def _positions(name: str, scan: Scan, covered: set[str]) -> Iterable[Finding]:
    reported: set[tuple[int, str]] = set()
    for position in scan.positions:
        value = position.value
        if value is None or not position.is_editable:
            continue
        if position.form == "find_in_map" or (position.line, value) in reported:
            continue  # a map is one finding of its own
        if {value, position.path, position.address} & covered or not value or position.form == "resolve_oos":
            continue
        reported.add((position.line, value))
        if _REGIONAL_ID.fullmatch(value):
            message = f"`{value}` exists in one region only and no package covers it"
            yield _finding("uncovered-image", name, position.line, position.path, message)
        elif not _PUBLIC.fullmatch(value):
            message = f"`{value[:200]}` is no public image, and no package covers it"
            rule = "uncovered-image" if covered else "unrelated-marker"
            yield _finding(rule, name, position.line, position.path, message)
    for position in scan.positions:
        marker = next((v for v in (position.default, *position.allowed_values) if v in covered), None)
        if position.form == "ref" and marker is not None:
            message = (
                f"marker `{marker}` is a value of a parameter that {position.path} refers to; "
                "the cloud associates literals only"
            )
            yield _finding("ambiguous-marker", name, position.line, position.path, message)
    for lookalike in scan.lookalikes:
        if lookalike.value in covered:
            message = f"marker `{lookalike.value}` stands at {lookalike.resource_type}, which takes no ECS image"
            yield _finding("lookalike-marker", name, lookalike.line, lookalike.path, message)


def _uncovered_placeholders(name: str, scan: Scan, scans: Mapping[str, Scan]) -> Iterable[Finding]:
    """Where a configuration relates placeholders, those that it leaves out would reach the customer as text."""
    related = {relation.marker for other in scans.values() for relation in other.relations}
    if not any(marker.startswith("{{") for marker in related):
        return
    for text, placeholder in {p.text: p for p in reversed(scan.placeholders) if p.kind not in SECRET_KINDS}.items():
        if text not in related:
            meant = nearest(text, sorted(related))
            hint = f"; the nearest is `{meant}`" if meant else ""
            message = f"`{text}` is related to no package of the configuration{hint}"
            yield _finding("uncovered-placeholder", name, placeholder.line, "", message)


def _one_shot(name: str, scan: Scan, scans: Mapping[str, Scan]) -> Iterable[Finding]:
    """What a scaling group or a workload starts later gets the key that was valid when the stack was made.

    A public repository needs no key. A chart is fetched once, when it is installed, so that only a scaling group
    fetches it again; images are pulled by each new pod.
    """
    pulls = list(scan.later_pulls)
    if scan.format == "terraform":  # the files of one module are one template
        pulls += [pull for other in scans.values() if other is not scan for pull in other.later_pulls]
    scaling = next((pull for pull in pulls if pull.message == SCALING), None)
    for placeholder in scan.placeholders if scaling else ():
        if placeholder.kind == "file" and scaling:
            message = (
                f"`{placeholder.text}` becomes a signed address, but {scaling.path} (line {scaling.line}) "
                f"{scaling.message}; a `publicfile` does not expire"
            )
            yield _finding("one-shot-address", name, placeholder.line, scaling.path, message)
            break
    public = {relation.marker for other in scans.values() for relation in other.relations if relation.is_public}
    images = [p for p in scan.placeholders if p.kind not in SECRET_KINDS and p.kind not in FILE_KINDS]
    if images and all(placeholder.text in public for placeholder in images):
        return
    for placeholder in scan.placeholders:
        if placeholder.kind in FILE_KINDS or placeholder.text in public:
            continue
        is_chart = placeholder.kind.startswith("helm")
        puller = next((pull for pull in pulls if pull.message == SCALING or not is_chart), None)
        if puller is not None:
            message = (
                f"`{placeholder.text}` is valid once, but {puller.path} (line {puller.line}) {puller.message}, "
                "when its key has expired; make the repository public, or put the image into the ECS image"
            )
            yield _finding("one-shot-key", name, placeholder.line, puller.path, message)
