"""Validation of the inputs of container image, chart and file packages: pure, all failures at once.

It comes in two parts, because what a source holds can only be read outside: `check` judges what was written down, then
`finish` puts in what the source was found to hold. An unknown value is skipped, never guessed.
"""

from __future__ import annotations

from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._packages.any_check import check_texts, identified, name_of, sorted_tags
from computenest.resources._packages.content_model import AUTOMATIC, PUBLIC, Described, Kind
from computenest.resources._packages.content_package import ContentArguments, ContentPackage
from computenest.resources._packages.model import AnyPackage


def check(
    olds: ContentPackage[Known] | None, news: ContentArguments, *, recorded: AnyPackage[Known] | None
) -> Checked[ContentPackage[Unknown]]:
    """Checked inputs but for `content` and what follows from it; `source` is still whole (see `finish`)."""
    failures: list[Failure] = []
    wanted = news.wanted(olds, name_of(olds, news), failures)
    wanted = wanted.made(wanted, tags=sorted_tags(news), superseded=None)
    check_texts(wanted, failures)
    return Checked(identified(wanted, olds, recorded), tuple(failures))


def readable_source(checked: Checked[ContentPackage[Unknown]]) -> dict[str, str] | None:
    """The source that can be read now; None where it is unknown in part, or wrong."""
    if any(failure.path.startswith(("source", "platforms")) for failure in checked.failures):
        return None
    return checked.inputs.readable


def finish(checked: Checked[ContentPackage[Unknown]], described: Described | None) -> Checked[ContentPackage[Unknown]]:
    """Checked inputs with what the source holds, UNKNOWN where it could not be read yet."""
    failures: list[Failure] = []
    content = UNKNOWN if described is None else described.digest
    found = checked.inputs.made(checked.inputs, content=content).finished(described, failures)
    return Checked(found, checked.failures, checked.warnings).plus(failures)


def permission_notes(olds: ContentPackage[Known] | None, inputs: ContentPackage[Unknown]) -> tuple[str, ...]:
    """What a preview has to say about who may use the package: a step that cannot be taken back."""
    before, after = olds.permission if olds is not None else AUTOMATIC, inputs.permission
    if inputs.kind is Kind.FILE or after is UNKNOWN or before == after:
        return ()
    if after == PUBLIC:
        return (
            "permission Automatic -> Public cannot be undone: from then on everybody may use the package, and only a "
            "replacement is Automatic again",
        )
    return ("permission Public -> Automatic is not possible in place: the package is replaced",)
