"""What starts containers again after a deployment: scaling groups and Kubernetes workloads.

A private image or chart is pulled with a key that is valid while the instance is created (facts §5). These are read
as text, like the placeholders: they stand in scripts, manifests and Terraform as often as in a resource's `Type`.
"""

from __future__ import annotations

import re

from computenest.templates.model import Note
from computenest.templates.nodes import MappingNode
from computenest.templates.source import Source

SCALING = "starts instances later"
WORKLOAD = "starts containers later"
_MAX_FOUND = 100
_PULLS = re.compile(
    rb"^(?P<before>[^#\n]{0,400}?)(?:"
    rb"\bType[\"']?[ \t]*:[ \t]*[\"']?ALIYUN::(?P<ros>ESS::(?:Eci)?ScalingConfiguration|CS::ClusterApplication"
    rb"|EDAS::K8sApplication)\b"
    rb"|\bresource[ \t]+\"(?P<tf>alicloud_ess_(?:eci_)?scaling_configuration"
    rb"|kubernetes_(?:deployment|stateful_set|daemonset|daemon_set|cron_job)(?:_v1)?)\""
    rb"|\bkind(?:\\?[\"'])?[ \t]*:[ \t]*(?:\\?[\"'])?(?P<kind>Deployment|StatefulSet|DaemonSet|ReplicaSet|CronJob)\b)",
    re.MULTILINE,
)
_BLOCK = re.compile(rb"^(resource|data|locals|variable|module|output|provider|terraform|moved|import)\b", re.MULTILINE)
_NEEDLES = (
    b"ScalingConfiguration",
    b"scaling_configuration",
    b"ClusterApplication",
    b"K8sApplication",
    b"kind",
    b'"kubernetes_',
)


def find_later_pulls(data: bytes) -> tuple[Note, ...]:
    """Each such resource or manifest: `path` says what it is, `message` is SCALING or WORKLOAD."""
    if not any(needle in data for needle in _NEEDLES):
        return ()
    found: list[Note] = []
    for match in _PULLS.finditer(data):
        name = (match["ros"] or match["tf"] or match["kind"]).decode()
        message = SCALING if "caling" in name else WORKLOAD
        path = f"ALIYUN::{name}" if match["ros"] else name
        found.append(Note(path=path, line=data.count(b"\n", 0, match.end()) + 1, message=message))
        if len(found) == _MAX_FOUND:
            break
    return tuple(found)


def lines_of_resources(root: MappingNode, source: Source) -> tuple[tuple[int, int], ...]:
    """The first and last line of each resource of a ROS template."""
    section = root.get("Resources")
    entries = list(section.entries.values()) if isinstance(section, MappingNode) else []
    # a block mapping's end mark is that of the next token, in the line of the next key
    return tuple(
        (first := source.line(entry.start), max(first, source.line(max(entry.value.end - 1, entry.start))))
        for entry in entries
    )


def lines_of_blocks(data: bytes) -> tuple[tuple[int, int], ...]:
    """The first and last line of each resource of a Terraform file, as its blocks begin at the margin."""
    starts = [(match.start(), match.group(1)) for match in _BLOCK.finditer(data)]
    ends = [start for start, _ in starts[1:]] + [len(data)]
    return tuple(
        (data.count(b"\n", 0, start) + 1, data.count(b"\n", 0, end))
        for (start, kind), end in zip(starts, ends, strict=True)
        if kind == b"resource"
    )
