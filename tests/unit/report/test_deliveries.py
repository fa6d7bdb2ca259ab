"""What a report says of delivery packages and installations: what changes in them, and what registries are sent."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel.sending import Sending, sending_in
from computenest.review.report import Change, html_page, markdown, read_preview
from computenest.review.report.cells import UNKNOWN_TEXT
from unit.report.test_formats import Page
from unit.report.test_report import DELIVERIES, NEW, NEXT, OLD, SITE, WHOLE, step

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}


@pytest.mark.parametrize(
    ("sending", "sentence"),
    [
        (
            Sending("r.example/p:1", 2, 19083264, of=(41, 956301312)),
            "r.example/p:1: sends 2 of 41 blobs, 19083264 of 956301312 bytes (18.2 MiB; 39 are there)",
        ),
        (
            Sending(SITE, 3, 1048576, images=(1, 4)),
            f"{SITE}: brings 1 of 4 images, sends 3 blobs, 1048576 bytes (1.0 MiB)",
        ),
    ],
)
def test_what_is_sent_is_read_as_it_was_said(sending: Sending, sentence: str) -> None:
    assert sending.sentence == sentence
    assert sending_in(sentence) == sending_in(f"warning: shop: {sentence}") == sending


@pytest.mark.parametrize("message", ["", "shop: careful", "r.example/p:1: how much is sent to it is not known"])
def test_another_message_sends_nothing(message: str) -> None:
    assert sending_in(message) is None


def test_each_change_has_a_line_and_what_stays_has_none() -> None:
    preview = read_preview(DELIVERIES)
    found = {
        (one.resource, part.name, cell.region): (cell.change, cell.before, cell.after)
        for one in preview.deliveries
        for part in one.parts
        for cell in part.changing
    }
    assert found == {
        ("shop", "contents", "file README.md"): (Change.REMOVED, OLD, None),
        ("shop", "contents", "image docker.io/acme/job:1"): (Change.ADDED, None, NEW),
        ("shop", "contents", "image docker.io/acme/web:1"): (Change.CHANGED, OLD, NEW),
        ("shop", "registries", "archive:out/shop.tar"): (Change.ADDED, None, NEXT),
        ("shop", "registries", "registry.example.com/pkg/shop"): (Change.CHANGED, WHOLE, NEXT),
        ("shop", "missing", "docker.io/library/pause:3"): (Change.ADDED, None, "chart shop, Deployment web"),
        ("site-a", "loaded", f"{SITE}/acme/web:1"): (Change.CHANGED, OLD, NEW),
        ("site-a", "rollout", "shop"): (Change.CHANGED, "1.0.0", "1.1.0"),
        ("site-a", "objects", "shop"): (Change.CHANGED, OLD, None),
        ("site-a", "drifted", "gateway"): (Change.ADDED, None, "Deployment gateway: replicas"),
    }
    [table] = Page(html_page(preview)).tables
    assert len(table) == 1 + len(found) + 1, "a header, a line for each, and one of the package that stays"
    assert ["tools (package)", "", "", "", "stays"] in table
    assert ["site-a (installation)", "releases", "shop", "~changed: 1.0.0→ 1.1.0", "changes"] in table


def test_what_is_sent_is_summed_and_no_warning() -> None:
    preview = read_preview(DELIVERIES)
    assert preview.warnings == ("shop: careful",)
    assert [one.size_bytes for one in preview.sends] == [19083264, 4194304]
    assert "In deliveries: 4 added, 5 changed, 1 removed. 22.2 MiB to send to registries." in markdown(preview)
    for text in (markdown(preview), html_page(preview)):
        assert all(one.sentence in text for one in preview.sends)


def test_a_registry_that_lost_the_package_gets_it_anew() -> None:
    before, after = {"registries": {"r.example/p": ""}}, {"registries": {"r.example/p": NEW}}
    [found] = read_preview({"steps": [step("update", "DeliveryPackage", "p", before, after)]}).deliveries
    assert [cell.change for cell in found.cells] == [Change.ADDED]


def test_what_is_unknown_is_not_removed_and_a_secret_tells_nothing() -> None:
    before = {"contents": {"chart shop": OLD}, "registries": {"r.example/p": OLD}}
    after = {"contents": UNKNOWN_TEXT, "registries": SECRET}
    preview = read_preview({"steps": [step("update", "DeliveryPackage", "p", before, after)]})
    [found] = preview.deliveries
    assert [(cell.change, cell.is_unknown) for cell in found.cells] == [(Change.CHANGED, True)]
    assert "| `p` (package) | lies in |  | *a secret* | changes |" in markdown(preview)
    assert "r.example" not in markdown(preview) + html_page(preview)


def test_a_package_alone_is_a_change() -> None:
    assert read_preview({"steps": [step("create", "DeliveryPackage", "p", None, {})]}).has_changes
    assert not read_preview({"steps": [step("same", "DeliveryPackage", "p", {}, {})]}).has_changes


@pytest.mark.parametrize("limit", [1000, 4000])
def test_a_comment_counts_the_lines_that_it_leaves_out(limit: int) -> None:
    contents: dict[str, Any] = {f"image docker.io/acme/web-{number}:1": OLD for number in range(300)}
    steps = [step("create", "DeliveryPackage", "p", None, {"contents": contents})]
    text = markdown(read_preview({"steps": steps}), limit=limit)
    shown = sum(line.startswith("| `p`") for line in text.split("\n"))
    assert len(text) <= limit
    assert 0 < shown < 300
    assert f"{300 - shown} more lines not shown here." in text


def test_an_entry_cannot_break_out_of_its_cell() -> None:
    steps = [step("create", "DeliveryPackage", "a|b", None, {"contents": {"image <b>|\n": "x|<i>"}})]
    [line] = [one for one in markdown(read_preview({"steps": steps})).split("\n") if one.startswith("| `a")]
    assert line.replace("\\|", "").count("|") == 6
    assert "<" not in line
    assert "<i>" not in html_page(read_preview({"steps": steps}))
