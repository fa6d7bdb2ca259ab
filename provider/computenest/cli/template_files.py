"""The files that a command about templates reads: those that were named, those in folders, and what they name.

A folder holds more than templates. What is legal YAML or JSON of something else, or was never meant to be a template
(manifests, charts, workflows), is passed over and counted; a file that was named itself is not.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from computenest.cli.terraform_files import SUFFIXES, scan_terraform_files

if TYPE_CHECKING:
    from computenest.templates import Scan, TemplateRefused

_SUFFIXES = (".yaml", ".yml", ".json", ".template", *SUFFIXES)
_SKIPPED_FOLDERS = frozenset({".git", ".terraform", ".venv", "node_modules", "__pycache__"})


@dataclass
class Reading:
    """Scans and refusals by file, objects for files that cannot be opened, and the names of those passed over."""

    scans: dict[str, Scan] = field(default_factory=dict)
    refused: dict[str, TemplateRefused] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    passed_over: set[str] = field(default_factory=set)


def read_file(path: Path) -> bytes:
    """A file's bytes, one more than allowed at most: enough to be refused."""
    from computenest.templates import MAX_TEMPLATE_BYTES

    with path.open("rb") as stream:
        return stream.read(MAX_TEMPLATE_BYTES + 1)


def read_all(paths: Sequence[Path]) -> Reading:
    """Scan files and folders. Terraform's files are read by folder, with what lies beside a file that was named."""
    from computenest.templates import TemplateRefused, scan

    reading = Reading()
    contents: dict[str, bytes] = {}
    results: dict[str, Scan | TemplateRefused] = {}
    named: set[str] = set()
    for path, is_named in _files(paths):
        name = str(path)
        try:
            contents[name] = read_file(path)
        except OSError as error:
            reading.errors.append({"file": name, "line": None, "error": error.strerror or str(error)})
        if is_named:
            named.add(name)
    terraform = {name: data for name, data in contents.items() if name.endswith(SUFFIXES)}
    for name, data in contents.items():
        if name in terraform:
            continue
        try:
            results[name] = scan(data, name=name)
        except TemplateRefused as refused:
            if name in named or not refused.is_foreign:
                results[name] = refused
            else:
                reading.passed_over.add(name)
    if terraform:
        results |= scan_terraform_files(terraform, read=read_file)
    for name in dict.fromkeys((*contents, *results)):
        result = results.get(name)
        if isinstance(result, TemplateRefused):
            reading.refused[name] = result
        elif result is not None:
            reading.scans[name] = result
    return reading


def read_named(reading: Reading) -> dict[str, dict[str, str | None]]:
    """For each configuration, the files that its Urls name; those that were not asked for are read, too."""
    known = {_real(name): name for name in (*reading.scans, *reading.refused)}
    links: dict[str, dict[str, str | None]] = {}
    for name, scan in list(reading.scans.items()):
        for template in scan.templates:
            if _is_file(template.url):
                links.setdefault(name, {})[template.url] = _named(name, template.url, known, reading)
    return links


def _named(configuration: str, url: str, known: dict[str, str], reading: Reading) -> str | None:
    """The file that a Url means: beside the configuration, or below the folder of its service."""
    folder = Path(configuration).parent
    for base in dict.fromkeys((folder, Path(group_of(configuration)))):
        path = Path(os.path.normpath(base / url.lstrip("/")))
        real = _real(path)
        if real not in known and path.is_file():
            found = read_all([path])
            reading.scans |= found.scans
            reading.refused |= found.refused
            reading.errors += found.errors
            known[real] = str(path)
            reading.passed_over = {name for name in reading.passed_over if _real(name) != real}
        if real in known:
            return known[real]
    return None


def _real(path: str | Path) -> str:
    return os.path.realpath(path)


def _is_file(url: str) -> bool:
    """Whether a Url should be a file: no address, and nothing that somebody fills in."""
    return bool(url.strip()) and "://" not in url and "${" not in url and "{{" not in url


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """The files to read, each with whether it was named itself (or found in a folder)."""
    for path in dict.fromkeys(paths):
        if not path.is_dir():
            yield path, True
            continue
        for found in sorted(path.rglob("*")):
            inside = found.relative_to(path).parts
            if found.name.endswith(_SUFFIXES) and found.is_file() and not _SKIPPED_FOLDERS.intersection(inside):
                yield found, False


def group_of(name: str) -> str:
    """The folder of the service that a file belongs to: the one above `.computenest`, else its own."""
    path = Path(name)
    for parent in path.parents:
        if parent.name == ".computenest":
            return str(parent.parent)
    return str(path.parent)
