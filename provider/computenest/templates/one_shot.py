"""Lint's rules about files, images and charts: placeholders without relation, and keys that are valid once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from computenest.kernel.nearest import nearest
from computenest.templates.findings import Finding, finding_of
from computenest.templates.model import Note, Placeholder, Scan
from computenest.templates.placeholders import FILE_KINDS, SECRET_KINDS
from computenest.templates.pulls import SCALING


def uncovered_placeholders(name: str, scan: Scan, configurations: Sequence[Scan]) -> Iterable[Finding]:
    """Where a service has a configuration, placeholders that it leaves out would reach the customer as text."""
    if not any(other.relations or other.templates for other in configurations):
        return  # no service is declared here: an image builder's file, or none
    related = {relation.marker for other in configurations for relation in other.relations}
    for text, placeholder in {p.text: p for p in reversed(scan.placeholders) if p.kind not in SECRET_KINDS}.items():
        if text not in related:
            meant = nearest(text, sorted(related))
            hint = f"; the nearest is `{meant}`" if meant else ""
            message = f"`{text}` is related to no package of the configuration{hint}"
            yield finding_of("uncovered-placeholder", name, placeholder.line, "", message)


def one_shot(name: str, scan: Scan, scans: Mapping[str, Scan]) -> Iterable[Finding]:
    """What a scaling group or a workload starts later gets the key that was valid when the stack was made.

    A public repository needs no key. A chart is fetched once, when it is installed, so that only a scaling group
    fetches it again; images are pulled by each new pod.
    """
    elsewhere: list[Note] = []
    if scan.format == "terraform":  # the files of one module are one template
        elsewhere = [pull for other in scans.values() if other is not scan for pull in other.later_pulls]
    for placeholder in scan.placeholders:
        pulls = _pulls(placeholder, scan, elsewhere) if placeholder.kind == "file" else []
        scaling = next((pull for pull in pulls if pull.message == SCALING), None)
        if scaling is not None:
            message = (
                f"`{placeholder.text}` becomes a signed address, but {scaling.path} (line {scaling.line}) "
                f"{scaling.message}; a `publicfile` does not expire"
            )
            yield finding_of("one-shot-address", name, placeholder.line, scaling.path, message)
            break
    public = {relation.marker for other in scans.values() for relation in other.relations if relation.is_public}
    images = [p for p in scan.placeholders if p.kind not in SECRET_KINDS and p.kind not in FILE_KINDS]
    if images and all(placeholder.text in public for placeholder in images):
        return
    for placeholder in scan.placeholders:
        if placeholder.kind in FILE_KINDS or placeholder.text in public:
            continue
        is_chart = placeholder.kind.startswith("helm")
        pulls = _pulls(placeholder, scan, elsewhere)
        puller = next((pull for pull in pulls if pull.message == SCALING or not is_chart), None)
        if puller is not None:
            message = (
                f"`{placeholder.text}` is valid once, but {puller.path} (line {puller.line}) {puller.message}, "
                "when its key has expired; make the repository public, or put the image into the ECS image"
            )
            yield finding_of("one-shot-key", name, placeholder.line, puller.path, message)


def _pulls(placeholder: Placeholder, scan: Scan, elsewhere: list[Note]) -> list[Note]:
    """What may pull with a placeholder's key later. A scaling configuration does with what it holds, or with a script
    that is written outside of all resources; not with what a command or an instance runs once. A Kubernetes secret is
    used by every workload, wherever it is made."""
    home = _resource(placeholder.line, scan)
    if home is None:
        return [*scan.later_pulls, *elsewhere]
    found = [p for p in scan.later_pulls if p.message != SCALING or _resource(p.line, scan) == home]
    return found + [pull for pull in elsewhere if pull.message != SCALING]


def _resource(line: int, scan: Scan) -> tuple[int, int] | None:
    """The lines of the resource that a line belongs to; None outside, or where they are not known."""
    return next((lines for lines in reversed(scan.resources) if lines[0] <= line <= lines[1]), None)
