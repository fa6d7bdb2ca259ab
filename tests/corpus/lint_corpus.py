# ruff: noqa: T201 - a program that prints
"""`computenest template lint` over the corpus, as its suppliers would run it: `python tests/corpus/lint_corpus.py`.

The corpus keeps a service's configuration in `config/` and its templates in `ros/`; here they are linted together, by
repository and version. Prints each finding and a summary by rule; docs/lint.md holds what a reader made of them.

`--half a` and `--half b` print the findings of one half of the files, split by the SHA-256 of their bytes: rules are
mended on a, their false alarms counted on b. `--sample N SEED` prints N random findings of what is left.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from computenest.review.lint import Finding, lint
from computenest.review.lint.lint import RULES
from computenest.templates import Scan, TemplateRefused, scan, scan_module
from corpus.conftest import corpus_files

_SERVICE = re.compile(r"(?:config|ros)/(?P<group>.*?)/?\.computenest/.*")


def group(name: str) -> str:
    """What a file is linted with: its service at that version, else its folder."""
    match = _SERVICE.fullmatch(name)
    return match["group"] if match else str(Path(name).parent)


def findings() -> tuple[dict[str, Scan | TemplateRefused], tuple[Finding, ...]]:
    """Every file's scan or refusal, and the findings."""
    scans: dict[str, Scan | TemplateRefused] = {}
    modules: dict[str, dict[str, bytes]] = {}
    for file in corpus_files():
        if file.name.endswith(".tf"):
            modules.setdefault("/".join(file.name.split("/")[:2]), {})[file.name] = file.data
            continue
        try:
            scans[file.name] = scan(file.data, name=file.name)
        except TemplateRefused as refused:
            scans[file.name] = refused
    for module in modules.values():
        scans |= scan_module(module)
    links = {name: linked(name, scan, scans) for name, scan in scans.items() if isinstance(scan, Scan)}
    return scans, lint(scans, groups={name: group(name) for name in scans}, links=links)


def linked(name: str, scan: Scan, scans: Mapping[str, Scan | TemplateRefused]) -> dict[str, str | None]:
    """The templates that a configuration's Urls name, as far as the corpus keeps them: it keeps one of equal files."""
    folder = "ros/" + Path(name).parent.as_posix().removeprefix("config/")
    return {t.url: f"{folder}/{t.url}" for t in scan.templates if f"{folder}/{t.url}" in scans}


def half(data: bytes) -> str:
    """Which half of the corpus a file belongs to."""
    return "ab"[hashlib.sha256(data).digest()[0] % 2]


def main() -> None:
    """Print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--half", choices=["a", "b"])
    arguments.add_argument("--sample", nargs=2, type=int, metavar=("N", "SEED"))
    asked = arguments.parse_args()
    scans, found = findings()
    if asked.half:
        kept = {file.name for file in corpus_files() if half(file.data) == asked.half}
        scans = {name: scan for name, scan in scans.items() if name in kept}
        found = tuple(finding for finding in found if finding.file in kept)
    if asked.sample:
        found = tuple(random.Random(asked.sample[1]).sample(found, min(asked.sample[0], len(found))))
    for finding in found:
        print(f"{finding.file}:{finding.line}: {finding.level}: {finding.message} [{finding.rule}]")
    counts = Counter(finding.rule for finding in found)
    files = Counter(rule for rule, _ in {(finding.rule, finding.file) for finding in found})
    print(f"\n{len(scans)} files\n\n| rule | level | findings | files |\n|---|---|---|---|")
    for rule, (level, _) in RULES.items():
        print(f"| {rule} | {level} | {counts[rule]} | {files[rule]} |")


if __name__ == "__main__":
    main()
