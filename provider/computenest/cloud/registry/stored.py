"""Tars in gzip's *stored* form: the same bytes for the same content on every machine, whatever zlib it has. Pure.

Entries carry neither times nor owners, and nothing is compressed, so no compressor and no version of one has a part in
the digest: zlib and zlib-ng, for one, differ. A name that the plain header has no room for gets a PAX
header, made here byte by byte for the same reason.
"""

from __future__ import annotations

import struct
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

MODE = 0o644
FOLDER_MODE = 0o755
_BLOCK = 0xFFFF  # the largest stored block of deflate (RFC 1951)
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LARGEST_IN_HEADER = 8 << 30  # 11 octal digits


def tar_header(name: str, size_bytes: int, *, mode: int = MODE, is_folder: bool = False) -> bytes:
    """The header of one entry."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size_bytes, mode, 0
    if is_folder:
        entry.type = tarfile.DIRTYPE
    raw = name.encode("utf-8", "surrogateescape")
    records = b""
    try:
        return entry.tobuf(tarfile.USTAR_FORMAT, "utf-8", "surrogateescape")
    except ValueError:  # over 100 bytes for the name, or 155 for the folders; or over 8 GiB
        records = _record(b"path", raw)
    if size_bytes >= _LARGEST_IN_HEADER:
        records += _record(b"size", b"%d" % size_bytes)
        entry.size = 0
    extended = tarfile.TarInfo("././@PaxHeader")
    extended.type, extended.size, extended.mode, extended.mtime = tarfile.XHDTYPE, len(records), MODE, 0
    entry.name = raw[:100].decode("utf-8", "ignore").rstrip("/").replace("/", "_")
    return b"".join([
        extended.tobuf(tarfile.USTAR_FORMAT, "utf-8", "surrogateescape"), records, padding(len(records)),
        entry.tobuf(tarfile.USTAR_FORMAT, "utf-8", "surrogateescape"),
    ])  # fmt: skip


def _record(key: bytes, value: bytes) -> bytes:
    length = len(key) + len(value) + len(b" =\n")
    digits = len(str(length + len(str(length))))
    return b"%d %s=%s\n" % (length + digits, key, value)


def padding(size_bytes: int) -> bytes:
    """What follows content of that size."""
    return b"\0" * (-size_bytes % tarfile.BLOCKSIZE)


def tar_end(size_bytes: int) -> bytes:
    """What ends a tar of so many bytes."""
    end = 2 * tarfile.BLOCKSIZE
    return b"\0" * (end + -(size_bytes + end) % tarfile.RECORDSIZE)


def stored_size(size_bytes: int) -> int:
    """The size of the gzip of so many bytes."""
    blocks = max(1, -(-size_bytes // _BLOCK))
    return len(_HEAD) + size_bytes + 5 * blocks + 8


@dataclass(slots=True)
class Gzip:
    """One gzip member of a content whose size is known, made as the content comes.

    Args:
        size_bytes: of the whole content.
    """

    size_bytes: int
    _taken: int = 0
    _check: int = 0
    _rest: bytearray = field(default_factory=bytearray)

    def begin(self) -> bytes:
        """The member's head; of no content its one empty block too."""
        return _HEAD + (b"" if self.size_bytes else struct.pack("<BHH", 1, 0, 0xFFFF))

    def take(self, data: bytes | memoryview) -> Iterator[bytes]:
        """The bytes that this much more content comes to."""
        self._check = zlib.crc32(data, self._check)
        self._rest += data
        start = 0
        while len(self._rest) - start >= _BLOCK:
            yield self._block(start, _BLOCK)
            start += _BLOCK
        del self._rest[:start]

    def end(self) -> bytes:
        """The last block, and what follows it.

        Raises:
            ValueError: more or less content came than was said.
        """
        last = self._block(0, len(self._rest)) if self._rest else b""
        if self._taken != self.size_bytes:
            raise ValueError(f"{self._taken} bytes came, not {self.size_bytes}")
        return last + struct.pack("<II", self._check, self.size_bytes & 0xFFFFFFFF)

    def _block(self, start: int, size_bytes: int) -> bytes:
        self._taken += size_bytes
        head = struct.pack("<BHH", self._taken == self.size_bytes, size_bytes, size_bytes ^ 0xFFFF)
        return head + bytes(self._rest[start : start + size_bytes])


def stored_gzip(data: bytes | memoryview) -> bytes:
    """gzip without compression of a content that is at hand."""
    made = Gzip(len(data))
    return b"".join([made.begin(), *made.take(data), made.end()])
