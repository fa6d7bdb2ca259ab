"""Dated public images: the cloud replaces each by the next and withdraws it some time later.

Whether one is still there only the cloud knows, so lint asks where somebody names a region; here is what to ask for,
and what the answer means.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from computenest.domain.template.image_names import is_dated_image
from computenest.domain.template.model import Scan, TemplateRefused
from computenest.domain.template.rules import Finding, finding_of

__all__ = ["dated_images", "withdrawn"]

Scans = Mapping[str, Scan | TemplateRefused]


def dated_images(scans: Scans) -> tuple[str, ...]:
    """The public images that templates name with their date, each once."""
    return tuple(sorted({value for _, _, _, value in _dated(scans)}))


def withdrawn(scans: Scans, *, offered: Collection[str], region: str) -> tuple[Finding, ...]:
    """A note for each place of a dated image that is not among those that `region` offers."""
    found = [
        finding_of(
            "withdrawn-image",
            name,
            line,
            path,
            f"`{value}` is not offered in {region} (any more): give the family without its date, or a newer one",
        )
        for name, line, path, value in _dated(scans)
        if value not in offered
    ]
    return tuple(dict.fromkeys(found))


def _dated(scans: Scans) -> Iterator[tuple[str, int, str, str]]:
    """File, line, path and value of each dated image, those that parameters offer included."""
    for name, scan in scans.items():
        for position in scan.positions if isinstance(scan, Scan) else ():
            for value in dict.fromkeys((position.value, position.default, *position.allowed_values)):
                if value is not None and is_dated_image(value):
                    yield name, position.line, position.path, value
