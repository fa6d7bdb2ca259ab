"""What is said and done about the definitions of kinds in a chart's `crds/`."""

from __future__ import annotations

import pytest

from computenest.resources._components.effects import effects
from computenest.resources._components.objects import Body, KubeObject, ObjectKey
from computenest.resources._components.observation import Accepted, Observation, Rejected, Rendering, Trial, Unasked
from unit.components.worlds import thing

GATEWAYS = KubeObject(
    ObjectKey("apiextensions.k8s.io", "CustomResourceDefinition", "", "gateways.acme.io"),
    "apiextensions.k8s.io/v1",
    {"spec": {"group": "acme.io", "names": {"kind": "Gateway"}, "versions": [{"name": "v2"}]}},
)
OLDER = {"spec": {"group": "acme.io", "names": {"kind": "Gateway"}, "versions": [{"name": "v1"}]}}


@pytest.mark.parametrize(
    ("live", "trial", "events", "kinds", "lines"),
    [
        (None, Accepted(GATEWAYS.body), ("pre-upgrade",), set(), ["+ CRD gateways.acme.io"]),
        (
            OLDER,
            Accepted(GATEWAYS.body),
            ("pre-upgrade",),
            set(),
            [
                "~ CRD gateways.acme.io: spec.versions[v1].name: 'v1' => absent",
                "~ CRD gateways.acme.io: spec.versions[v2].name: absent => 'v2'",
            ],
        ),
        (
            OLDER,
            Rejected("spec.versions: too many"),
            ("pre-upgrade",),
            {("acme.io", "Gateway")},
            ["x CRD gateways.acme.io: the cluster refuses it: spec.versions: too many"],
        ),
        (
            OLDER,
            Unasked("denied"),
            ("pre-upgrade",),
            {("acme.io", "Gateway")},
            [
                "x CRD gateways.acme.io: these credentials may not change it: leave `crds: apply` out, and have"
                " somebody bring it who may"
            ],
        ),
    ],
)
def test_definitions_that_are_applied_are_told_field_by_field(
    live: Body | None, trial: Trial, events: tuple[str, ...], kinds: set[tuple[str, str]], lines: list[str]
) -> None:
    gateway = thing("Gateway", "one", group="acme.io")
    seen = Observation(
        (),
        Rendering((gateway,), None, (), (GATEWAYS,)),
        {GATEWAYS.key: live},
        {GATEWAYS.key: trial},
        (),
        frozenset(kinds),
    )
    found = effects(seen, events=events, definitions="apply").lines()
    about = [line for line in found if "CRD" in line]
    assert about == lines
    assert "x Gateway" not in " ".join(found), "its kind comes before it"


@pytest.mark.parametrize(
    ("events", "definitions", "says"),
    [
        (("pre-install",), (GATEWAYS,), None),
        (("pre-upgrade",), (GATEWAYS,), "helm installs CRDs with a first install only: set `crds: apply`"),
        (("pre-install",), (), None),
    ],
)
def test_an_object_whose_kind_the_chart_defines_in_vain_is_refused(
    events: tuple[str, ...], definitions: tuple[KubeObject, ...], says: str | None
) -> None:
    """Helm builds every object before its first step, so it would fail. A kind of another chart may be brought by a
    component before it."""
    gateway = thing("Gateway", "one", group="acme.io")
    seen = Observation((), Rendering((gateway,), None, (), definitions), {}, {}, (), frozenset())
    problems = effects(seen, events=events).problems
    assert (len(problems) == 0) if says is None else (says in problems[0]), problems
