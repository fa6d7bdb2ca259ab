"""What separates a package's state from its wish: which keys changed, and which of them force a replacement."""

from __future__ import annotations

from computenest.kernel.outcome import Difference, unfinished
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources._packages.direct_model import DirectSpec
from computenest.resources._packages.image_package import Package, State
from computenest.resources._packages.model import BuiltImage, Source
from computenest.resources.ecs_image_package.declaration import RESOURCE


def diff(olds: State[Known], news: Package[Unknown]) -> Difference:
    """Compares the state's outputs (its inputs among them) with checked inputs.

    Guarantees:
        1. diff(x, x) is empty for a complete x.
        2. An incomplete state always has changes, so that the next run finishes what is missing.
        3. An unset property equals its default.
        4. Superseded versions that a refresh found unused are a change of their own, which makes no version.
    """
    changed = [*RESOURCE.changed(olds, news)]
    replaces = [key for key in RESOURCE.replaces if key in changed]
    if "direct" in changed and _home(olds.direct) != _home(news.direct):
        replaces.append("direct")  # the copies would have to move to another account
    if "source" in changed and news.source is not UNKNOWN and _is_built(olds.source) != _is_built(news.source):
        replaces.append("source")
    if not changed and not is_complete(olds, news):
        lacks = news.distribution is not UNKNOWN and set(news.distribution) - set(olds.images)
        changed.append("distribution" if lacks else unfinished(olds.reasons))
    if olds.superseded:  # found by a refresh: versions that nobody needs any more
        changed.append("superseded")
    return Difference(changes=tuple(sorted(changed)), replaces=tuple(sorted(replaces)))


def is_complete(olds: State[Known], news: Package[Unknown]) -> bool:
    """Whether the state lacks nothing that is wanted: an image for every region of a released package."""
    if news.distribution is UNKNOWN or news.has_unknown:
        return True
    if not news.release:
        return olds.status in {"Draft", "Available"}
    return olds.status == "Available" and set(news.distribution) <= set(olds.images)


def _home(direct: Maybe[DirectSpec] | None) -> Maybe[str] | None:
    """Whose copies these are: None for Compute Nest's; another `stack` or `permit` is no other home."""
    return direct.hub_account if isinstance(direct, DirectSpec) else direct


def _is_built(source: Source) -> bool:
    return isinstance(source, BuiltImage)
