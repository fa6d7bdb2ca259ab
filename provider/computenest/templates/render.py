"""Substitution by byte spans: an image id for each marker, every other byte as it was.

Nothing is parsed here and nothing dumped. The pieces between the spans are cut once, so that thirty regions cost
thirty joins. The new text must be legal where it stands: an image id and the reference of a container image always
are; other text only in quotes that hold it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from computenest.kernel.errors import Invalid
from computenest.templates.associate import markers
from computenest.templates.model import MarkerRefused, Position, Scan
from computenest.templates.nodes import is_plain_string

_IMAGE_ID = re.compile(r"[A-Za-z0-9_.\-]+")
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@\-]*/[A-Za-z0-9._/:@\-]*[A-Za-z0-9]")
"""A container image's: a plain string wherever it stands, for no colon in it is followed by a space."""
_UNQUOTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\\]|\$\{|%\{")
_QUOTES = (b'"', b"'")


def render(data: bytes, *, scan: Scan, substitutions: Mapping[str, str]) -> bytes:
    """`data` with each marker's image id in its place.

    1. Every byte outside the markers' spans is the one that was there.
    2. The order of `substitutions` does not matter.
    3. A literal that several properties share is written once.

    Raises:
        MarkerRefused: a marker that stands nowhere, or two that claim one literal with different images.
        Invalid: `data` is not what was scanned, or an image id cannot stand there.
    """
    return render_regions(
        data, scan=scan, substitutions={m: {"": image} for m, image in substitutions.items()}, regions=("",)
    )[""]


def render_regions(
    data: bytes, *, scan: Scan, substitutions: Mapping[str, Mapping[str, str]], regions: Sequence[str]
) -> dict[str, bytes]:
    """`render` for each of `regions`, without scanning again. `substitutions`: marker -> region -> image id.

    Raises:
        MarkerRefused: also when a region has no image for a marker; then nothing is rendered.
    """
    if hashlib.sha256(data).hexdigest() != scan.digest:
        raise Invalid("these are not the bytes that were scanned", path="template", hint="scan the template again")
    missing = [
        (marker, f"marker `{marker}` has no image in region {region}; it has one in {_listed(images)}")
        for marker, images in substitutions.items()
        for region in regions
        if region not in images
    ]
    if missing:
        raise MarkerRefused(tuple(missing))
    edits = _edits(markers(scan, tuple(substitutions)), substitutions, regions)
    kept: list[bytes] = []
    at = 0
    for start, end in edits:
        if start < at:
            raise Invalid(f"literals overlap at byte {start}", path="template")
        kept.append(data[at:start])
        at = end
    kept.append(data[at:])
    quotes = {span: _quote(data, *span) for span in edits}
    rendered: dict[str, bytes] = {}
    for region in regions:
        pieces: list[bytes] = []
        for before, (span, marker) in zip(kept, edits.items(), strict=False):
            pieces += (before, _written(substitutions[marker][region], quotes[span], marker=marker))
        pieces.append(kept[-1])
        rendered[region] = b"".join(pieces)
    return rendered


def _edits(
    found: Mapping[str, tuple[Position, ...]],
    substitutions: Mapping[str, Mapping[str, str]],
    regions: Sequence[str],
) -> dict[tuple[int, int], str]:
    """Each span with the marker that fills it, in the file's order."""
    spans: dict[tuple[int, int], str] = {}
    conflicts: list[tuple[str, str]] = []
    for marker, positions in found.items():
        for position in positions:
            if position.start is None or position.end is None:
                continue
            other = spans.setdefault((position.start, position.end), marker)
            if any(substitutions[other][region] != substitutions[marker][region] for region in regions):
                conflicts.append(
                    (marker, f"markers `{other}` and `{marker}` both stand for {position.path} (line {position.line})")
                )
    if conflicts:
        raise MarkerRefused(tuple(conflicts))
    return dict(sorted(spans.items()))


def _quote(data: bytes, start: int, end: int) -> bytes:
    """The quote around a literal, or nothing for plain and for embedded text."""
    before = data[start - 1 : start] if start else b""
    return before if before in _QUOTES and data[end : end + 1] == before else b""


def _written(image: str, quote: bytes, *, marker: str) -> bytes:
    """`image` as it may stand between these quotes."""
    is_quotable = bool(image) and _UNQUOTABLE.search(image) is None
    if _IMAGE_ID.fullmatch(image):
        if quote or (image[0].isalpha() and is_plain_string(image)):
            return image.encode()
    elif _REFERENCE.fullmatch(image) or (is_quotable and quote == b'"' and '"' not in image):
        return image.encode()
    elif is_quotable and quote == b"'":
        return image.replace("'", "''").encode()
    raise Invalid(
        f"`{image[:100]}` cannot stand where marker `{marker}` stands",
        path=f"substitutions.{marker}",
        hint="an image id has letters, digits, `_`, `.` and `-`" + ("" if quote else " and begins with a letter"),
    )


def _listed(images: Mapping[str, str]) -> str:
    return ", ".join(sorted(images)) or "none"
