"""The page clusters × components: each fact once, nothing that is not text, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from computenest.resources._components.release import Status
from computenest.review.clusters import ClusterLook, console_page, followed
from unit.clusters.looks import MOMENT, SILENT, WHY, release, silent, wide


class Table(HTMLParser):
    """The texts of the cells of the page's only table, row by row."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.links: list[str | None] = []
        self._is_in = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for key, value in attrs if key in ("src", "href") or key.startswith("on")]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._is_in = True

    def handle_endtag(self, tag: str) -> None:
        self._is_in = self._is_in and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._is_in:
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {data}".split())


def table(*looks: ClusterLook) -> list[list[str]]:
    return Table(console_page(looks, moment=MOMENT)).rows


def test_a_cell_has_version_revision_status_and_reason() -> None:
    failed = release("shop-db", status=Status.FAILED, said='Upgrade "shop-db" failed: timed out')
    head, main, edge = table(
        ClusterLook("main", (failed, release("certs", namespace="certs"))),
        ClusterLook("edge-1", (release("shop-db", WHY),)),
    )
    assert head == ["cluster", "certs certs", "shop-db shop"]
    assert main == [
        "main",
        "1.4.2 revision 7 ready",
        '1.4.2 revision 7 failed, not ready Upgrade "shop-db" failed: timed out',
    ]
    why = f"Deployment shop/shop-db: {WHY}"
    assert edge == ["edge-1", "– not there", f"1.4.2 revision 7 deployed, not ready {why} all of it"]


def test_a_cluster_that_does_not_answer_says_so_and_keeps_what_is_known_of_it() -> None:
    before = [ClusterLook("one", (release(),), answered=MOMENT), silent("two")]
    looks = followed(before, [silent("one"), silent("two"), silent("new")])
    assert [one.answered for one in looks] == [MOMENT, "", ""]
    _, one, two, _ = table(*looks)
    assert one == [f"one cannot tell {SILENT} answered {MOMENT}", "1.4.2 revision 7 last known"]
    assert two == [f"two cannot tell {SILENT} has not answered yet", "? cannot tell"]
    again = followed(looks, [ClusterLook("one", (), answered="later"), silent("two"), silent("new")])
    assert again[0] == ClusterLook("one", (), answered="later"), "what went is gone"


@pytest.mark.parametrize(
    ("looks", "summary"),
    [
        ([ClusterLook("one", (release(),))], "1 cluster, 1 component: all is well"),
        ([ClusterLook("one")], "1 cluster, 0 components: all is well"),
        (wide(), "20 clusters, 10 components: cannot tell of 1 cluster, 1 release not ready"),
        ([silent("a", release()), silent("b")], "2 clusters, 1 component: cannot tell of 2 clusters"),
    ],
)
def test_the_first_sentence_says_how_it_is(looks: list[ClusterLook], summary: str) -> None:
    assert f'<p class="summary">{summary}</p>' in console_page(looks, moment=MOMENT)


def test_every_text_is_text_and_nothing_is_fetched_from_elsewhere() -> None:
    evil = "<img src=x onerror=alert(1)>\"'"
    page = console_page([ClusterLook(evil, (release(evil, evil, said=evil),)), silent(evil)], moment=MOMENT, every_s=5)
    found = Table(page)
    assert "img" not in found.tags
    assert found.links == ["#wrong-1-1"]
    assert found.rows[1][0] == evil
    assert re.findall(r"<script[^>]*>", page) == ["<script>"]
    assert not re.search(r"url\(|@import|http-equiv=.refresh.*url", page)


def test_a_file_has_no_script_and_a_served_page_its_own_alone() -> None:
    file, served = (console_page(wide(), moment=MOMENT, every_s=every_s) for every_s in (None, 5.0))
    assert "<script" not in file
    assert "script-src" not in file
    (script,) = re.findall(r"<script>(.*?)</script>", served, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'; connect-src 'self'" in served
    assert '<noscript><meta http-equiv="refresh" content="5.0"></noscript>' in served
    assert 'data-every-s="5.0"' in served
