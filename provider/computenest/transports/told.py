"""What a run has said already: one fault that stops every resource is told once, at the first of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from computenest.domain.errors import ComputeNestError

__all__ = ["Told"]


@dataclass(slots=True)
class Told:
    """The errors of one run, by what they say."""

    _first: dict[str, str] = field(default_factory=dict)
    """A sentence, without what differs from call to call -> the resource that it was told at."""

    def sentence(self, error: ComputeNestError, *, name: str) -> str:
        """What is said of `error` at the resource `name`: itself, or where it is told."""
        path = getattr(error, "path", "")
        said = f"{path}: {error}" if path and not str(error).startswith(path) else str(error)
        return self.once(said, name=name, key=f"{error.summary}\n{error.hint}")

    def once(self, said: str, *, name: str, key: str = "") -> str:
        """`said` at the first resource, and where that is at every other."""
        first = self._first.setdefault(key or said, name)
        return said if first == name else f"not done, for the reason that is told at {first!r}"
