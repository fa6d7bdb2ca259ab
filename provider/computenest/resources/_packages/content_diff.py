"""What separates a package's state from its desired state, and what an operation will make of it. Pure.

Where the source lies is no difference: another path to the same content changes nothing.
"""

from __future__ import annotations

from computenest.kernel.outcome import INCOMPLETE, Difference, unfinished
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._packages.content_declaration import Content
from computenest.resources._packages.content_model import AUTOMATIC, PUBLIC, Kind
from computenest.resources._packages.content_package import ContentPackage, ContentState

_FOLLOWS_CONTENT = ("content", "tag", "repository", "file_name", "distribution")


def diff(content: Content, olds: ContentState[Known], news: ContentPackage[Unknown]) -> Difference:
    """Compares the state's outputs (its inputs among them) with checked inputs.

    Guarantees:
        1. diff(x, x) is empty for a complete x.
        2. An incomplete state always has changes, so that the next run finishes what is missing.
        3. An unset property equals its default.
    """
    changed = [*content.declared.changed(olds, news)]
    replaces = [key for key in content.declared.replaces if key in changed]
    if content.kind is not Kind.FILE and (olds.permission, news.permission) == (PUBLIC, AUTOMATIC):
        replaces.append("permission")
    if not changed and not news.has_unknown and olds.status == INCOMPLETE:
        changed.append(unfinished(olds.reasons))
    if olds.superseded:  # found by a refresh: versions that nobody needs any more
        changed.append("superseded")
    return Difference(changes=tuple(sorted(changed)), replaces=tuple(sorted(replaces)))


def preview(
    content: Content, inputs: ContentPackage[Unknown], former: ContentState[Known] | None
) -> ContentState[Unknown]:
    """The state as an operation would leave it: an address, a digest or a version is promised only where it stays."""
    is_known = not inputs.made(inputs, source=None).has_unknown
    repairs = former.repairs if former is not None else 0
    edition = content.state.made(inputs, source=None, repairs=repairs).wanted_edition if is_known else UNKNOWN
    held = former.model_fields_set if former is not None and _is_there(inputs, former) else frozenset()
    placed = {name: getattr(former, name) if name in held else UNKNOWN for name in content.placed}
    placed["key_expiry"] = UNKNOWN  # an update pushes again, with a new key
    if content.kind is not Kind.FILE:
        placed["digest"] = inputs.content
    is_whole = former is not None and former.status == ("Draft" if inputs.release is False else "Available")
    stays = former if is_whole and former is not None and edition == former.edition else None
    return content.promised.made(
        inputs,
        **placed,
        artifact_id=UNKNOWN if former is None else former.artifact_id,
        incarnation=UNKNOWN if former is None else former.incarnation,
        edition=edition,
        risk=None if former is None or former.risk is None else UNKNOWN if stays is None else stays.risk,
        version=UNKNOWN if stays is None else stays.version,
        status=UNKNOWN if stays is None else stays.status,
        reasons={},
    )


def _is_there(inputs: ContentPackage[Unknown], former: ContentState[Known]) -> bool:
    """Whether the content lies where it is wanted."""
    return all(getattr(inputs, name, None) == getattr(former, name, None) for name in _FOLLOWS_CONTENT)
