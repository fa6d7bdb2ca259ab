"""The files beside a Terraform file that decide what its arguments come to: its folder's, and those of called modules.

A file that was named alone is still part of a folder: variables are declared in others, tfvars set them, and a local
module has a folder of its own. They are read to resolve; what they hold is shown where a file that was asked for takes
it from there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from computenest.templates import Scan, TemplateRefused

SUFFIXES = (".tf", ".tf.json", ".tfvars", ".tfvars.json")
_SOURCE = re.compile(rb'\bsource"?\s*[=:]\s*"(\.{1,2}(?:/[^"\n$]*)?)"')
_MAX_FOLDERS = 100
_MAX_FILES = 1_000


def scan_terraform_files(
    asked: Mapping[str, bytes], *, read: Callable[[Path], bytes]
) -> dict[str, Scan | TemplateRefused]:
    """The scans of the files that were asked for, and of those beside them that hold one of their literals."""
    from computenest.templates import Scan, scan_module

    files = {**asked, **_beside(asked, read)}
    results = scan_module(files)
    taken = {
        (position.path, position.leaf)
        for name in asked
        if isinstance(found := results.get(name), Scan)
        for position in found.positions
        if not position.is_editable
    }
    return {
        name: found
        for name, found in results.items()
        if name in asked
        or (isinstance(found, Scan) and any(p.is_editable and (p.path, p.leaf) in taken for p in found.positions))
    }


def _beside(asked: Mapping[str, bytes], read: Callable[[Path], bytes]) -> dict[str, bytes]:
    """The other files of the folders, and of those that their module calls name; what cannot be opened is left out."""
    found: dict[str, bytes] = {}
    known = {os.path.realpath(name) for name in asked}
    folders = list(dict.fromkeys(Path(name).parent for name in asked))
    visited: set[str] = set()
    while folders and len(visited) < _MAX_FOLDERS:
        folder = folders.pop(0)
        if os.path.realpath(folder) in visited or not folder.is_dir():
            continue
        visited.add(os.path.realpath(folder))
        for path in sorted(folder.iterdir()):
            is_new = os.path.realpath(path) not in known and len(found) < _MAX_FILES
            if is_new and path.name.endswith(SUFFIXES) and path.is_file():
                known.add(os.path.realpath(path))
                try:
                    found[str(path)] = read(path)
                except OSError:
                    continue
        here = [data for name, data in {**asked, **found}.items() if Path(name).parent == folder]
        sources = [source.decode("utf-8", "replace") for data in here for source in _SOURCE.findall(data)]
        folders += [Path(os.path.normpath(folder / source)) for source in dict.fromkeys(sources)]
    return found
