"""Where components go: as Kubernetes reads label selectors, and as nobody expects to lose what is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from computenest.kernel.unknown import UNKNOWN
from computenest.resources._components.model import ClusterSelector
from computenest.resources._components.placement import Candidate, UnknownPlacement, matches, place
from computenest.resources._components.wishing import check_selector

RECORDED = Path(__file__).parent / "ocm_placements.jsonl"
GUEST = ClusterSelector(match_labels={"tier": "guest"})


def selector(**given: Any) -> ClusterSelector:
    return ClusterSelector.model_validate(given)


@pytest.mark.parametrize("line", RECORDED.read_text().splitlines(), ids=lambda line: line[13:73])
def test_it_agrees_with_open_cluster_management(line: str) -> None:
    """Answers of its own placement plugin (tools/placement), but for the empty selector: there it means all."""
    recorded = json.loads(line)
    asked = selector(**recorded["selector"])
    if recorded.get("refused"):
        assert list(check_selector(asked, "clusterSelector")), recorded["refused"]
        return
    assert list(check_selector(asked, "clusterSelector")) == []
    found = place({"web": asked}, [Candidate(name=name, labels=has) for name, has in recorded["clusters"].items()])
    assert list(found.clusters["web"]) == ([] if not recorded["selector"] else recorded["matched"])


def test_there_are_enough_recorded_answers_of_every_kind() -> None:
    recorded = [json.loads(line) for line in RECORDED.read_text().splitlines()]
    operators = {each["operator"] for one in recorded for each in one["selector"].get("matchExpressions", ())}
    assert len([one for one in recorded if not one.get("refused")]) >= 200
    assert operators == {"In", "NotIn", "Exists", "DoesNotExist"}
    assert any(one.get("refused") for one in recorded)
    assert {0, 8} < {len(one["matched"]) for one in recorded}, "some match none, some all, most a few"


def test_the_control_plane_is_on_the_main_cluster_and_the_data_plane_where_labels_say() -> None:
    clusters = [Candidate(name="", labels={"tier": "guest"}), Candidate(name="edge-1", labels={"tier": "guest"})]
    found = place({"console": None, "web": GUEST}, [*clusters, Candidate(name="edge-2", labels={})])
    assert found.clusters == {"console": ("",), "web": ("", "edge-1")}
    assert found.notes == ()


def test_nowhere_is_said_with_what_would_have_been_needed() -> None:
    found = place({"a": ClusterSelector(), "b": GUEST}, [Candidate(name="", labels={"tier": "core"})])
    assert found.clusters == {"a": (), "b": ()}
    assert found.notes == (
        "a is on no cluster: its selector is empty, and that means none, not all",
        "b is on no cluster: none has the labels tier=guest (the main cluster has tier=core)",
    )


@pytest.mark.parametrize(
    ("labels", "holds", "is_placed", "said"),
    [
        ({"tier": "guest"}, {"web"}, True, ""),
        ({"tier": "guest"}, set(), False, "does not go to edge-1 yet: it does not answer"),
        ({}, {"web"}, True, "stays on edge-1, which its labels do not mean: it does not answer"),
        ({}, set(), False, "is on no cluster"),
    ],
)
def test_a_cluster_out_of_reach_keeps_what_it_has(
    labels: dict[str, str], holds: set[str], is_placed: bool, said: str
) -> None:
    one = Candidate(name="edge-1", labels=labels, holds=frozenset(holds), kept_because="it does not answer")
    found = place({"web": GUEST}, [one])
    assert found.clusters["web"] == (("edge-1",) if is_placed else ())
    assert said in " ".join(found.notes)


@pytest.mark.parametrize(
    ("asked", "labels", "expected"),
    [
        (GUEST, {"tier": UNKNOWN}, None),
        (selector(matchLabels={"tier": UNKNOWN}), {"tier": "guest"}, None),
        (selector(matchLabels={"tier": UNKNOWN}), {}, False),
        (selector(matchLabels={"tier": "guest", "ring": "1"}), {"tier": UNKNOWN, "ring": "2"}, False),
        (selector(matchExpressions=[{"key": "tier", "operator": "Exists"}]), {"tier": UNKNOWN}, True),
        (selector(matchExpressions=[{"key": "t", "operator": "In", "values": ["a", UNKNOWN]}]), {"t": "a"}, True),
        (selector(matchExpressions=[{"key": "t", "operator": "NotIn", "values": ["a", UNKNOWN]}]), {"t": "b"}, None),
    ],
)
def test_what_is_not_known_decides_only_where_it_has_to(
    asked: ClusterSelector, labels: dict[str, Any], expected: bool | None
) -> None:
    if expected is None:
        with pytest.raises(UnknownPlacement):
            matches(asked, labels)
    else:
        assert matches(asked, labels) is expected


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        ({"matchLabels": {"a b": "c"}}, "matchLabels['a b']", "no key of a label"),
        ({"matchLabels": {"a": "b c"}}, "matchLabels['a']", "no value of a label"),
        ({"matchExpressions": [{"key": "a", "operator": "In"}]}, "matchExpressions[0].values", "at least one value"),
        (
            {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]},
            "matchExpressions[0].values",
            "takes no values",
        ),
    ],
)
def test_what_is_no_selector_is_refused_at_its_path(given: dict[str, Any], path: str, said: str) -> None:
    (failure,) = check_selector(selector(**given), "clusterSelector")
    assert failure.path == f"clusterSelector.{path}"
    assert said in failure.reason
