"""How releases are brought, as a type of resource wants it, and the words that programs have for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

_HISTORY, _HISTORY_WITH_SECRETS = 10, 3  # each revision has every value in clear, in a Secret of helm's
Conflicts = Literal["fail", "force"]
Downgrade = Literal["upgrade", "rollback"]
DriftPolicy = Literal["warn", "repair", "ignore"]
OnFailure = Literal["rollback", "stop", "leave"]
Crds = Literal["leave", "apply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How releases are brought, and what is done where the cluster has something else.

    Args:
        adopts: whether a release that nobody of ours made is taken over.
        conflicts: what is done with fields that belong to others.
        downgrade: how a release comes back to an earlier version.
        definitions: whether the CRDs of charts are brought before them.
        is_confined: whether it has to do with its namespace alone, which is there.
        drift: what is done where objects are not as the release left them.
        on_failure: `rollback` takes a failed release back; `stop` and `leave` leave it failed, and what is not begun
            yet is not begun, or is all the same.
        history: how many revisions helm keeps.
        waits: whether a release is awaited until everything of it is ready.
        timeout_s: for one release, hooks included.
        is_shared: whether it is one a cluster that many may ask for.
        labels: for every workload.
        concealed: paths of values that are never shown, `web.auth.password`, of one cluster `main/web.auth.password`.
    """

    adopts: bool = False
    conflicts: Conflicts = "fail"
    downgrade: Downgrade = "upgrade"
    definitions: Crds = "leave"
    is_confined: bool = False
    drift: DriftPolicy = "warn"
    on_failure: OnFailure = "rollback"
    history: int = 10
    waits: bool = True
    timeout_s: float = 300.0
    is_shared: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    concealed: tuple[str, ...] = ()


def default_history(concealed: Sequence[str]) -> int:
    """How many revisions helm keeps where nobody says: fewer where values are secret."""
    return _HISTORY_WITH_SECRETS if concealed else _HISTORY
