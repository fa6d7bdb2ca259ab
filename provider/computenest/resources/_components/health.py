"""Whether what a release brought is ready, and why not: workloads as they are, and their pods' own words.

The rules are those that `kubectl rollout status` and helm's `--wait` go by (kstatus): what was observed is the newest
generation, and as many are ready as are wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from computenest.resources._components.objects import Body, as_map

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job"})
_WAITS_FOR_NOTHING = frozenset({"ContainerCreating", "PodInitializing"})


@dataclass(frozen=True, slots=True)
class Health:
    """How a workload is.

    Args:
        is_ready: whether all that is wanted is there.
        words: `2 of 2 ready`, with the cause where it is not.
    """

    is_ready: bool
    words: str


def selector_of(body: Body) -> str:
    """The labels that its pods are found by, as a list asks for them; "" where nobody can tell."""
    labels = as_map(as_map(as_map(body.get("spec")).get("selector")).get("matchLabels"))
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def health_of(body: Body | None, pods: Iterable[Body] = ()) -> Health:
    """Of a Deployment, StatefulSet, DaemonSet or Job; None is one that is not there."""
    if body is None:
        return Health(is_ready=False, words="it is not there")
    spec, status = as_map(body.get("spec")), as_map(body.get("status"))
    if body.get("kind") == "Job":
        return _of_job(spec, status, pods)
    if _number(status, "observedGeneration") < _number(as_map(body.get("metadata")), "generation"):
        return Health(is_ready=False, words="its controller has not seen the last change yet")
    if body.get("kind") == "DaemonSet":
        wanted, ready = _number(status, "desiredNumberScheduled"), _number(status, "numberReady")
        updated = _number(status, "updatedNumberScheduled")
    else:
        wanted, ready = int(spec["replicas"]) if "replicas" in spec else 1, _number(status, "readyReplicas")
        updated = _number(status, "updatedReplicas")
    words = f"{ready} of {wanted} ready"
    if ready >= wanted and updated >= wanted:
        return Health(is_ready=True, words=words)
    old = f", {wanted - updated} not updated yet" if updated < wanted else ""
    cause = next((why for pod in pods if (why := _cause(pod))), "")
    return Health(is_ready=False, words=f"{words}{old}" + (f": {cause}" if cause else ""))


def _of_job(spec: Mapping[str, Any], status: Mapping[str, Any], pods: Iterable[Body]) -> Health:
    why = next((cause for pod in pods if (cause := _cause(pod))), "")
    cause = f": {why}" if why else ""
    if failed := condition_of(status, "Failed"):
        return Health(is_ready=False, words=f"failed: {failed.get('reason') or 'no reason given'}{cause}")
    done, wanted = _number(status, "succeeded"), int(spec.get("completions") or 1)
    is_ready = done >= wanted
    return Health(is_ready=is_ready, words=f"{done} of {wanted} succeeded" + ("" if is_ready else cause))


def _cause(pod: Body) -> str:
    """Why a pod is not ready, in its own words; "" where it says nothing."""
    name, status = as_map(pod.get("metadata")).get("name"), as_map(pod.get("status"))
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        state = as_map(container.get("state"))
        waiting, ended = as_map(state.get("waiting")), as_map(state.get("terminated"))
        if waiting.get("reason") and waiting["reason"] not in _WAITS_FOR_NOTHING:
            said = f": {waiting['message']}" if waiting.get("message") else ""
            return (
                f"pod {name}, container {container.get('name')} ({container.get('image')}): {waiting['reason']}{said}"
            )
        if ended and ended.get("exitCode"):
            return f"pod {name}, container {container.get('name')} ended with exit code {ended['exitCode']}"
    if one := condition_of(status, "PodScheduled", "False"):
        return f"pod {name} has no node: {one.get('message') or one.get('reason') or 'no reason given'}"
    is_waiting = status.get("phase") == "Running" and not condition_of(status, "Ready")
    return f"pod {name} runs and is not ready" if is_waiting else ""


def condition_of(status: Mapping[str, Any], kind: str, value: str = "True") -> Mapping[str, Any] | None:
    """The condition of that type and status, None where an object has none."""
    listed = status.get("conditions") or ()
    return next((one for one in listed if (one.get("type"), one.get("status")) == (kind, value)), None)


def _number(holder: Mapping[str, Any], key: str) -> int:
    return int(holder.get(key) or 0)
