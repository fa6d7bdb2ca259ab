"""What the code rests on can be read: every cited fact has its section, every page is found from the README."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CITED = re.compile(r"(?<![\w§])§(\d+(?:\.\d+)?)")
HEADING = re.compile(r"^#+ §(\d+(?:\.\d+)?)\b", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
ELSEWHERE = re.compile(r"(shared/|facts)/[a-z-]+\.md|(systems|components|design|truth)(\.md)? §")
# A citation of an RFC's or a specification's section names that specification on its line.
FOREIGN = re.compile(r"RFC|OCI|SARIF")


def _sources() -> list[Path]:
    folders = ("provider", "emulator", "sdk", "tests", "docs")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    return [path for path in found if path.suffix in {".py", ".yaml", ".md"} and path != Path(__file__)]


def test_every_cited_section_of_the_facts_stands_in_the_documents() -> None:
    written = {n for page in (ROOT / "docs/cloud").glob("*.md") for n in HEADING.findall(page.read_text())}
    cited = {
        (number, f"{path.relative_to(ROOT)}:{line}")
        for path in _sources()
        for line, text in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if not FOREIGN.search(text)
        for number in CITED.findall(text)
    }
    assert len(cited) > 200
    assert sorted(f"{where} cites §{number}" for number, where in cited if number not in written) == []


def test_no_citation_leads_out_of_the_repository() -> None:
    away = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in _sources()
        if (found := ELSEWHERE.search(path.read_text(errors="replace")))
    ]
    assert away == []


def test_no_number_is_given_to_two_sections() -> None:
    numbers = [n for page in sorted((ROOT / "docs/cloud").glob("*.md")) for n in HEADING.findall(page.read_text())]
    assert len(numbers) == len(set(numbers))


def test_every_page_is_reached_from_the_readme_and_every_link_leads_somewhere() -> None:
    seen: set[Path] = set()
    todo = [ROOT / "README.md"]
    broken = []
    while todo:
        page = todo.pop()
        if page in seen:
            continue
        seen.add(page)
        for link in LINK.findall(page.read_text()):
            if "://" in link or link.startswith("mailto:"):
                continue
            target = (page.parent / link).resolve()
            if not target.exists():
                broken.append(f"{page.relative_to(ROOT)} -> {link}")
            elif target.suffix == ".md":
                todo.append(target)
    unreached = sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md") if page not in seen)
    assert (broken, unreached) == ([], [])


PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*\.py)`|`((?:provider|emulator|sdk|tools|docs|examples)/[\w./-]*\w)/?`")


def test_a_file_of_the_project_that_a_page_names_is_there() -> None:
    listed = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    files = [
        path for folder in ("provider", "emulator", "sdk", "tests", "tools") for path in (ROOT / folder).rglob("*.py")
    ]
    named = {(page, a or b) for page in listed for a, b in PATH.findall(page.read_text())}
    assert len(named) > 20
    missing = [
        f"{page.relative_to(ROOT)} names {name}"
        for page, name in named
        if not (ROOT / name).exists() and not any(str(path).endswith(f"/{name}") for path in files)
    ]
    assert sorted(missing) == []
