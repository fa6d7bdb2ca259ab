"""What a maintainer should know about templates and their packages before a release, as findings with lines.

Looks at several files together: a configuration's relations are the packages of the templates that it names, or that
lie beside it. Each rule must be worth a person's time; what is merely unusual (a public image id on purpose) is a note
and fails no check. A file that cannot be read is one finding: nothing is concluded from what may stand in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from computenest.kernel.nearest import nearest
from computenest.templates.beside import half_covered
from computenest.templates.findings import RULES, Finding, finding_of
from computenest.templates.image_names import is_public_image, is_regional_id
from computenest.templates.model import ImageMapping, Position, Scan, TemplateRefused
from computenest.templates.one_shot import one_shot, uncovered_placeholders
from computenest.templates.table import LOOKALIKES_TAKE

__all__ = ["RULES", "Finding", "lint"]

Links = Mapping[str, Mapping[str, str | None]]


def lint(
    scans: Mapping[str, Scan | TemplateRefused],
    *,
    wanted: Sequence[str] = (),
    groups: Mapping[str, str] | None = None,
    links: Links | None = None,
) -> tuple[Finding, ...]:
    """The findings in files, in the order of file and line.

    Args:
        scans: each file's scan or refusal.
        wanted: markers that packages cover, besides those of the configurations among the files.
        groups: which files belong together (a service's folder); all of them if left out.
        links: for a configuration, each Url of a template that should be a file, with that file's name among `scans`;
            None where there is no such file.
    """
    found: list[Finding] = []
    for name, scan in scans.items():
        if isinstance(scan, TemplateRefused):
            found.append(finding_of("unreadable", name, scan.line or 1, "", scan.message))
    for group in _grouped(scans, groups or {}, links or {}):
        found += group.findings(wanted)
    found += _unknown_wanted(scans, wanted)
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda finding: (finding.file, finding.line, finding.rule, finding.message)))


def _grouped(scans: Mapping[str, Scan | TemplateRefused], groups: Mapping[str, str], links: Links) -> list[_Group]:
    """The files by group; a configuration and the templates that it names are in one, wherever they lie."""
    home = {name: groups.get(name, "") for name in scans}
    for configuration, urls in links.items():
        for target in urls.values():
            if target in home and configuration in home:
                old, new = home[target], home[configuration]
                home |= {name: new for name, group in home.items() if group == old} if old != new else {}
    found: dict[str, _Group] = {}
    for name, scan in scans.items():
        group = found.setdefault(home[name], _Group(links))
        if isinstance(scan, TemplateRefused):
            group.unreadable.append(name)
        elif scan.format == "computenest-config":
            group.configurations[name] = scan
        else:
            group.templates[name] = scan
    return list(found.values())


@dataclass
class _Group:
    """Files that belong together."""

    links: Links
    configurations: dict[str, Scan] = field(default_factory=dict)
    templates: dict[str, Scan] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    def findings(self, wanted: Sequence[str]) -> Iterator[Finding]:
        """What the rules say."""
        everything = {**self.configurations, **self.templates}
        for name, scan in self.configurations.items():
            urls = self.links.get(name, {})
            yield from _missing_templates(name, scan, urls)
            templates = self._templates_of(urls)
            if templates is not None:
                yield from _missing_markers(name, scan, templates)
        for name, scan in self.templates.items():
            configurations = self._configurations_of(name)
            declared = {
                relation.marker
                for other in configurations or ()
                for relation in other.relations
                if relation.kind == "ArtifactRelation"
            }
            covered = declared | set(wanted)
            yield from _remarks(name, scan, covered)
            yield from _positions(name, scan, covered, is_known=configurations is not None)
            for position, message in half_covered(scan.positions, covered) if configurations is not None else ():
                yield finding_of("half-covered-image", name, position.line, position.path, message)
            yield from _mappings(name, scan)
            yield from uncovered_placeholders(name, scan, configurations or ())
            yield from one_shot(name, scan, everything)

    def _templates_of(self, urls: Mapping[str, str | None]) -> dict[str, Scan] | None:
        """The templates of a configuration, by its Urls or else by its folder; None if one of them was not read."""
        if not urls:
            return self.templates if self.templates and not self.unreadable else None
        named = set(urls.values())
        if not named <= self.templates.keys():
            return None
        return {name: scan for name, scan in self.templates.items() if name in named}

    def _configurations_of(self, template: str) -> list[Scan] | None:
        """The configurations that name a template, or else those beside it; None if one of those was not read."""
        naming = [scan for name, scan in self.configurations.items() if template in self.links.get(name, {}).values()]
        if not naming and any(map(_may_be_configuration, self.unreadable)):
            return None
        return naming or list(self.configurations.values())


def _may_be_configuration(name: str) -> bool:
    base = re.split(r"[/\\]", name)[-1].lower()
    return "config" in base and base.endswith((".yaml", ".yml", ".json"))


def _missing_templates(name: str, scan: Scan, urls: Mapping[str, str | None]) -> Iterable[Finding]:
    for template in scan.templates:
        if template.url in urls and urls[template.url] is None:
            message = f"there is no template `{template.url[:200]}` beside the configuration"
            yield finding_of("missing-template", name, template.line, template.path, message)


def _known(templates: Iterable[Scan]) -> tuple[list[str], list[str], set[str]]:
    """The literals of templates, their placeholders, and everything that a marker may name."""
    positions = [position for scan in templates for position in scan.positions]
    values = [position.value for position in positions if position.value and position.is_editable]
    texts = sorted({placeholder.text for scan in templates for placeholder in scan.placeholders})
    return values, texts, {*values, *texts, *(a for p in positions for a in (p.path, p.address))}


def _missing_markers(name: str, scan: Scan, templates: Mapping[str, Scan]) -> Iterable[Finding]:
    values, texts, known = _known(list(templates.values()))
    for relation in scan.relations:
        if relation.marker not in known:
            candidates = values if relation.kind == "ArtifactRelation" else texts
            message = _absent(relation.marker, candidates)
            yield finding_of("missing-marker", name, relation.line, relation.path, message)


def _unknown_wanted(scans: Mapping[str, Scan | TemplateRefused], wanted: Sequence[str]) -> Iterable[Finding]:
    """Markers that were named themselves and stand in none of the templates."""
    templates = {n: scan for n, scan in scans.items() if isinstance(scan, Scan) and scan.format != "computenest-config"}
    if not templates or any(isinstance(scan, TemplateRefused) for scan in scans.values()):
        return
    values, _, known = _known(list(templates.values()))
    for marker in wanted:
        if marker not in known:
            yield finding_of("missing-marker", next(iter(templates)), 1, "", _absent(marker, values))


def _absent(marker: str, candidates: Sequence[str]) -> str:
    meant = nearest(marker, candidates)
    hint = f"; the nearest is `{meant}`" if meant else ""
    return f"marker `{marker}` stands nowhere in these templates{hint}"


def _remarks(name: str, scan: Scan, covered: set[str]) -> Iterable[Finding]:
    """What the scan itself found wrong."""
    for remark in scan.remarks:
        if remark.value is None or remark.value not in covered:
            yield finding_of(remark.rule, name, remark.line, remark.path, remark.message)


def _mappings(name: str, scan: Scan) -> Iterable[Finding]:
    for mapping in scan.mappings:
        message = f"mapping `{mapping.name}` (lines {mapping.first_line} to {mapping.last_line}) gives "
        if len(mapping.columns) == 1:
            count = len(mapping.regions)
            regions = f"{count} region{'s' if count != 1 else ''}"
            message += f"an image id for {regions} by hand; a package would keep them current"
        else:
            count = len(mapping.columns)
            message += f"{count} image ids for {len(mapping.regions)} regions by hand; it takes {count} packages"
        if mapping.is_region_second:
            message += "; the region is its second key, where `template adopt` needs it as the first"
        yield finding_of("replaceable-mapping", name, mapping.first_line, f"Mappings.{mapping.name}", message)


def _is_distributed(position: Position, mappings: Sequence[ImageMapping]) -> bool:
    """Whether a literal stands in a map by region, which is one finding of its own."""
    return any(f"Mappings.{mapping.name}." in position.leaf for mapping in mappings)


def _positions(name: str, scan: Scan, covered: set[str], *, is_known: bool) -> Iterable[Finding]:
    """Literals that no package covers (if it is known what packages cover), and markers where none can be."""
    reported: set[tuple[int, str]] = set()
    for position in scan.positions if is_known else ():
        value = position.value
        if not value or not position.is_editable or (position.line, value) in reported:
            continue
        if position.form == "resolve_oos" or _is_distributed(position, scan.mappings):
            continue
        if {value, position.path, position.address} & covered:
            continue
        reported.add((position.line, value))
        if is_regional_id(value):
            message = f"`{value}` exists in one region only and no package covers it"
            yield finding_of("uncovered-image", name, position.line, position.path, message)
        elif not is_public_image(value):
            message = f"`{value[:200]}` is no public image, and no package covers it"
            rule = "uncovered-image" if covered else "unrelated-marker"
            yield finding_of(rule, name, position.line, position.path, message)
    for position in scan.positions:
        marker = next((v for v in (position.default, *position.allowed_values) if v in covered), None)
        if position.form == "ref" and marker is not None:
            message = (
                f"marker `{marker}` is a value of a parameter that {position.path} refers to; "
                "the cloud associates literals only"
            )
            yield finding_of("ambiguous-marker", name, position.line, position.path, message)
    for lookalike in scan.lookalikes:
        if lookalike.value in covered:
            what = LOOKALIKES_TAKE[lookalike.resource_type]
            message = f"marker `{lookalike.value}` stands at {lookalike.resource_type}, which takes {what}"
            yield finding_of("lookalike-marker", name, lookalike.line, lookalike.path, message)
