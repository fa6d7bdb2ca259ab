"""The report as a page, within a limit, of several stacks, and from the engine's events."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computenest.review.report import Change, document_in, document_of, html_page, markdown, read_preview
from computenest.review.report.cells import UNKNOWN_TEXT
from computenest.review.report.preview import EVERYWHERE
from unit.report.test_report import AWAY, COPY, FAR, HOME, PREVIEWS, association, package, step

SECRET_OBJECT = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
FORMAL = {"html", "head", "meta", "title", "style", "body", "section", "h1", "h2", "p", "ul", "li", "div", "span"}
TABULAR = {"table", "thead", "tbody", "tr", "th", "td", "del", "em", "br"}
DRAWN = {"figure", "svg", "line", "circle", "title", "text"}
"""The map of regions: shapes and texts."""
EMPTY = {"meta", "br"}


class Page(HTMLParser):
    """What a browser would see: the elements, the texts, and the tables as rows of cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.tables: list[list[list[str]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self._open.append(tag)
        match tag:
            case "table":
                self.tables.append([])
            case "tr":
                self.tables[-1].append([])
            case "th" | "td":
                self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if {"th", "td"} & set(self._open):
            self.tables[-1][-1][-1] += data


def page(*names: str) -> Page:
    return Page(html_page(*(read_preview(PREVIEWS[name]) for name in names)))


def test_the_page_tells_what_happens_in_words_and_signs_and_not_only_in_colours() -> None:
    packages, markers = page("region_added").tables
    assert packages == [
        ["package", FAR, AWAY, HOME, "what happens"],
        ["db", "", "", "=stays: cmjj V1", "stays"],
        ["web", f"+added: {COPY}", f"=stays: {COPY}", f"=stays: {COPY}", "changes"],
    ]
    assert markers[2] == ["ecs_image_web", "+added: unknown", "=stays: m-2zea", "=stays: m-bp1a", "changes"]
    (changed, _) = page("new_source_and_region_removed").tables
    assert changed[1] == ["web", f"−removed: {COPY}", f"~changed: {COPY}→ copy of m-bp1new", "changes"]


@pytest.mark.parametrize("name", PREVIEWS)
def test_the_page_needs_nothing_else_and_says_what_the_markdown_says(name: str) -> None:
    found = page(name)
    assert {tag for tag, _ in found.elements} <= FORMAL | TABULAR | DRAWN
    assert not any({"src", "href", "onclick", "style"} & set(attrs) for _, attrs in found.elements)
    widths = [{len(row) for row in table} for table in found.tables]
    assert all(len(width) == 1 for width in widths)
    text = markdown(read_preview(PREVIEWS[name]))
    assert text.split("\n")[2].replace("`", "") in found.texts
    assert sum(line.startswith(("| ---", "|---")) for line in text.split("\n")) == len(found.tables)


NAMES = st.text(min_size=1, max_size=12) | st.sampled_from(
    ["<script>alert(1)</script>", "</td></table><img src=x onerror=alert(1)>", '" onmouseover="x', "&lt;b&gt;", "]]>"]
)


@given(NAMES, NAMES, NAMES, NAMES)
def test_a_name_is_text_and_never_an_element(name: str, marker: str, region: str, image: str) -> None:
    plain = [text.replace("\r\n", "\n").replace("\r", "\n") for text in (name, marker, region, image)]
    steps = [
        package("update", name, {region: image}, {region: image + "!"}),
        association("create", None, {marker: {region: image}}),
        {"op": "create", "urn": f"urn:pulumi:dev::shop::random:index:Id::{name}"},
    ]
    found = Page(html_page(read_preview({"steps": steps, "diagnostics": [{"severity": "error", "message": image}]})))
    tame = Page(
        html_page(
            read_preview(
                {
                    "steps": [
                        package("update", "n", {"r": "i"}, {"r": "i!"}),
                        association("create", None, {"m": {"r": "i"}}),
                        {"op": "create", "urn": "urn:pulumi:dev::shop::random:index:Id::n"},
                    ],
                    "diagnostics": [{"severity": "error", "message": "i"}],
                }
            )
        )
    )
    if "::" not in name and image.strip():
        assert found.elements == tame.elements, "whatever things are called, the page is built alike"
        told = "".join(found.texts)
        for text in plain:
            assert text.replace("\x00", "�") in told or not text.isprintable()


def big(packages: int, regions: int) -> dict[str, Any]:
    """A preview of many packages: each third one gains a region, the others stay."""
    steps = []
    for number in range(packages):
        before = {f"cn-region-{r:02}": COPY for r in range(regions)}
        changes = number % 3 == 0
        steps.append(
            package("update" if changes else "same", f"p{number:03}", before, before | ({FAR: COPY} if changes else {}))
        )
    return {"steps": steps}


@pytest.mark.parametrize("packages", [1, 30, 100, 300])
def test_a_comment_has_a_size_and_counts_what_it_leaves_out(packages: int) -> None:
    preview = read_preview(big(packages, 20))
    whole, text = markdown(preview), markdown(preview, limit=60_000)
    assert len(text) <= 60_000
    changing = -(-packages // 3)
    shown = sum(line.startswith("| `p") for line in text.split("\n"))
    if len(whole) <= 60_000:
        assert text == whole
        return
    assert f"{packages - shown} more packages not shown here." in text
    assert f"{changing} added" in text, "the summary is of all of it"
    assert shown <= changing
    assert all(" changes |" in line for line in text.split("\n") if line.startswith("| `p"))
    assert shown >= min(changing, 30)


@pytest.mark.parametrize(("packages", "regions", "errors"), [(200, 20, 0), (3, 60, 0), (2, 2, 400), (0, 0, 3000)])
@pytest.mark.parametrize("limit", [1000, 5000])
def test_every_limit_is_kept(limit: int, packages: int, regions: int, errors: int) -> None:
    wrong = [{"severity": "error", "message": f"mistake {number}, " * 10} for number in range(errors)]
    preview = read_preview({**big(packages, regions), "diagnostics": wrong})
    text = markdown(preview, preview, limit=limit)
    assert len(text) <= limit
    assert text.startswith("# shop/dev\n" if packages else "# ")
    assert "not shown here" in text or "does not fit here" in text or len(markdown(preview, preview)) <= limit


def test_several_stacks_have_a_heading_each() -> None:
    text = markdown(read_preview(PREVIEWS["region_added"]), read_preview(PREVIEWS["deleted"]))
    assert text.count("# shop/dev\n") == 2
    assert len(page("region_added", "deleted").tables) == 4


def test_a_secret_tells_no_region() -> None:
    for hidden in ("[secret]", SECRET_OBJECT):
        steps = [
            step("update", "EcsImagePackage", "web", {"distribution": {HOME: COPY}}, {"distribution": hidden}),
            association("update", {"m": {HOME: "m-1"}, "n": {HOME: "m-2"}}, {"m": hidden, "n": {HOME: hidden}}),
            association("update", {"m": {HOME: "m-1"}}, hidden, name="whole"),
        ]
        preview = read_preview({"steps": steps})
        assert [row.is_secret for row in preview.packages] == [True]
        assert [(row.resource, row.marker, row.is_secret) for row in preview.markers] == [
            ("images", "m", True),
            ("images", "n", False),
            ("whole", "", True),
        ]
        assert preview.markers[1].cells[0].after == "secret"
        for text in (markdown(preview), html_page(preview)):
            assert "a secret" in text
            assert "4dabf" not in text


def test_files_images_and_charts_are_packages_too() -> None:
    steps = [
        step("create", "FilePackage", "agent", None, {"distribution": {HOME: "sha256:1", AWAY: UNKNOWN_TEXT}}),
        step("update", "ContainerImagePackage", "api", {"content": "sha256:1"}, {"content": "sha256:2"}),
        {"op": "create", "urn": "urn:pulumi:dev::shop::other:index:FilePackage::not-ours"},
    ]
    preview = read_preview({"steps": steps})
    assert [(row.resource, row.kind, len(row.cells)) for row in preview.packages] == [
        ("agent", "file", 2),
        ("api", "container image", 1),
    ]
    assert preview.packages[1].cells[0].region == EVERYWHERE
    assert preview.packages[1].cells[0].change is Change.CHANGED
    assert preview.others == (("FilePackage not-ours", "create"),)


def event(number: int, **told: Any) -> dict[str, Any]:
    return {"sequence": number, "timestamp": 1, **told}


def told(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """A step as an event tells it."""
    metadata = {"op": given["op"], "urn": given["urn"], "old": given.get("oldState"), "new": given.get("newState")}
    return {kind: {"metadata": metadata}}


def test_of_a_stream_the_last_run_counts_and_what_came_out_more_than_what_was_meant_to() -> None:
    planned = association("update", {"m": {HOME: "m-1"}}, {"m": {HOME: UNKNOWN_TEXT}})
    done = association("update", {"m": {HOME: "m-1"}}, {"m": {HOME: "m-2"}})
    failed = package("update", "web", {HOME: COPY}, {HOME: COPY, FAR: COPY})
    complaint = {"prefix": "error: ", "message": "web: cn-x failed\n", "severity": "error"}
    live = {"message": "copying 1 of 2 regions\n", "severity": "info", "ephemeral": True}
    events = [
        event(0, preludeEvent={"config": {}}),
        event(1, **told("resourcePreEvent", package("delete", "gone", {HOME: COPY}))),
        event(2, diagnosticEvent={"message": "of the preview", "severity": "error"}),
        event(0, preludeEvent={"config": {}}),
        event(1, **told("resourcePreEvent", planned)),
        event(2, **told("resOutputsEvent", done)),
        event(3, **told("resourcePreEvent", failed)),
        event(4, diagnosticEvent=live),
        event(5, diagnosticEvent=complaint),
        event(6, resOpFailedEvent=told("x", failed)["x"]),
    ]
    text = "\n".join(json.dumps(one) for one in events)
    expected = {"steps": [done, failed], "diagnostics": [{"severity": "error", "message": "error: web: cn-x failed"}]}
    assert read_preview(document_in(text)) == read_preview(expected)
    assert read_preview(expected).errors == ("web: cn-x failed",)
    assert document_of([None, 1, {"resourcePreEvent": 3}]) == {"steps": [], "diagnostics": []}


@pytest.mark.parametrize("text", ["", "not json", '{"a": 1}\nnot json', "{"])
def test_what_is_neither_a_document_nor_events_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"line|Expecting|delimiter|column"):
        document_in(text)


@pytest.mark.parametrize(
    "message",
    [
        "error: pulumi-python:dynamic/computenest:EcsImagePackage resource 'web' has a problem: regions[0]: no",
        "error: computenest:index:EcsImagePackage resource 'web' has a problem: regions[0]: no",
        "web: regions[0]: no",
    ],
)
def test_both_transports_report_an_error_alike(message: str) -> None:
    found = read_preview({"diagnostics": [{"severity": "error", "message": f"{message}\n"}] * 2})
    assert found.errors == ("web: regions[0]: no",)
