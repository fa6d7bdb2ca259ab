"""Dated public images: the cloud replaces each by the next and withdraws it some time later.

Whether one is still there only the cloud knows, so lint asks where a cloud is configured; here is what to ask for, in
which regions, and what the answer means.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice

from computenest.templates.findings import Finding, finding_of
from computenest.templates.image_names import is_dated_image
from computenest.templates.model import Scan, TemplateRefused

MAX_REGIONS = 40  # more than the cloud has
_MAX_LISTED = 3

Scans = Mapping[str, Scan | TemplateRefused]


def dated_images(scans: Scans) -> tuple[str, ...]:
    """The public images that templates name with their date, each once."""
    return tuple(sorted({value for _, _, _, value in _dated(scans)}))


def named_regions(scans: Scans) -> tuple[str, ...]:
    """The regions that configurations name, each once."""
    named = {region for scan in scans.values() if isinstance(scan, Scan) for region in scan.regions}
    return tuple(islice(sorted(named), MAX_REGIONS))


def withdrawn(scans: Scans, *, offered: Mapping[str, Collection[str]]) -> tuple[Finding, ...]:
    """A note for each place of a dated image that some of the regions in `offered` do not offer."""
    found = []
    for name, line, path, value in _dated(scans):
        lacking = [region for region, images in offered.items() if value not in images]
        if lacking:
            more = f" and {len(lacking) - _MAX_LISTED} more regions" if len(lacking) > _MAX_LISTED else ""
            where = f"{', '.join(lacking[:_MAX_LISTED])}{more}"
            message = f"`{value}` is not offered in {where} (any more)"
            advice = "give the family without its date, or a newer one"
            found.append(finding_of("withdrawn-image", name, line, path, f"{message}: {advice}"))
    return tuple(dict.fromkeys(found))


def _dated(scans: Scans) -> Iterator[tuple[str, int, str, str]]:
    """File, line, path and value of each dated image, those that parameters offer included."""
    for name, scan in scans.items():
        for position in scan.positions if isinstance(scan, Scan) else ():
            for value in dict.fromkeys((position.value, position.default, *position.allowed_values)):
                if value is not None and is_dated_image(value):
                    yield name, position.line, position.path, value
