"""A chart's folder, read as helm reads it: rules are applied while walking, links are followed, devices refused.

What a `.helmignore` keeps out is neither opened nor listed, so that it costs nothing and never leaves the machine.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from computenest.kernel.errors import Invalid
from computenest.resources._packages.charts.helmignore import HELMIGNORE, Rules, parse_rules
from computenest.resources._packages.charts.tarball import MAX_BYTES, MAX_FILES

_PROPERTY = "source.path"
_MAX_FOLDERS = 10_000  # links may lead to one folder by many ways
_MAX_RULES_BYTES = 1 << 20

_Folder: TypeAlias = "tuple[Path, str, tuple[Path, ...]]"
"""A folder, its path below the chart, and the real folders above it."""


@dataclass(slots=True)
class _Walk:
    """One way through a chart's folders: what was taken in, and how much more may be."""

    rules: Rules
    files: dict[str, bytes] = field(default_factory=dict)
    folders: int = 0
    left_bytes: int = MAX_BYTES

    def folder(self, place: Path, below: str, above: tuple[Path, ...]) -> list[_Folder]:
        """Takes in what lies in one folder; what lies deeper is returned: path, path below the chart, real folders."""
        self.folders += 1
        if self.folders > _MAX_FOLDERS:
            raise Invalid(f"the chart holds more than {_MAX_FOLDERS} folders: is it a chart?", path=_PROPERTY)
        deeper: list[_Folder] = []
        for entry in sorted(place.iterdir(), key=os.fsencode):
            found, inner, info = entry, f"{below}{entry.name}", entry.lstat()
            if stat.S_ISLNK(info.st_mode):
                found, info = _resolved(found, inner)
            is_folder = stat.S_ISDIR(info.st_mode)
            if self.rules.decider(inner, is_folder=is_folder) is not None:
                continue
            if not is_folder:
                self._take(found, inner, info)
                continue
            real = found.resolve()
            if real in above:
                raise Invalid(f"{inner} in the chart is a link to a folder that it lies in itself", path=_PROPERTY)
            deeper.append((found, f"{inner}/", (*above, real)))
        return deeper

    def _take(self, place: Path, inner: str, info: os.stat_result) -> None:
        if not stat.S_ISREG(info.st_mode):
            raise Invalid(f"{inner} in the chart is neither a file nor a folder", path=_PROPERTY)
        if len(self.files) >= MAX_FILES:
            raise Invalid(
                f"the chart holds more than {MAX_FILES} files: is it a chart?",
                path=_PROPERTY,
                hint="let .helmignore name what does not belong to it",
            )
        data = read_bounded(place, limit_bytes=self.left_bytes, what=f"the chart, with {inner},")
        self.left_bytes -= len(data)
        self.files[inner] = data


def _resolved(link: Path, inner: str) -> tuple[Path, os.stat_result]:
    try:
        real = link.resolve(strict=True)
        return real, real.stat()
    except (OSError, RuntimeError) as error:
        raise Invalid(
            f"{inner} in the chart is a link to {link.readlink()}, which cannot be followed",
            path=_PROPERTY,
            hint="take it out, or let .helmignore name the folder that it lies in",
        ) from error


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a chart's folder that belong to it, by path below the folder.

    Raises:
        Invalid: it is no folder, cannot be read, or holds what helm refuses.
    """
    if not folder.is_dir():
        raise Invalid(f"{folder} is no folder", path=_PROPERTY, hint="name the chart's folder, or its .tgz")
    rules_file = folder / HELMIGNORE
    try:
        if not (folder / "Chart.yaml").exists():
            return {}  # no chart, and `/` is a folder too
        written = b""
        if rules_file.exists():
            written = read_bounded(rules_file, limit_bytes=_MAX_RULES_BYTES, what=str(rules_file))
        walk = _Walk(parse_rules(written, path=_PROPERTY))
        waiting: list[_Folder] = [(folder, "", (folder.resolve(),))]
        while waiting:
            waiting += walk.folder(*waiting.pop())
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else folder
        raise Invalid(f"{where} cannot be read: {error.strerror or error}", path=_PROPERTY) from error
    if "Chart.yaml" not in walk.files and (folder / "Chart.yaml").is_file():
        decider = walk.rules.decider("Chart.yaml", is_folder=False)
        raise Invalid(
            f"the chart's .helmignore keeps its Chart.yaml out, by the line {decider!r}",
            path=_PROPERTY,
            hint="helm's `!x` takes nothing back: it keeps out all that is not x",
        )
    return walk.files


def read_bounded(path: Path, *, limit_bytes: int, what: str) -> bytes:
    """A regular file's bytes; nothing else is opened for long.

    Raises:
        Invalid: it is larger.
        OSError: it cannot be read.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Invalid(f"{path} is no file", path=_PROPERTY)
        data = file.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise Invalid(f"{what} has more than {limit_bytes} bytes", path=_PROPERTY)
    return data
