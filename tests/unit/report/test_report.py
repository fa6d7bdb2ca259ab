"""A preview as Markdown: golden texts, and names that would like to break out of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computenest.kernel.errors import Invalid
from computenest.review.report import Change, markdown, read_preview
from computenest.review.report.cells import UNKNOWN_TEXT

GOLDEN = Path(__file__).with_name("golden")
HOME, AWAY, FAR = "cn-hangzhou", "cn-beijing", "ap-southeast-1"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::shop::pulumi-python:dynamic/computenest:{kind}::{name}"


def step(operation: str, kind: str, name: str, before: Any = None, after: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = {"op": operation, "urn": urn(kind, name)}
    if before is not None:
        found["oldState"] = {"inputs": before}
    if after is not None:
        found["newState"] = {"inputs": after}
    return found


def package(operation: str, name: str, before: Any = None, after: Any = None) -> dict[str, Any]:
    inputs = [None if given is None else {"distribution": given} for given in (before, after)]
    return step(operation, "EcsImagePackage", name, *inputs)


def association(operation: str, before: Any = None, after: Any = None, name: str = "images") -> dict[str, Any]:
    inputs = [None if given is None else {"substitutions": given} for given in (before, after)]
    return step(operation, "ServiceImageAssociation", name, *inputs)


def stack(operation: str = "same") -> dict[str, Any]:
    return {"op": operation, "urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"}


OLD, NEW, WHOLE, NEXT = (f"sha256:{digit * 64}" for digit in "abcd")
SITE = "registry.site-a.example:5000/shop"
DELIVERIES: dict[str, Any] = {
    "steps": [
        step(
            "update",
            "DeliveryPackage",
            "shop",
            {
                "contents": {"chart shop": OLD, "image docker.io/acme/web:1": OLD, "file README.md": OLD},
                "registries": {"registry.example.com/pkg/shop": WHOLE},
            },
            {
                "contents": {"chart shop": OLD, "image docker.io/acme/web:1": NEW, "image docker.io/acme/job:1": NEW},
                "registries": {"registry.example.com/pkg/shop": NEXT, "archive:out/shop.tar": NEXT},
                "missing": {"docker.io/library/pause:3": "chart shop, Deployment web"},
            },
        ),
        step(
            "same", "DeliveryPackage", "tools", {"contents": {"chart tools": OLD}}, {"contents": {"chart tools": OLD}}
        ),
        step(
            "update",
            "DeliveryInstallation",
            "site-a",
            {"loaded": {f"{SITE}/acme/web:1": OLD}, "rollout": {"shop": "1.0.0"}, "objects": {"shop": OLD}},
            {
                "loaded": {f"{SITE}/acme/web:1": NEW},
                "rollout": {"shop": "1.1.0"},
                "objects": {"shop": UNKNOWN_TEXT},
                "drifted": {"gateway": "Deployment gateway: replicas"},
            },
        ),
    ],
    "diagnostics": [
        {
            "severity": "warning",
            "message": "computenest:index:DeliveryPackage resource 'shop' has a problem: "
            "registry.example.com/pkg/shop:1.1.0: sends 2 of 41 blobs, 19083264 of 956301312 bytes (18.2 MiB; 39 are "
            "there)",
        },
        {"severity": "info", "message": f"{SITE}: brings 1 of 4 images, sends 2 blobs, 4194304 bytes (4.0 MiB)"},
        {"severity": "warning", "message": "shop: careful"},
    ],
}
COPY, NEWER = "copy of m-bp1old", "copy of m-bp1new"
PREVIEWS: dict[str, Any] = {
    "region_added": {
        "steps": [
            stack(),
            package("update", "web", {HOME: COPY, AWAY: COPY}, {HOME: COPY, AWAY: COPY, FAR: COPY}),
            package("same", "db", {HOME: "cmjj V1"}, {HOME: "cmjj V1"}),
            association(
                "update",
                {"ecs_image_web": {HOME: "m-bp1a", AWAY: "m-2zea"}, "ecs_image_db": {HOME: "m-bp1db"}},
                {
                    "ecs_image_web": {HOME: "m-bp1a", AWAY: "m-2zea", FAR: UNKNOWN_TEXT},
                    "ecs_image_db": {HOME: "m-bp1db"},
                },
            ),
        ]
    },
    "new_source_and_region_removed": {
        "steps": [
            package("update", "web", {HOME: COPY, AWAY: COPY}, {HOME: NEWER}),
            association(
                "update",
                {"ecs_image_web": {HOME: "m-bp1a", AWAY: "m-2zea"}},
                {"ecs_image_web": {HOME: UNKNOWN_TEXT}},
            ),
        ]
    },
    "created": {
        "steps": [
            stack("create"),
            package("create", "web", None, {HOME: COPY}),
            association("create", None, {"ecs_image_web": {HOME: UNKNOWN_TEXT}}),
            {"op": "create", "urn": "urn:pulumi:dev::shop::alicloud:ros/stack:Stack::site"},
        ]
    },
    "deleted": {"steps": [package("delete", "web", {HOME: COPY}), association("delete", {"m": {HOME: "m-bp1a"}})]},
    "replaced": {
        "steps": [
            package("create-replacement", "web", {HOME: COPY}, {HOME: COPY}),
            package("replace", "web", {HOME: COPY}, {HOME: COPY}),
            package("delete-replaced", "web", {HOME: COPY}),
            association("update", {"m": {HOME: "m-bp1a"}}, {"m": {HOME: UNKNOWN_TEXT}}),
        ]
    },
    "unchanged": {"steps": [stack(), package("same", "web", {HOME: COPY}, {HOME: COPY})]},
    "unknown_as_a_whole": {
        "steps": [
            package("update", "web", {HOME: COPY, AWAY: COPY}, UNKNOWN_TEXT),
            package("create", "db", None, UNKNOWN_TEXT),
            association(
                "update", {"m": {HOME: "m-bp1a"}, "n": {HOME: "m-bp1n"}}, {"m": UNKNOWN_TEXT, "n": {HOME: "m-bp1n"}}
            ),
        ]
    },
    "substitutions_unknown": {"steps": [association("update", {"m": {HOME: "m-bp1a"}}, UNKNOWN_TEXT)]},
    "failed": {
        "steps": [package("update", "web", {HOME: COPY}, {HOME: COPY, FAR: COPY})],
        "diagnostics": [
            {"severity": "warning", "message": "careful"},
            {"severity": "error", "message": "regions[1]: 'cn-bejing' is not a region\n  of this cloud | <b>\n"},
        ],
    },
    "two_associations": {
        "steps": [
            association("create", None, {"m": {HOME: "m-bp1a"}}, name="first"),
            association("create", None, {"m": {HOME: "m-bp1a"}}, name="second"),
        ]
    },
    "hostile_names": {
        "steps": [
            package("create", "a|b`<script>", None, {"cn|x<y>": "copy | of <b>`m`"}),
            association("create", None, {"mark|er<i>\n``x": {HOME: "m|<1>"}}, name="as|so<c>"),
            association("create", None, {"m": {HOME: "x"}}, name="other"),
            {"op": "create", "urn": "urn:pulumi:dev::shop::random:index:Id::na|me<x>"},
        ]
    },
    "deliveries": DELIVERIES,
    "empty": {},
}


@pytest.mark.parametrize("name", PREVIEWS)
def test_the_report_is_the_golden_one(name: str) -> None:
    # To accept a new text, delete the file and run again; then read what it says.
    text = markdown(read_preview(PREVIEWS[name]))
    file = GOLDEN / f"{name}.md"
    if not file.exists():
        file.write_text(text, "utf-8")
        pytest.fail(f"{file.name} is new")
    assert text == file.read_text("utf-8")


def test_the_cells_of_a_new_region() -> None:
    preview = read_preview(PREVIEWS["region_added"])
    changed = [
        cell for row in (*preview.packages, *preview.markers) for cell in row.cells if cell.change is not Change.SAME
    ]
    assert [(cell.region, cell.change, cell.is_unknown) for cell in changed] == [
        (FAR, Change.ADDED, False),
        (FAR, Change.ADDED, True),
    ]


def test_a_replacement_is_one_row() -> None:
    preview = read_preview(PREVIEWS["replaced"])
    assert [(row.resource, row.operation) for row in preview.packages] == [("web", "replace")]


def test_what_is_unknown_as_a_whole_is_not_removed() -> None:
    preview = read_preview(PREVIEWS["unknown_as_a_whole"])
    for row in (*preview.packages, *preview.markers):
        assert Change.REMOVED not in {cell.change for cell in row.cells}


@pytest.mark.parametrize("document", [None, [], "x", 1, {"steps": {}}, {"steps": "x"}])
def test_what_is_no_preview_is_refused(document: Any) -> None:
    with pytest.raises(Invalid, match="pulumi preview --json"):
        read_preview(document)


NAMES = st.text(min_size=1, max_size=12)
MAPS = st.dictionaries(NAMES, NAMES | st.just(UNKNOWN_TEXT), max_size=4)


@given(NAMES, MAPS, MAPS, NAMES)
def test_every_line_of_a_table_has_the_same_number_of_cells(
    name: str, before: dict[str, str], after: dict[str, str], marker: str
) -> None:
    steps = [package("update", name, before, after), association("update", {marker: before}, {marker: after})]
    lines = markdown(read_preview({"steps": steps})).split("\n")
    widths: set[int] = set()
    for line in [*lines, ""]:
        if line.startswith("|"):
            widths.add(line.replace("\\|", "").count("|"))
        elif widths:
            assert len(widths) == 1, lines
            widths = set()
