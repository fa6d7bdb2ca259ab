"""The map of regions: every region has a place, labels do not cover each other, and nothing of a name can run."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from computenest.kernel.regions import KNOWN_REGIONS
from computenest.review.report import html_page, read_preview
from computenest.review.report.cells import Cell, Change
from computenest.review.report.places import HEIGHT, PLACES, WIDTH, dots
from computenest.review.report.preview import Row
from unit.report.test_report import COPY, package


def row(**changes: Change) -> Row:
    cells = [Cell(region=name.replace("_", "-"), change=change) for name, change in changes.items()]
    return Row(resource="web", operation="update", cells=tuple(cells))


def test_every_region_has_a_place_on_the_map() -> None:
    assert set(PLACES) == KNOWN_REGIONS
    for dot in dots([row(**dict.fromkeys(PLACES, Change.SAME))]):
        assert 0 < dot.x < WIDTH
        assert 0 < dot.y < HEIGHT
        assert 0 < dot.label_y < HEIGHT
        assert dot.label_x + 105 < WIDTH, "its label ends on the map"


@pytest.mark.parametrize("regions", [sorted(PLACES), [name for name in sorted(PLACES) if name.startswith("cn-")]])
def test_no_label_covers_another(regions: list[str]) -> None:
    placed = dots([row(**dict.fromkeys(regions, Change.ADDED))])
    assert len(placed) == len(regions)
    for one in placed:
        for other in placed:
            if one is not other and abs(one.label_x - other.label_x) < 100:
                assert abs(one.label_y - other.label_y) > 10, (one, other)


def test_the_north_is_above_and_the_west_is_left() -> None:
    by_name = {
        dot.region: dot
        for dot in dots([row(cn_beijing=Change.SAME, ap_southeast_2=Change.SAME, us_west_1=Change.SAME)])
    }
    assert by_name["cn-beijing"].y < by_name["ap-southeast-2"].y
    assert by_name["us-west-1"].x < by_name["cn-beijing"].x


@pytest.mark.parametrize(
    ("found", "whole"),
    [
        ((Change.SAME, Change.SAME), "same"),
        ((Change.SAME, Change.ADDED), "added"),
        ((Change.REMOVED, Change.REMOVED), "removed"),
        ((Change.ADDED, Change.REMOVED), "changed"),
    ],
)
def test_a_region_is_what_its_packages_are_together(found: tuple[Change, Change], whole: str) -> None:
    [dot] = dots([row(cn_beijing=change) for change in found])
    assert dot.change == whole


def test_the_page_has_the_map_and_a_region_without_a_place_is_in_the_table_alone() -> None:
    steps = [package("create", "web", None, {"cn-beijing": COPY, "xx-mars-1": COPY})]
    page = html_page(read_preview({"steps": steps}))
    picture = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    assert [text.text for text in picture.iter("text")] == ["+ cn-beijing"]
    assert [title.text for title in picture.iter("title")] == ["Beijing, cn-beijing: added"]
    assert "xx-mars-1" in page
    nowhere = html_page(read_preview({"steps": [package("create", "web", None, {"xx-mars-1": COPY})]}))
    assert "<svg" not in nowhere
