"""Which pods may go to virtual nodes, where they are billed as container groups, as ACK documents it (facts §11.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.resources._components.objects import KubeObject, as_map

_LABEL = "alibabacloud.com/eci"
_RESOURCE = "alibabacloud.com/burst-resource"
_TAINT, _TAINTED = "virtual-kubelet.io/provider", "alibabacloud"


def bursts(one: KubeObject) -> str:
    """How the pods of a workload may come to run on virtual nodes, "" for none that may."""
    template = _template(one)
    metadata, spec = as_map(template.get("metadata")), as_map(template.get("spec"))
    wanted = as_map(metadata.get("annotations")).get(_RESOURCE)
    if wanted == "eci_only":
        return f"its pods go to virtual nodes only (annotation {_RESOURCE}: eci_only)"
    if str(as_map(metadata.get("labels")).get(_LABEL)).lower() == "true":
        return f"its pods go to virtual nodes (label {_LABEL})"
    if as_map(spec.get("nodeSelector")).get("type") == "virtual-kubelet":
        return "its pods go to virtual nodes only (nodeSelector type: virtual-kubelet)"
    if wanted == "eci":
        return f"its pods go to virtual nodes where others are full (annotation {_RESOURCE}: eci)"
    if any(_tolerates(as_map(each)) for each in spec.get("tolerations") or ()):
        return f"its pods may go to virtual nodes (they tolerate {_TAINT})"
    return ""


def _template(one: KubeObject) -> Mapping[str, Any]:
    spec = as_map(one.body.get("spec"))
    if one.key.kind == "CronJob":
        spec = as_map(as_map(spec.get("jobTemplate")).get("spec"))
    return one.body if one.key.kind == "Pod" else as_map(spec.get("template"))


def _tolerates(toleration: Mapping[str, Any]) -> bool:
    """As the scheduler has it: no key with Exists is every taint, no effect is every effect."""
    if toleration.get("effect") not in (None, "", "NoSchedule"):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", _TAINT)
    return toleration.get("key") == _TAINT and toleration.get("value") == _TAINTED
