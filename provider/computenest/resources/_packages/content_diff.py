"""What separates a package's state from its wish, and what an operation will make of it. Pure.

Where the source lies is no difference: another path to the same content changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.kernel.outcome import INCOMPLETE, Difference, unfinished
from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.resources._packages.content_check import package_of
from computenest.resources._packages.content_declaration import Content
from computenest.resources._packages.content_model import AUTOMATIC, PUBLIC, Kind

__all__ = ["diff", "foresee"]

_FOLLOWS_CONTENT = ("content", "tag", "repository", "fileName", "distribution")


def diff(content: Content, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
    """Compares the state's outputs (its inputs among them) with checked inputs.

    Guarantees:
        1. diff(x, x) is empty for a complete x.
        2. An incomplete state always has changes, so that the next run finishes what is missing.
        3. An unset property equals its default.
    """
    declared = content.declared
    changed = [key for key in declared.compared if declared.value(olds, key) != declared.value(news, key)]
    replaces = [key for key in declared.replaces if key in changed]
    if (
        "fileName" not in news
        and "permission" in changed
        and declared.value(olds, "permission") == PUBLIC
        and declared.value(news, "permission") == AUTOMATIC
    ):
        replaces.append("permission")
    if not changed and not has_unknown(news) and olds.get("status") == INCOMPLETE:
        changed.append(unfinished(olds))
    if olds.get("superseded"):  # found by a refresh: versions that nobody needs any more
        changed.append("superseded")
    return Difference(changes=tuple(sorted(changed)), replaces=tuple(sorted(replaces)))


def foresee(content: Content, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
    """The state as an operation would leave it: an address, a digest or a version is promised only where it stays."""
    unknown = has_unknown({key: value for key, value in inputs.items() if key != "source"})
    edition = UNKNOWN if unknown else package_of(content.kind, {**inputs, "repairs": former.get("repairs", 0)}).edition
    is_whole = former.get("status") == ("Draft" if inputs.get("release") is False else "Available")
    settled = edition is not UNKNOWN and edition == former.get("edition") and is_whole
    stays = bool(former) and all(inputs.get(key) == former.get(key) for key in _FOLLOWS_CONTENT)
    promised = {key: former[key] if stays and key in former else UNKNOWN for key in content.placed}
    promised["keyExpiry"] = UNKNOWN  # an update pushes again, with a new key
    if content.kind is not Kind.FILE:
        promised["digest"] = inputs["content"]
    return {
        **inputs,
        **promised,
        "artifactId": former.get("artifactId", UNKNOWN),
        "incarnation": former.get("incarnation", UNKNOWN),
        "edition": edition,
        **({"risk": former["risk"] if settled else UNKNOWN} if "risk" in former else {}),
        "version": former["version"] if settled else UNKNOWN,
        "status": former["status"] if settled else UNKNOWN,
        "reasons": {},
    }
