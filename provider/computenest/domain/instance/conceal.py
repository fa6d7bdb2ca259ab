"""Keeps the values of secret parameters out of every message and output.

The cloud quotes what it was given (a refused password, an output that repeats it), so texts that come back are searched
for the values themselves. Which parameters are secret is told by the program (`concealed`) or by their name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from computenest.domain.errors import ComputeNestError
from computenest.domain.redact import forms_of

__all__ = ["HIDDEN", "Veil"]

HIDDEN = "[secret]"
_SHORTEST = 4  # a shorter value stands in ordinary words, and hiding it would hide the message
_SPEAKING = re.compile(r"passw|secret|token|credential|private_?key|access_?key", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Veil:
    """Blots values out of texts. Guarantees: 1. no text that passes holds one of them, quoted or encoded; 2. longer
    ones go first."""

    values: tuple[str, ...]

    @classmethod
    def over(cls, parameters: Mapping[str, Any], concealed: Iterable[str] = ()) -> Veil:
        """The values of those parameters that `concealed` names, or whose own name speaks of a secret."""
        named = set(concealed)
        found = {
            text
            for name, value in parameters.items()
            if name in named or _SPEAKING.search(name)
            for text in _texts(value)
            if len(text) >= _SHORTEST
        }
        return cls(tuple(sorted(found, key=lambda text: (-len(text), text))))

    def _forms(self) -> list[str]:
        """The values in every form that they come back in, the longest first."""
        found = {form for value in self.values for form in forms_of(value) if len(form) >= _SHORTEST}
        return sorted(found, key=lambda form: (-len(form), form))

    def text(self, text: str) -> str:
        """The text without the values."""
        for form in self._forms():
            text = text.replace(form, HIDDEN)
        return text

    def tree(self, value: Any) -> Any:
        """Any JSON value without the values, at every depth, keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.tree(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.tree(item) for item in value]
        return HIDDEN if not isinstance(value, bool) and value is not None and str(value) in self.values else value

    def error(self, error: ComputeNestError) -> ComputeNestError:
        """The same failure, of the same kind, whose message holds none of the values."""
        summary, hint = self.text(error.summary), self.text(error.hint)
        if (summary, hint) == (error.summary, error.hint):
            return error
        return error.reworded(summary, hint=hint)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
