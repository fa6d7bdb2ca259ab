"""What the cloud in memory keeps: its switches, its artifacts, and their versions."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from computenest.kernel.names import ArtifactId, ImageId, RegionId
from computenest.resources._packages.model import DraftSpec


@dataclass(frozen=True)
class Rules:
    """What the real cloud may do either way, and how long things take there, in seconds."""

    names_unique: bool = True
    reissues: bool = False
    replays_deleted: bool = True
    token_ttl_s: float = 86_400.0
    list_lag_s: float = 0.0
    loss_shows_in_delivery: bool = False
    fills_in_by_region: bool = True
    latency_s: float = 0.0
    build_s: float = 90.0
    scan_s: float = 30.0
    copy_s: float = 120.0


@dataclass
class Build:
    """One version under way or done."""

    draft: DraftSpec
    version: str = "draft"
    status: str = "Created"
    detail: str = ""
    images: dict[RegionId, ImageId] = field(default_factory=dict)
    failures: dict[RegionId, str] = field(default_factory=dict)
    source_key: str = ""
    modified_s: float = 0.0
    due_s: float | None = None

    @property
    def key(self) -> str:
        return json.dumps(
            [self.draft.source.artifact_property(), self.draft.source.build_property()], sort_keys=True, default=str
        )


@dataclass
class Record:
    """One artifact; deleted ones stay, for replays."""

    artifact_id: ArtifactId
    name: str
    tags: dict[str, str]
    resource_group_id: str
    created_s: float
    versions: list[Build] = field(default_factory=list)
    last_number: int = 0
    is_deleted: bool = False

    @property
    def draft(self) -> Build | None:
        return next((v for v in self.versions if v.version == "draft"), None)

    @property
    def max_version(self) -> int:
        return max((int(v.version) for v in self.versions if v.version != "draft"), default=0)

    def newest_first(self) -> list[Build]:
        return sorted(self.versions, key=lambda v: -(10**9 if v.version == "draft" else int(v.version)))
