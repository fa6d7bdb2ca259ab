"""Preview = action, by what people read: the lines of a check are what `kubectl get` shows after the operation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.charts import Charts
from kubernetes.deployments import Deployment, component
from kubernetes.differences import differences
from kubernetes.generated import Maker
from kubernetes.test_truth import everything, meddle
from kubernetes.tools import Kubectl, Program
from lifecycle.driver import Failed

LINE = re.compile(r"  (?P<sign>[-+~]) (?P<kind>\w+) (?P<namespace>[^/\s]+)/(?P<name>[^\s:]+)(?:: (?P<field>.+))?")


def read(notes: Iterable[str]) -> tuple[dict[str, Any], dict[str, set[str]]]:
    """Object -> "added", "removed" or its fields, as the lines say it; and the fields that a chart makes up."""
    found: dict[str, Any] = {}
    made_up: dict[str, set[str]] = {}
    for line in "\n".join(notes).splitlines():
        match = LINE.match(line)
        if match is None:
            continue
        name = f"{match['kind']} {match['name'].split(' ')[0]}"
        if match["sign"] == "~":
            field = str(match["field"])
            if field.endswith("made anew by the chart at every upgrade"):
                made_up.setdefault(name, set()).update(field.partition(": made anew")[0].split(", "))
            else:
                found.setdefault(name, set()).add(
                    field.rpartition(" => ")[0].partition(": ")[0] or field.partition(": ")[0]
                )
        else:
            found[name] = "added" if match["sign"] == "+" else "removed"
    return found, made_up


def live_a_life(
    seed: int, steps: int, shop: Deployment, kubectl: Kubectl, charts: Charts, helms: tuple[Program, ...], use: Any
) -> list[str]:
    """Pairs of charts, one after the other; what happened."""
    maker, happened = Maker(seed, charts), []
    for step in range(steps):
        use("COMPUTENEST_HELM", str(maker.chance.choice(helms).path))
        chart = maker.broken() if maker.chance.random() < 0.15 else maker.next()
        if step and maker.chance.random() < 0.3:
            happened.append(meddle(kubectl, maker))
        web = component("web", chart, release="shop")
        before, seen = everything(kubectl), shop.check(web)
        if seen.failures:
            with pytest.raises(Failed):
                shop.up(web)
            assert not differences(before, everything(kubectl)), "a refusal changes nothing"
            happened.append("refused")
            continue
        shop.up(web)
        promised, made_up = read(seen.notes)
        really = differences(before, everything(kubectl))
        for name, what in really.items():
            if isinstance(what, dict):
                # Our own labels are no part of the chart, and the same for every workload.
                really[name] = {path for path in what if "computenest.aliyun.com" not in path} - made_up.get(
                    name, set()
                )
        assert {name: what for name, what in really.items() if what} == {
            name: {path for path in what if not path.endswith("[]")} if isinstance(what, set) else what
            for name, what in promised.items()
            if what
        }, "\n".join(seen.notes)
        again = shop.check(web)
        assert (again.notes, again.failures) == ((), ()), again.notes
        assert shop.up(web) == "same"
        happened.append(seen.notes[0].splitlines()[0] if seen.notes else "nothing")
    return happened


@pytest.mark.parametrize(
    ("seed", "steps"), [(301, 2), *(pytest.param(seed, 8, marks=pytest.mark.long) for seed in range(310, 315))]
)
def test_what_is_read_is_what_happens(
    seed: int,
    steps: int,
    cluster: EmbeddedCluster,
    namespace: str,
    kubectl: Kubectl,
    charts: Charts,
    helm_3: Program,
    helm_4: Program,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Forty pairs, by helm 3 and 4 in turn, with others who change objects and upgrades that are refused in between."""
    shop = Deployment(cluster.kubeconfig, namespace)
    happened = live_a_life(seed, steps, shop, kubectl, charts, (helm_3, helm_4), monkeypatch.setenv)
    assert "web: install 1.1.0" in happened or "refused" in happened, happened
