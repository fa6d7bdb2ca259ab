"""What the security scan finds: a field of its own beside a version's status (facts §1.1)."""

from __future__ import annotations

from collections.abc import Sequence

from computenest.kernel.values import Model
from computenest.resources._packages.model import ArtifactVersion

_MAX_RISKS = 3  # of one message; `ListArtifactRisks` has them all


class Risk(Model):
    """One finding of the security scan."""

    name: str
    level: str = ""
    kind: str = ""
    solution: str = ""

    @property
    def line(self) -> str:
        """For people: what it is, how grave, and what helps."""
        about = ", ".join(part for part in (self.kind, self.level) if part)
        return self.name + (f" ({about})" if about else "") + (f": {self.solution}" if self.solution else "")


def is_at_risk(version: ArtifactVersion | None) -> bool:
    """Whether the scan found something in it, delivered or not."""
    return version is not None and version.audit == "AtRisk"


def told(version: ArtifactVersion, risks: Sequence[Risk]) -> str:
    """One sentence for people."""
    found = "; ".join(risk.line for risk in risks[:_MAX_RISKS]) or "it names no finding"
    more = f"; and {len(risks) - _MAX_RISKS} more" if len(risks) > _MAX_RISKS else ""
    return f"version {version.version} is at risk, says the security scan: {found}{more}"
