# ruff: noqa: T201 - a program that prints
"""`computenest template lint` over the corpus, as its suppliers would run it: `python tests/corpus/lint_corpus.py`.

The corpus keeps a service's configuration in `config/` and its templates in `ros/`; here they are linted together, by
repository and version. Prints each finding and a summary by rule; docs/lint.md holds what a reader made of them.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from computenest.domain.template import Finding, Scan, TemplateRefused, lint, scan, scan_module
from computenest.domain.template.lint import RULES
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
            modules.setdefault(str(Path(file.name).parent), {})[file.name] = file.data
            continue
        try:
            scans[file.name] = scan(file.data, name=file.name)
        except TemplateRefused as refused:
            scans[file.name] = refused
    for module in modules.values():
        scans |= scan_module(module)
    return scans, lint(scans, groups={name: group(name) for name in scans})


def main() -> None:
    """Print."""
    scans, found = findings()
    for finding in found:
        print(f"{finding.file}:{finding.line}: {finding.level}: {finding.message} [{finding.rule}]")
    counts = Counter(finding.rule for finding in found)
    files = Counter(rule for rule, _ in {(finding.rule, finding.file) for finding in found})
    print(f"\n{len(scans)} files\n\n| rule | level | findings | files |\n|---|---|---|---|")
    for rule, (level, _) in RULES.items():
        print(f"| {rule} | {level} | {counts[rule]} | {files[rule]} |")


if __name__ == "__main__":
    main()
