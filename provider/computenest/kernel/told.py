"""What a run has said already: one fault that stops every resource is told once, at the first of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from computenest.kernel.errors import ComputeNestError, Reason
from computenest.kernel.outcome import Failure

UNREAD = "cannot tell, the state is kept"


@dataclass(slots=True)
class Told:
    """The errors of one run, and the warnings that errors are the reason of, by their roots."""

    _first: dict[str, str] = field(default_factory=dict)
    """What is wrong -> the resource that it was told at."""
    _warned: dict[str, str] = field(default_factory=dict)
    """What was left out, and why -> the warning that said so."""

    def sentence(self, error: ComputeNestError, *, name: str) -> str:
        """What is said of `error` at the resource `name`: itself, or where it is told."""
        path = getattr(error, "path", "")
        said = f"{path}: {error}" if path and not str(error).startswith(path) else str(error)
        return self._once(said, name=name, root=error.root)

    def reason(self, failure: Failure, *, name: str) -> str:
        """What is said of a check's failure at the resource `name`: where an error is the reason, as of that."""
        reason = failure.reason
        return self._once(reason, name=name, root=reason.root) if isinstance(reason, Reason) else reason

    def is_news(self, warning: str) -> bool:
        """Whether a warning is to be said: not where another has said that the same was left out, for the same."""
        return not isinstance(warning, Reason) or self._warned.setdefault(warning.root, warning) is warning

    def _once(self, said: str, *, name: str, root: str) -> str:
        first = self._first.setdefault(root, name)
        return said if first == name else f"not done, for the reason that is told at {first!r}"
