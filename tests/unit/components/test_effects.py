"""What an action does to which object: the lines that a preview shows."""

from __future__ import annotations

from typing import Any

from computenest.resources._components.compare import FieldChange, field_changes
from computenest.resources._components.effects import Effects, effects, left_by
from computenest.resources._components.objects import Hook, KubeObject, read_manifest
from computenest.resources._components.observation import (
    Accepted,
    Conflict,
    Conflicted,
    Observation,
    Rejected,
    Rendering,
    Unasked,
)
from computenest.resources._components.release import Revision, Status
from unit.components.worlds import revision, thing

MAP = thing("ConfigMap", "settings", {"data": {"a": "1"}})
KEY = thing("Secret", "key", {"data": {"key": "b2xk"}})


def told(rendering: Rendering, *, history: tuple[Revision, ...] = (), **more: Any) -> list[str]:
    return list(found(rendering, history=history, **more).lines())


def found(
    rendering: Rendering,
    *,
    history: tuple[Revision, ...] = (),
    live: dict[Any, Any] | None = None,
    trials: dict[Any, Any] | None = None,
    events: tuple[str, ...] = ("pre-upgrade", "post-upgrade"),
    forces: bool = False,
) -> Effects:
    there = live if live is not None else {}
    asked = trials if trials is not None else {one.key: Accepted(one.body) for one in rendering.objects}
    return effects(Observation(history, rendering, there, asked), events=events, forces=forces)


def test_what_is_not_there_is_added_and_what_the_chart_dropped_is_removed() -> None:
    old = thing("Service", "legacy")
    history = (revision(1, objects=(old, MAP)),)
    assert told(Rendering((MAP,)), history=history, live={old.key: old.body, MAP.key: None}) == [
        "+ ConfigMap shop/settings",
        "- Service shop/legacy",
    ]


def test_a_change_is_told_field_by_field_with_both_values() -> None:
    after = {**MAP.body, "data": {"a": "2", "b": "3"}}
    assert told(Rendering((MAP,)), live={MAP.key: MAP.body}, trials={MAP.key: Accepted(after)}) == [
        "~ ConfigMap shop/settings: data.a: '1' => '2'",
        "~ ConfigMap shop/settings: data.b: absent => '3'",
    ]


def test_values_of_a_secret_are_in_no_line_and_in_no_effect() -> None:
    after = {**KEY.body, "data": {"key": "bmV3"}}
    result = found(Rendering((KEY,)), live={KEY.key: KEY.body}, trials={KEY.key: Accepted(after)})
    assert list(result.lines()) == ["~ Secret shop/key: data.key: changes"]
    assert "bmV3" not in repr(result)
    assert "b2xk" not in repr(result)


def test_what_the_chart_makes_up_is_no_change() -> None:
    duplicate = thing("Secret", "key", {"data": {"key": "dHdpbg=="}})
    result = found(Rendering((KEY,), (duplicate,)), live={KEY.key: {**KEY.body, "data": {"key": "bGl2ZQ=="}}})
    assert list(result.lines()) == ["~ Secret shop/key: data.key: made anew by the chart at every upgrade"]
    assert result.is_empty


def test_a_foreign_field_is_a_problem_unless_it_is_taken() -> None:
    web = thing("Deployment", "web", {"spec": {"replicas": 2}}, group="apps")
    live = {web.key: {**web.body, "spec": {"replicas": 5}}}
    trial = {web.key: Conflicted((Conflict("spec.replicas", "kubectl with subresource scale"),), web.body)}
    assert told(Rendering((web,)), live=live, trials=trial) == [
        "x Deployment shop/web: spec.replicas belongs to kubectl with subresource scale: leave it out of the chart's"
        " values, or take it by force"
    ]
    assert told(Rendering((web,)), live=live, trials=trial, forces=True) == [
        "~ Deployment shop/web: spec.replicas: 5 => 2"
    ]


def test_a_refusal_of_the_cluster_is_a_problem() -> None:
    trial = {MAP.key: Rejected("spec.selector: field is immutable")}
    assert told(Rendering((MAP,)), live={MAP.key: MAP.body}, trials=trial) == [
        "x ConfigMap shop/settings: the cluster refuses it: spec.selector: field is immutable"
    ]


def test_where_the_cluster_was_not_asked_only_what_the_chart_says_is_compared() -> None:
    live = {MAP.key: {**MAP.body, "data": {"a": "0", "added-by-others": "x"}}}
    assert told(Rendering((MAP,)), live=live, trials={MAP.key: Unasked("no right")}) == [
        "~ ConfigMap shop/settings: data.a: '0' => '1'"
    ]


