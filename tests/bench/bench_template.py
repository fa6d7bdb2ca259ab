# ruff: noqa: T201 - a program that prints
"""How fast templates are read, beside the parsers that were not chosen: `python tests/bench/bench_template.py`.

    python tests/bench/bench_template.py [--json] [--most FILES]

The whole corpus in one process, each reader over the files it is for, best of five (two for the slow ones). Prints a
Markdown table and the ratios to our scan; nothing is asserted, figures go into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import hcl2
import tree_sitter_hcl
import yaml
from ruamel.yaml import YAML
from tree_sitter import Language, Parser

from computenest.templates import TemplateRefused, render_regions, scan
from computenest.templates.hcl import parse_hcl
from computenest.templates.json_reader import read_json
from computenest.templates.source import Source
from computenest.templates.yaml_reader import read_yaml

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
REGIONS = [f"region-{number}" for number in range(30)]

Files = Sequence[tuple[str, bytes]]


def load(*folders: str) -> list[tuple[str, bytes]]:
    """The files of some folders of the corpus."""
    paths = [path for folder in folders for path in sorted((CORPUS / folder).rglob("*")) if path.is_file()]
    return [(str(path), path.read_bytes()) for path in paths]


def measure(read: Callable[[str, bytes], object], files: Files, *, repeat: int = 3) -> float:
    """Processor seconds for all files, the best of `repeat` passes; what a reader refuses counts as read.

    Not by the clock: other work on the machine should not count. Never nothing, which a machine may say of a few files.
    """
    best = float("inf")
    for _ in range(repeat):
        began = time.process_time()
        for name, data in files:
            with contextlib.suppress(Exception):  # every parser has its own errors
                read(name, data)
        best = min(best, time.process_time() - began)
    return max(best, 1e-9)


def our_bare_parse(name: str, data: bytes) -> object:
    """Only the parse that our scan rests on."""
    source = Source(data, name=name)
    if name.endswith(".tf"):
        return parse_hcl(source)
    if source.text.lstrip().startswith("{"):
        try:
            return read_json(source)
        except TemplateRefused:
            pass
    return read_yaml(source)


def ours(name: str, data: bytes) -> object:
    """The scan."""
    return scan(data, name=name)


def readers(yaml_files: Files, tf_files: Files) -> list[tuple[str, str, Files, Callable[[str, bytes], object], int]]:
    """Label, what it reads, files, reader, passes."""
    hcl = Parser(Language(tree_sitter_hcl.language()))
    both = [*yaml_files, *tf_files]
    return [
        ("our scan", "all", both, ours, 5),
        ("our bare parse", "all", both, our_bare_parse, 5),
        ("our scan", "YAML, JSON", yaml_files, ours, 5),
        ("our bare parse", "YAML, JSON", yaml_files, our_bare_parse, 5),
        (
            "libyaml compose (PyYAML CSafeLoader)",
            "YAML, JSON",
            yaml_files,
            lambda _, d: yaml.compose(d, yaml.CSafeLoader),
            5,
        ),
        ("PyYAML pure load", "YAML, JSON", yaml_files, lambda _, d: yaml.load(d, yaml.SafeLoader), 2),
        ("ruamel.yaml round trip", "YAML, JSON", yaml_files, _round_trip, 2),
        ("our scan", "Terraform", tf_files, ours, 5),
        ("our bare parse", "Terraform", tf_files, our_bare_parse, 5),
        ("tree-sitter-hcl parse", "Terraform", tf_files, lambda _, d: hcl.parse(d), 5),
        ("python-hcl2 parse", "Terraform", tf_files, lambda _, d: hcl2.loads(d.decode() + "\n"), 2),
    ]


def _round_trip(_: str, data: bytes) -> object:
    parser = YAML()
    out = io.StringIO()
    parser.dump(parser.load(data.decode()), out)
    return out


def main() -> int:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--most", type=int, help="how many files of each kind, the first ones")
    asked = arguments.parse_args()
    as_json, most = asked.json, asked.most
    if not CORPUS.is_dir():
        print(f"left out: there is no {CORPUS}")
        return 0
    yaml_files = load("ros", "config")[:most]
    tf_files = [file for file in load("tf") if file[0].endswith(".tf")][:most]
    rows: list[dict[str, str | int | float]] = []
    gc.freeze()  # the modules of five parsers are nobody's burden: the collector would walk them in every pass
    every = readers(yaml_files, tf_files)
    best = [float("inf")] * len(every)
    for number in range(max(repeat for *_, repeat in every)):  # in turn, so that all meet the same machine
        for index, (_, _, files, read, repeat) in enumerate(every):
            if number < repeat:
                gc.collect()
                best[index] = min(best[index], measure(read, files, repeat=1))
    for (label, what, files, _, _), seconds in zip(every, best, strict=True):
        size = sum(len(data) for _, data in files)
        rows.append({"reader": label, "files": what, "bytes": size, "seconds": round(seconds, 9)})
    extra = single_figures(yaml_files + tf_files)
    if as_json:
        print(json.dumps({"readers": rows, **extra}, indent=2))
        return 0
    scans = {str(row["files"]): float(row["seconds"]) for row in rows if row["reader"] == "our scan"}
    print("| reader | files | MB | seconds | MB/s | our scan takes |\n|---|---|---|---|---|---|")
    for row in rows:
        megabytes, seconds = int(row["bytes"]) / 1e6, float(row["seconds"])
        ratio = scans[str(row["files"])] / seconds
        share = "" if row["reader"] == "our scan" else f"{ratio:.2f} x" if ratio >= 1 / 3 else f"1/{1 / ratio:.0f}"
        figures = f"{megabytes:.2f} | {seconds:.3f} | {megabytes / seconds:.2f} | {share}"
        print(f"| {row['reader']} | {row['files']} | {figures} |")
    print("\n" + "\n".join(f"- {label}: {value}" for label, value in extra.items()))
    return 0


def single_figures(files: Files) -> dict[str, str]:
    """The largest file, and rendering thirty regions against one scan."""
    name, data = max(files, key=lambda file: len(file[1]))
    size = len(data)
    largest = min(measure(ours, [(name, data)], repeat=1) for _ in range(5))
    scans, renders = 1e-9, 0.0
    for name, data in files:
        try:
            began = time.process_time()
            found = scan(data, name=name)
            scanned = time.process_time() - began
        except TemplateRefused:
            continue
        values = sorted({p.value for p in found.positions if p.is_editable and p.value})
        if not values:
            continue
        images = {value: dict.fromkeys(REGIONS, "m-0123456789") for value in values}
        began = time.process_time()
        render_regions(data, scan=found, substitutions=images, regions=REGIONS)
        renders += time.process_time() - began
        scans += scanned
    return {
        "largest file": f"{size:,} bytes in {largest * 1e3:.1f} ms",
        "30 regions": f"rendered in {renders:.3f} s, one scan of them {scans:.3f} s ({renders / scans:.2f} x)",
    }


if __name__ == "__main__":
    sys.exit(main())
