"""Whether a workload is ready, and the cause in its pods' own words."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.resources._components.health import health_of, selector_of


def workload(kind: str = "Deployment", generation: int = 1, **status: Any) -> dict[str, Any]:
    selector = {"matchLabels": {"b": "2", "a": "1"}}
    status = {"observedGeneration": generation, **status}
    return {
        "kind": kind,
        "metadata": {"generation": generation},
        "spec": {"replicas": 2, "selector": selector},
        "status": status,
    }


def pod(**status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web-1"}, "status": status}


@pytest.mark.parametrize(
    ("body", "pods", "is_ready", "words"),
    [
        (None, [], False, "it is not there"),
        (workload(readyReplicas=2, updatedReplicas=2), [], True, "2 of 2 ready"),
        (workload(readyReplicas=2, updatedReplicas=1), [], False, "2 of 2 ready, 1 not updated yet"),
        ({**workload(), "metadata": {"generation": 2}}, [], False, "its controller has not seen the last change yet"),
        (
            workload("DaemonSet", desiredNumberScheduled=1, numberReady=1, updatedNumberScheduled=1),
            [],
            True,
            "1 of 1 ready",
        ),
        ({"kind": "Job", "spec": {}, "status": {"succeeded": 1}}, [], True, "1 of 1 succeeded"),
        (
            {
                "kind": "Job",
                "spec": {},
                "status": {"conditions": [{"type": "Failed", "status": "True", "reason": "Limit"}]},
            },
            [pod(phase="Failed", containerStatuses=[{"name": "job", "state": {"terminated": {"exitCode": 3}}}])],
            False,
            "failed: Limit: pod web-1, container job ended with exit code 3",
        ),
        (
            {
                "kind": "Job",
                "spec": {},
                "status": {"conditions": [{"type": "Failed", "status": "True", "reason": "X"}]},
            },
            [],
            False,
            "failed: X",
        ),
        (
            workload(updatedReplicas=2),
            [
                pod(
                    containerStatuses=[
                        {
                            "name": "web",
                            "image": "r.example.com/web:1",
                            "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}},
                        }
                    ]
                )
            ],
            False,
            "0 of 2 ready: pod web-1, container web (r.example.com/web:1): ImagePullBackOff: no such image",
        ),
        (
            workload(updatedReplicas=2),
            [pod(containerStatuses=[{"name": "web", "state": {"terminated": {"exitCode": 3}}}])],
            False,
            "0 of 2 ready: pod web-1, container web ended with exit code 3",
        ),
        (
            workload(updatedReplicas=2),
            [pod(conditions=[{"type": "PodScheduled", "status": "False", "message": "no node fits"}])],
            False,
            "0 of 2 ready: pod web-1 has no node: no node fits",
        ),
        (
            workload(updatedReplicas=2),
            [pod(phase="Running")],
            False,
            "0 of 2 ready: pod web-1 runs and is not ready",
        ),
    ],
)
def test_each_state(body: dict[str, Any] | None, pods: list[dict[str, Any]], is_ready: bool, words: str) -> None:
    found = health_of(body, pods)
    assert (found.is_ready, found.words) == (is_ready, words)


def test_pods_are_found_by_the_labels_of_the_selector() -> None:
    assert selector_of(workload()) == "a=1,b=2"
    assert selector_of({"spec": {}}) == ""
