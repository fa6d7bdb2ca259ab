"""The corpus of real templates, beside the checkout: `../shared/corpus`. Without it nothing here is collected."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"

collect_ignore_glob = [] if CORPUS.is_dir() else ["test_*.py"]


@dataclass(frozen=True)
class CorpusFile:
    """One file, with the line that INDEX.tsv has for it."""

    name: str
    data: bytes
    kind: str
    positions: int
    note: str


@cache
def corpus_files() -> tuple[CorpusFile, ...]:
    """Every file of INDEX.tsv, in its order."""
    with (CORPUS / "INDEX.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    return tuple(
        CorpusFile(
            name=row["file"],
            data=(CORPUS / row["file"]).read_bytes(),
            kind=row["kind"],
            positions=int(row["image_positions"] or 0),
            note=row["notes"] or "",
        )
        for row in rows
        if (CORPUS / row["file"]).is_file()
    )


@pytest.fixture(scope="session")
def corpus() -> tuple[CorpusFile, ...]:
    """Every file of the corpus."""
    return corpus_files()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out."""
    if not CORPUS.is_dir():
        terminalreporter.write_line("tests/corpus was left out: there is no ../shared/corpus beside the project")
