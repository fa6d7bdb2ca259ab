"""The bytes of objects, in files beside the state file: written as they arrive, shared by copies, never held in memory.

A body is a list of segments of such files, so that a copy and the completion of a multipart upload move no bytes. A
file goes when its last segment does; what a killed server left behind goes at the next start.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, cast

import crcmod

from computenest_cloud.services.oss.records import Segment

CHUNK_BYTES = 1 << 18
# Two distributions of crcmod may be installed at once (oss2 brings the other), one of them with types.
_CRC64: Callable[..., int] = crcmod.mkCrcFun(  # type: ignore[attr-defined, unused-ignore]
    0x142F0E1EBA9EA3693, initCrc=0, xorOut=0xFFFFFFFFFFFFFFFF, rev=True
)  # ECMA-182, as the official SDKs compute it


def crc64(content: Iterable[bytes]) -> str:
    value = 0
    for chunk in content:
        value = _CRC64(chunk, value)
    return str(value)


class Incoming:
    """A body under way. `finish` makes it a segment; anything else must `abandon` it."""

    def __init__(self, path: Path, *, computes_crc: bool) -> None:
        self._path = path
        self._file = cast("IO[bytes]", path.open("xb", buffering=0))
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc: int | None = 0 if computes_crc else None
        self.size_bytes = 0

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._md5.update(chunk)
        if self._crc is not None:
            self._crc = _CRC64(chunk, self._crc)
        self.size_bytes += len(chunk)

    @property
    def md5(self) -> bytes:
        return self._md5.digest()

    @property
    def etag(self) -> str:
        return self._md5.hexdigest().upper()

    @property
    def crc64(self) -> str:
        return "" if self._crc is None else str(self._crc)

    def finish(self) -> tuple[Segment, ...]:
        self._file.close()
        if not self.size_bytes:
            self._path.unlink()
            return ()
        return ((self._path.name, 0, self.size_bytes),)

    def abandon(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


class Bodies:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._uses: Counter[str] = Counter()
        self._dropped: set[str] = set()  # by changes that may still be undone

    def load(self, bodies: Iterable[tuple[Segment, ...]]) -> None:
        """Counts what is in use."""
        self._uses.clear()
        for segments in bodies:
            self.keep(segments)

    def clean_dropped(self) -> None:
        """Called when the changes that dropped files are kept."""
        for name in self._dropped:
            if name not in self._uses:
                (self._folder / name).unlink(missing_ok=True)
        self._dropped.clear()

    def clean(self) -> None:
        """Removes every file that is not in use."""
        for path in self._folder.iterdir():
            if path.name not in self._uses:
                path.unlink()

    def receive(self, *, computes_crc: bool = True) -> Incoming:
        return Incoming(self._folder / secrets.token_hex(12), computes_crc=computes_crc)

    def keep(self, segments: tuple[Segment, ...]) -> None:
        self._uses.update(name for name, _, _ in segments)

    def drop(self, segments: tuple[Segment, ...]) -> None:
        for name, _, _ in segments:
            self._uses[name] -= 1
            if self._uses[name] <= 0:
                del self._uses[name]
                self._dropped.add(name)

    def read(self, segments: tuple[Segment, ...]) -> Iterator[bytes]:
        for name, begin, length in segments:
            with (self._folder / name).open("rb", buffering=0) as file:
                file.seek(begin)
                left = length
                while left and (chunk := file.read(min(CHUNK_BYTES, left))):
                    left -= len(chunk)
                    yield chunk


def cut(segments: tuple[Segment, ...], start: int, end: int) -> tuple[Segment, ...]:
    """The segments of bytes `start` to `end` (exclusive)."""
    found = []
    at = 0
    for name, begin, length in segments:
        low, high = max(start, at), min(end, at + length)
        if low < high:
            found.append((name, begin + low - at, high - low))
        at += length
    return tuple(found)
