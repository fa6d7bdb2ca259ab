"""What a report begins with: what hurts at customers, who may launch, what cannot be taken back, deletions."""

from __future__ import annotations

import pytest

from computenest.kernel.costs import Copying, Cost, copying_in, minutes_of
from computenest.review.report import html_page, markdown, read_preview
from computenest.review.report.cells import UNKNOWN_TEXT
from computenest.review.report.events import document_of
from computenest.review.report.preview import Preview
from unit.report.test_report import AWAY, COPY, HOME, association, package, step


def instance(operation: str, before: str | None, after: str | None, name: str = "trial") -> dict[str, object]:
    old, new = ({"serviceVersion": version} if version else None for version in (before, after))
    return step(operation, "ServiceInstance", name, old, new)


EVERYTHING = {
    "steps": [
        package("delete", "gone", {HOME: COPY}, None),
        package("update", "web", {HOME: COPY, AWAY: COPY}, {HOME: COPY}),
        step("update", "Service", "shop", {"visibility": "public"}, {"visibility": "private", "publishing": "online"}),
        {**instance("replace", "1", "1"), "replaceReasons": ["region"]},
        instance("update", "1", UNKNOWN_TEXT, name="paid"),
        association("same", {"m": {HOME: "m-1"}}, {"m": {HOME: "m-1"}}),
    ],
    "diagnostics": [
        {"severity": "warning", "message": "warning: careful"},
        {"severity": "warning", "message": "using pulumi-resource-computenest from $PATH at /home/me/bin/it"},
    ],
}


def test_the_worst_comes_first() -> None:
    found = read_preview(EVERYTHING)
    assert found.dangers == (
        "ServiceInstance paid is upgraded in place",
        "ServiceInstance trial is replaced because of region: what runs ends, with its data, and is deployed anew",
        "Service shop becomes private: others lose the images of its packages",
        "Service shop is submitted for a review: what goes online is seen by customers",
        "EcsImagePackage gone is deleted: its images and versions are deleted",
        f"EcsImagePackage web leaves {AWAY}",
    )
    assert found.warnings == ("careful",)
    text = markdown(found)
    assert text.index("Look at this first") < text.index("Deployment packages") < text.index("Warnings")
    assert text.startswith("## Preview\n\nResources: 3 updated, 1 replaced, 1 deleted, 1 unchanged. In regions: ")


def test_both_forms_say_the_same_and_the_danger_comes_first() -> None:
    found = read_preview(EVERYTHING)
    page = html_page(found)
    for sentence in (*found.dangers, *found.warnings, "3 updated, 1 replaced, 1 deleted, 1 unchanged"):
        assert sentence in page
        assert sentence in markdown(found)
    assert page.index("Look at this first") < page.index("Deployment packages")


@pytest.mark.parametrize(("visibility", "was"), [("public", "private"), ("public", None)])
def test_what_becomes_public_is_said(visibility: str, was: str | None) -> None:
    before = {"visibility": was} if was else None
    found = read_preview({"steps": [step("update", "Service", "shop", before, {"visibility": visibility})]})
    assert found.dangers == ("Service shop becomes public: everybody may launch it, and the images of its packages",)


def test_nothing_of_another_provider_is_a_danger_here() -> None:
    found = read_preview({"steps": [{"op": "delete", "urn": "urn:pulumi:dev::shop::aws:s3:Bucket::b"}]})
    assert found.dangers == ()
    assert found.operations == {"delete": 1}


def test_regions_that_hold_the_same_are_one_column_and_copies_are_counted() -> None:
    regions = [f"cn-region-{n}" for n in range(5)]
    found: Preview = read_preview({"steps": [package("create", "web", None, dict.fromkeys(regions, COPY))]})
    assert f"| package | {', '.join(regions)} | |" in markdown(found)
    assert html_page(found).count('<th scope="col">') == 3
    assert found.copies == 5
    assert "5 copies of images." in markdown(found)


def test_what_it_costs_is_told_apart_from_warnings_and_added_up() -> None:
    sentences = [Cost("shop", 0.5, "CNY", "2 vCPUs, 4 GiB").sentence, Cost("till", 1.25, "CNY").sentence]
    messages = [*sentences, f"warning: shop: {sentences[0]}", "careful: what costs 3 CNY an hour is yours"]
    given = [{"severity": "warning", "message": message} for message in messages]
    found = read_preview({"steps": [], "diagnostics": given})
    assert found.costs == (*sentences, "in all 1.75 CNY an hour")
    assert found.warnings == ("careful: what costs 3 CNY an hour is yours",)
    for text in (markdown(found), html_page(found)):
        assert "What it costs" in text
        assert all(one in text for one in found.costs)
    alone = read_preview({"steps": [], "diagnostics": given[:1]})
    assert alone.costs == (sentences[0],)
    assert "What it costs" not in markdown(read_preview(EVERYTHING))


def test_what_is_copied_is_summed_in_gib_and_minutes() -> None:
    """Regions do not wait for each other; into one, five copies run at once."""
    note = Copying("web", 40, 5).sentence
    assert note == "web copies 40 GiB into 5 regions: 200 GiB to copy and to keep, about 4 min"
    assert copying_in(f"info: {note}") == Copying("web", 40, 5)
    regions = [f"cn-region-{n}" for n in range(5)]
    steps = [package("create", "web", None, dict.fromkeys(regions, COPY)), package("create", "db", None, {"r": COPY})]
    told = [{"severity": "info", "message": note}]
    found: Preview = read_preview({"steps": steps, "diagnostics": told})
    assert (found.copies, found.copied_gib, found.copying_minutes) == (6, 200, 4)
    assert "6 copies of images: 200 GiB to copy and to keep, about 4 min." in markdown(found)
    events = [{"diagnosticEvent": {"severity": "info", "message": note}}]
    assert document_of(events)["diagnostics"][0]["message"] == note, "an update's events tell it, too"


@pytest.mark.parametrize(
    ("sizes", "minutes"),
    [
        ({}, 1),
        ({"r": [1]}, 1),
        ({"r": [40]}, 4),
        ({"r": [40] * 5}, 4),
        ({"r": [40] * 6}, 8),
        ({"r": [40], "s": [100, 20]}, 10),
    ],
)
def test_copies_of_a_region_wait_for_slots(sizes: dict[str, list[int]], minutes: int) -> None:
    assert minutes_of(sizes) == minutes