def test_what_a_failed_upgrade_added_and_helm_forgot_is_removed() -> None:
    extra = thing("PersistentVolumeClaim", "extra")
    history = (revision(1, objects=(MAP,)), revision(2, Status.FAILED, objects=(MAP, extra)))
    assert dict(left_by(history)) == {MAP.key: False, extra.key: True}
    live = {MAP.key: MAP.body, extra.key: extra.body}
    assert told(Rendering((MAP,)), history=history, live=live) == [
        "- PersistentVolumeClaim shop/extra (left by a failed upgrade)"
    ]


def test_a_first_install_that_failed_is_what_helm_compares_with() -> None:
    history = (revision(1, Status.FAILED, objects=(MAP,)),)
    assert dict(left_by(history)) == {MAP.key: False}


def test_what_says_that_it_is_kept_stays() -> None:
    body = {"metadata": {"name": "data", "annotations": {"helm.sh/resource-policy": "keep"}}}
    kept = thing("PersistentVolumeClaim", "data", body)
    history = (revision(1, objects=(kept,)),)
    assert told(Rendering(()), history=history, live={kept.key: kept.body}) == [
        "! PersistentVolumeClaim shop/data: stays (resource-policy keep)"
    ]


def test_hooks_run_in_their_order_and_crds_are_left() -> None:
    definition = KubeObject(
        thing("CustomResourceDefinition", "gateways.acme.io").key, "v1", {"spec": {"versions": ["v1", "v2"]}}
    )
    hooks = (
        Hook("Job", "after", ("post-upgrade",)),
        Hook("Job", "second", ("pre-upgrade",), 5),
        Hook("Job", "first", ("pre-install", "pre-upgrade")),
        Hook("Job", "never", ("pre-delete",)),
    )
    rendering = Rendering((), (), hooks, (definition,), ("rendered without the cluster",))
    live = {definition.key: {"spec": {"versions": ["v1"], "conversion": {"strategy": "None"}}}}
    assert told(rendering, live=live) == [
        "! Job first: runs (pre-upgrade hook)",
        "! Job second: runs (pre-upgrade hook)",
        "! Job after: runs (post-upgrade hook)",
        "! CRD gateways.acme.io: differs in the chart; helm installs CRDs once and never upgrades them (`crds: apply`"
        " does)",
        "(rendered without the cluster)",
    ]
    live = {definition.key: {"spec": {"versions": ["v1", "v2"], "conversion": {"strategy": "None"}}}}
    assert "CRD" not in " ".join(told(rendering, live=live))


def test_items_are_compared_by_their_names() -> None:
    before = {"spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    after = {"spec": {"containers": [{"name": "proxy", "image": "proxy:1"}, {"name": "web", "image": "web:2"}]}}
    assert field_changes(before, after) == (
        FieldChange("spec.containers[proxy].image", field_changes({}, {"a": 1})[0].before, "proxy:1"),
        FieldChange("spec.containers[proxy].name", field_changes({}, {"a": 1})[0].before, "proxy"),
        FieldChange("spec.containers[web].image", "web:1", "web:2"),
    )
    assert [
        one.path for one in field_changes({"a": [{"name": "x"}, {"name": "y"}]}, {"a": [{"name": "y"}, {"name": "x"}]})
    ] == ["a[]"]


def test_what_the_server_keeps_is_no_field() -> None:
    before = {"metadata": {"name": "a", "resourceVersion": "1", "managedFields": []}, "status": {"x": 1}}
    after = {"metadata": {"name": "a", "resourceVersion": "2", "labels": {"a.b/c": "d"}}, "status": {"x": 2}}
    assert [change.path for change in field_changes(before, after)] == ["metadata.labels.'a.b/c'"]


MANIFEST = """# Source: web/templates/a.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {on: yes, 2: x}
---
---
# Source: web/templates/b.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: b, namespace: other}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: c}
"""


def test_a_manifest_is_read_as_helm_reads_it() -> None:
    objects = read_manifest(MANIFEST, namespace="shop", cluster_kinds=["rbac.authorization.k8s.io/ClusterRole"])
    assert [str(one.key) for one in objects] == ["ConfigMap shop/a", "Deployment other/b", "ClusterRole c"]
    assert objects[0].body["data"] == {"true": True, "2": "x"}
    assert [one.template for one in objects] == ["web/templates/a.yaml", "web/templates/b.yaml", ""]
