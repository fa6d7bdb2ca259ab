"""Lint's rules by name, and a finding of one of them."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.templates.model import Frozen

RULES: Mapping[str, tuple[str, str]] = {
    # rule: (level, what it means)
    "unreadable": ("error", "The file is no template that can be read."),
    "missing-template": ("error", "A configuration names a template that is not there."),
    "dead-reference": ("error", "A name or key that leads nowhere: no deployment can succeed."),
    "unknown-transform": ("warning", "What a template's Transform makes of it is not known: it may be read wrongly."),
    "wrong-region": ("error", "An image id that stands at one region and, by its prefix, is of another."),
    "missing-image": ("warning", "A map lacks an image that a deployment may choose."),
    "uncovered-image": ("warning", "A literal image id that no package covers: it exists in one region only."),
    "unrelated-marker": (
        "note",
        "A literal that is no image of the cloud; nothing here says which package it stands for.",
    ),
    "half-covered-image": (
        "warning",
        "A literal beside a package's marker that no package covers: parameters decide which of the two is deployed.",
    ),
    "missing-marker": ("error", "A package's marker stands at no image position."),
    "lookalike-marker": ("warning", "A marker stands at a property that carries no ECS image id."),
    "replaceable-mapping": ("note", "A hand-written map region to image, which a package would keep current."),
    "not-followed": ("note", "What is kept elsewhere and not read: an image in it is not found."),
    "withdrawn-image": ("note", "A public image that the cloud offers no more; only where a cloud is configured."),
    "ambiguous-marker": ("warning", "A marker is also a parameter's value: a textual replacement would break it."),
    "one-shot-key": ("warning", "A private image or chart is pulled again later, when its one-shot key has expired."),
    "one-shot-address": ("note", "A scaling group downloads from a signed address later, when it may have expired."),
    "misspelt-placeholder": ("error", "A placeholder that the cloud does not know."),
    "uncovered-placeholder": ("error", "A placeholder that the configuration beside it relates to no package."),
}


class Finding(Frozen):
    """One thing to look at."""

    file: str
    line: int
    rule: str
    level: str
    path: str
    message: str


def finding_of(rule: str, file: str, line: int, path: str, message: str) -> Finding:
    """A finding with its rule's level."""
    return Finding(file=file, line=line, rule=rule, level=RULES[rule][0], path=path, message=message)
