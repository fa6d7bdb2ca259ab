"""The rules over the corpus: quiet about what is right, and loud about each defect that is put into a real service."""

from __future__ import annotations

from collections import Counter

import pytest

from computenest.review.lint import lint
from computenest.templates import Scan
from corpus.lint_corpus import findings, group

pytestmark = pytest.mark.corpus


def services() -> list[dict[str, Scan]]:
    """The files of each service that has both a configuration with relations and its templates."""
    scans, _ = findings()
    groups: dict[str, dict[str, Scan]] = {}
    for name, scan in scans.items():
        if isinstance(scan, Scan) and ".computenest/" in name:
            groups.setdefault(group(name), {})[name] = scan
    return [
        members
        for members in groups.values()
        if any(scan.relations for scan in members.values()) and any(not scan.relations for scan in members.values())
    ]


def test_no_published_service_fails_a_check() -> None:
    failing = [finding for members in services() for finding in lint(members) if finding.level != "note"]
    assert not failing


def test_each_relation_of_a_real_service_is_missed_when_it_is_misspelt_or_left_out() -> None:
    done: Counter[str] = Counter()
    for members in services():
        used = {p.value for scan in members.values() for p in scan.positions if scan.format != "computenest-config"}
        used |= {placeholder.text for scan in members.values() for placeholder in scan.placeholders}
        for name, scan in members.items():
            for relation in scan.relations:
                wrong = relation.model_copy(update={"marker": relation.marker + "x"})
                relations = tuple(wrong if other is relation else other for other in scan.relations)
                found = lint({**members, name: scan.model_copy(update={"relations": relations})})
                (missing,) = (finding for finding in found if finding.rule == "missing-marker")
                assert missing.line == relation.line
                assert relation.marker not in used or f"nearest is `{relation.marker}`" in missing.message
                done[relation.kind] += 1
                if relation.marker.startswith("{{"):
                    uncovered = {f.message.split("`")[1] for f in found if f.rule == "uncovered-placeholder"}
                    assert uncovered == {relation.marker} & used
    print(f"\nrelations misspelt and missed: {dict(done)}")  # noqa: T201
    assert sum(done.values()) > 40
