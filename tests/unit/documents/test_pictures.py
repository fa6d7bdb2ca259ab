"""The pictures of the documentation: each is shown, small, and made by `make pictures`."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("report", "console", "console-matrix", "console-distribution")
PICTURES = [
    *(f"{what}-{columns}.svg" for what in ("create", "update") for columns in (80, 120)),
    *(f"{page}-{width}.webp" for page in PAGES for width in (420, 700, 1300)),
]
LARGEST_KIB = 80


def test_they_are_all_there_and_no_others() -> None:
    assert sorted(path.name for path in (DOCS / "pictures").iterdir()) == sorted(PICTURES)
    shown = re.findall(r"!\[[^\]]+\]\(pictures/(\S+)\)", (DOCS / "gallery.md").read_text())
    assert sorted(shown) == sorted(PICTURES), "each once"


@pytest.mark.parametrize("name", PICTURES)
def test_they_are_small_and_of_the_width_they_name(name: str) -> None:
    content = (DOCS / "pictures" / name).read_bytes()
    assert len(content) < LARGEST_KIB * 1024
    width = int(re.findall(r"\d+", name)[-1])
    if name.endswith(".webp"):
        assert (content[:4], content[8:16]) == (b"RIFF", b"WEBPVP8X")
        assert int.from_bytes(content[24:27], "little") + 1 == width
        return
    texts = list(ET.fromstring(content).iter("{http://www.w3.org/2000/svg}text"))
    said = " ".join(text.text or "" for text in texts)
    assert "Updating (dev):" in said
    assert "EcsImagePackage" in said
    assert re.search(r"\d+% \d/|diff:", said), "something is going on"
    assert b"<script" not in content
