"""What a preview says of a template's placeholders: a key or address that is valid once, and is needed again later."""

from __future__ import annotations

from collections.abc import Mapping

from computenest import templates
from computenest.templates.one_shot import one_shot


def one_shot_notes(texts: Mapping[str, str]) -> tuple[str, ...]:
    """A warning, with its line, for each placeholder whose key will have expired when something pulls again.

    Args:
        texts: what messages call a template -> its text; one that cannot be read is somebody else's affair.
    """
    notes: list[str] = []
    for name, text in sorted(texts.items()):
        if "computenest::" not in text:
            continue
        try:
            scan = templates.scan(text.encode(), name=name)
        except templates.TemplateRefused:
            continue
        notes += [f"{one.file}:{one.line}: {one.message}" for one in one_shot(name, scan, {name: scan})]
    return tuple(notes)
