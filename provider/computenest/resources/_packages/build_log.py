"""Why a managed build failed, by what it printed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from computenest.kernel.logs import LogLine, shortened
from computenest.kernel.redact import Redactor
from computenest.resources._packages.classify import Phase, classify
from computenest.resources._packages.model import ArtifactVersion

_LETTERS_AND_DIGITS = re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[^/\s]{8,}")


def is_failed(draft: ArtifactVersion | None) -> bool:
    """Whether a build ended badly, so that its log says why."""
    return draft is not None and bool(draft.build_property) and classify(draft.status) is Phase.FAILED


def causes(draft: ArtifactVersion, lines: Sequence[LogLine]) -> str:
    """Its last lines that speak of a failure, without what may be a password in the command: shells print what they
    run, and nothing tells here whether the program made the command a secret."""
    words = re.split(r"[\s'\"=]+", str(draft.build_property.get("CommandContent") or ""))
    hidden = sorted(
        {word for word in words if _LETTERS_AND_DIGITS.fullmatch(word)}, key=lambda word: (-len(word), word)
    )
    return Redactor(tuple(hidden)).text(shortened(lines, said=draft.status_detail))
