"""What a preview says of a template's placeholders: a key or address that is valid once, and is needed again later."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.domain import template as templates
from computenest.domain.template.lint import lint

__all__ = ["one_shot_notes"]

_RULES = frozenset({"one-shot-key", "one-shot-address"})


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
        notes += [f"{one.file}:{one.line}: {one.message}" for one in lint({name: scan}) if one.rule in _RULES]
    return tuple(notes)
