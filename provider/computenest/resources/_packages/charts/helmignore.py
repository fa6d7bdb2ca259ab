"""`.helmignore` as helm reads it, which is not as git reads it. Pure.

A pattern without a slash is for names, one with a slash for whole paths below the chart; a last slash is for folders
alone, and what lies in an ignored folder is never looked at. The first rule that fits decides. `!x` keeps everything
out that is *not* x: it takes nothing back. `**` is refused, `[^a]` is any character but a, `[!a]` is `!` or `a`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from computenest.kernel.errors import Invalid

HELMIGNORE = ".helmignore"
_BOM = b"\xef\xbb\xbf"
_MAX_LINE_BYTES = 64 << 10  # what the scanner of helm's language takes
_MAX_PATTERNS = 5_000
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


@dataclass(frozen=True, slots=True)
class _Rule:
    written: str
    fits: re.Pattern[str]
    is_for_paths: bool
    is_for_folders: bool
    is_negative: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one chart, those of its file first, then helm's own."""

    rules: tuple[_Rule, ...]

    def decider(self, path: str, *, is_folder: bool) -> str | None:
        """The rule that keeps a file or folder out, as it is written; None where none does."""
        for rule in self.rules:
            fits = rule.fits.fullmatch(path if rule.is_for_paths else path.rpartition("/")[2]) is not None
            if rule.is_negative:
                if not fits or (rule.is_for_folders and not is_folder):
                    return rule.written
            elif fits and (is_folder or not rule.is_for_folders):
                return rule.written
        return None

    def kept(self, paths: Iterable[str]) -> list[str]:
        """The files that are left when a tree of these is walked."""
        folders: dict[str, bool] = {"": True}
        found = []
        for path in paths:
            above = path.rpartition("/")[0]
            if self._enters(above, folders) and self.decider(path, is_folder=False) is None:
                found.append(path)
        return found

    def _enters(self, folder: str, known: dict[str, bool]) -> bool:
        if folder not in known:
            parts = folder.split("/")
            for count in range(1, len(parts) + 1):
                here, above = "/".join(parts[:count]), "/".join(parts[: count - 1])
                if here not in known:
                    known[here] = known[above] and self.decider(here, is_folder=True) is None
        return known[folder]


def parse_rules(data: bytes, *, path: str) -> Rules:
    """The rules of a chart's `.helmignore` (b"" where there is none).

    Raises:
        Invalid: helm refuses the file; `path` is the property's.
    """
    rules = []
    for number, line in enumerate(data.removeprefix(_BOM).split(b"\n"), 1):
        where = f"{HELMIGNORE}, line {number}"
        if len(line) >= _MAX_LINE_BYTES:
            raise Invalid(f"{where}: longer than {_MAX_LINE_BYTES} bytes", path=path)
        written = line.decode("utf-8", "surrogateescape").strip(_SPACE)
        if not written or written.startswith("#"):
            continue
        if "**" in written:
            hint = "name the file alone, or one folder after the other as in */*/secret.txt"
            raise Invalid(f"{where}: {written!r}: helm knows no **, and refuses the chart", path=path, hint=hint)
        rule = _rule(written)
        if rule is None:
            raise Invalid(f"{where}: {written!r} is no pattern: helm refuses the chart", path=path)
        rules.append(rule)
        if len(rules) > _MAX_PATTERNS:
            raise Invalid(f"{HELMIGNORE} holds more than {_MAX_PATTERNS} patterns", path=path)
    return Rules((*rules, *_OWN))


def _rule(written: str) -> _Rule | None:
    if _is_refused(written):
        return None
    is_negative = written.startswith("!")
    pattern = written[1:] if is_negative else written
    is_for_folders = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    fits = _compiled(pattern.removeprefix("/"))
    if fits is None:  # `!` and the slashes took away what made it whole, as in `[/`: it fits nothing
        fits = re.compile(r"(?!)")
    return _Rule(written, fits, "/" in pattern, is_for_folders, is_negative)


def _is_refused(pattern: str) -> bool:
    """Whether helm finds that a pattern is malformed: it matches `abc` with it, and does not look behind the stretch
    between two stars that does not fit any more."""
    chunks, is_whole = _chunks(pattern)
    if is_whole:
        return False
    *sound, _ = chunks
    reached = "".join(sound[:1] + [f"(?>[^/]*?{chunk})" for chunk in sound[1:]])
    return re.match(reached, "abc", re.DOTALL) is not None


def _compiled(pattern: str) -> re.Pattern[str] | None:
    """A pattern of one level as an expression, None where it is malformed.

    What stands between two stars is matched where it first fits and never again, as helm does it: nobody's pattern
    of thirty stars takes a minute.
    """
    (first, *rest), is_whole = _chunks(pattern)
    if not is_whole:
        return None
    starred = [f"(?>[^/]*?{chunk})" for chunk in rest[:-1]]
    last = [f"[^/]*?{rest[-1]}" if rest[-1] else "[^/]*"] if rest else []
    return re.compile("".join([first, *starred, *last]), re.DOTALL)


def _chunks(pattern: str) -> tuple[list[str], bool]:
    """The stretches between stars as expressions, and whether the last of them is whole."""
    chunks: list[list[str]] = [[]]
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            if chunks[-1] or len(chunks) == 1:
                chunks.append([])
        elif char == "?":
            chunks[-1].append("[^/]")
        elif char == "[":
            found = _class(pattern, at)
            if found is None:
                return ["".join(chunk) for chunk in chunks], False
            expression, at = found
            chunks[-1].append(expression)
        elif char == "\\":
            if at == len(pattern):
                return ["".join(chunk) for chunk in chunks], False
            chunks[-1].append(re.escape(pattern[at]))
            at += 1
        else:
            chunks[-1].append(re.escape(char))
    return ["".join(chunk) for chunk in chunks], True


def _class(pattern: str, at: int) -> tuple[str, int] | None:
    """What stands between brackets, from behind the opening one; with where it ends."""
    is_negative = pattern[at : at + 1] == "^"
    at += is_negative
    ranges: list[str] = []
    while True:
        if pattern[at : at + 1] == "]" and ranges:
            break
        low = _one(pattern, at)
        if low is None:
            return None
        first, at = low
        last = first
        if pattern[at : at + 1] == "-":
            high = _one(pattern, at + 1)
            if high is None:
                return None
            last, at = high
        ranges.append(f"{re.escape(first)}-{re.escape(last)}" if first <= last else "")
    inside = "".join(ranges)
    if not inside:
        return (r"[\s\S]" if is_negative else r"(?!)"), at + 1
    return f"[{'^' if is_negative else ''}{inside}]", at + 1


def _one(pattern: str, at: int) -> tuple[str, int] | None:
    char = pattern[at : at + 1]
    if char in ("", "-", "]"):
        return None
    if char == "\\":
        at += 1
        char = pattern[at : at + 1]
    if not char or at + 1 >= len(pattern):  # a class has to end
        return None
    return char, at + 1


_OWN = tuple(rule for rule in [_rule("templates/.?*")] if rule is not None)
