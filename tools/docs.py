"""Builds the documentation site (`make docs`) from README and `docs`; the exit code is 1 where anything is amiss.

python tools/docs.py [FOLDER]   into FOLDER, by default .computenest/site
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
REPOSITORY = "https://github.com/pulumi-computenest/pulumi-computenest/blob/main"
"""Where links to files lead that are no pages; assumed until the project is published."""
AT_ROOT = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def main() -> int:
    """Puts the pages together, and has them built with every warning an error."""
    site = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".computenest/site"
    work = ROOT / ".computenest/docs-work"
    shutil.rmtree(work, ignore_errors=True)
    pages = work / "pages"
    shutil.copytree(ROOT / "docs", pages / "docs")
    for name in AT_ROOT:
        shutil.copy(ROOT / name, pages / name)
    for page in pages.rglob("*.md"):
        page.write_text(_with_links(page.read_text(encoding="utf-8"), page.relative_to(pages)), encoding="utf-8")
    config: dict[str, Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    _add_what_is_not_listed(config["nav"])
    config |= {"docs_dir": str(pages), "site_dir": str(site)}
    (work / "mkdocs.yml").write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
    mkdocs = (sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(work / "mkdocs.yml"))
    run = subprocess.run(mkdocs, check=False, capture_output=True, text=True)  # noqa: S603 - the project's own tool
    lines = (run.stdout + run.stderr).splitlines()
    sys.stderr.write("".join(f"{line}\n" for line in lines if not line.startswith("INFO")))
    return run.returncode


def _add_what_is_not_listed(nav: list[Any]) -> None:
    """A page that mkdocs.yml does not place is found all the same."""
    placed = set(re.findall(r"docs/\S+\.md", yaml.safe_dump(nav, width=1000)))
    for folder, title in (
        ("docs", "More"),
        ("docs/cloud", "The cloud"),
        ("docs/adr", "Decisions"),
        ("docs/reference", "Reference"),
    ):
        names = sorted(path.name for path in (ROOT / folder).glob("*.md"))
        names.sort(key=lambda name: (name not in ("index.md", "README.md"), name[0].islower(), name))
        pages = [f"{folder}/{name}" for name in names if f"{folder}/{name}" not in placed]
        if pages:
            nav.append({title: pages})


def _with_links(text: str, page: Path) -> str:
    """Links to files of the project that are no pages lead to where it is published; one that leads nowhere stays, and
    is found."""

    def led(match: re.Match[str]) -> str:
        label, target, anchor = match[1], match[2], match[3] or ""
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        path = (ROOT / page.parent / target).resolve()
        inside = path.is_relative_to(ROOT) and path.exists()
        is_page = path.suffix in (".md", ".svg", ".png") and (
            path.is_relative_to(ROOT / "docs") or path.name in AT_ROOT
        )
        if not inside or is_page:
            return match[0]
        return f"[{label}]({REPOSITORY}/{path.relative_to(ROOT)}{anchor})"

    return _LINK.sub(led, text)


if __name__ == "__main__":
    raise SystemExit(main())
