"""A chart's `.tgz`: written the same on every machine, read as helm reads one, in bounded time and memory. Pure.

Written is a tar of sorted entries without times or owners in gzip's *stored* form: see `cloud.registry.stored`.
"""

from __future__ import annotations

import io
import posixpath
import re
import tarfile
import zlib
from collections.abc import Mapping
from typing import IO

from typing_extensions import Buffer

from computenest.cloud.registry.stored import padding, stored_gzip, tar_end, tar_header
from computenest.kernel.errors import Invalid

MAX_BYTES = 100 << 20  # of a chart's files together: where helm stops
MAX_FILES = 10_000
_MAX_HEADER_BYTES = 1 << 20  # of one extended header
_MAX_ENTRIES = 3 * MAX_FILES  # folders, and headers of long names
_BOM = b"\xef\xbb\xbf"
_DRIVE = re.compile(r"[a-zA-Z]:/")
_EXTENDED = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


def write_tgz(name: str, files: Mapping[str, bytes]) -> bytes:
    """The package of a chart's files; Chart.yaml comes first, by which helm tells a chart quickly."""
    out = io.BytesIO()
    for path in sorted(files, key=lambda one: (one != "Chart.yaml", one)):
        out.write(tar_header(f"{name}/{path}", len(files[path])))
        out.write(files[path])
        out.write(padding(len(files[path])))
    out.write(tar_end(out.tell()))
    return stored_gzip(out.getbuffer())


class _Entry(tarfile.TarInfo):
    """An entry whose extended headers have a limit: tarfile reads them into memory whole."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Entry:
        entry = super().frombuf(buf, encoding, errors)
        if entry.type in _EXTENDED and entry.size > _MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"an extended header of {entry.size} bytes")
        return entry


class _Unzipped(io.RawIOBase):
    """What a gzip stream unpacks to, as far as a limit."""

    def __init__(self, data: bytes, limit_bytes: int) -> None:
        self._left = limit_bytes
        self._unzip = zlib.decompressobj(wbits=31)
        self._rest = memoryview(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        room = memoryview(buffer)
        while True:
            found = self._unzip.decompress(self._unzip.unconsumed_tail or self._next(), len(room))
            if found:
                self._left -= len(found)
                if self._left < 0:
                    raise tarfile.ReadError(f"it unpacks to more than {MAX_BYTES} bytes")
                room[: len(found)] = found
                return len(found)
            if self._unzip.eof:
                rest = bytes(self._unzip.unused_data) + bytes(self._rest)
                if not rest.startswith(b"\x1f\x8b"):
                    return 0
                self._unzip, self._rest = zlib.decompressobj(wbits=31), memoryview(rest)  # another member
            elif not self._unzip.unconsumed_tail and not self._rest:
                return 0  # cut off: whether the tar is whole is the tar's to say

    def _next(self) -> bytes:
        block, self._rest = bytes(self._rest[: 1 << 16]), self._rest[1 << 16 :]
        return block


def read_tgz(content: bytes, *, path: str, what: str = "the chart") -> dict[str, bytes]:
    """The files of a packaged chart by their path below its folder, as helm reads them.

    Raises:
        Invalid: it is no package, is too large, or holds names that lead elsewhere; `path` is the property's.
    """
    files: dict[str, bytes] = {}
    left = MAX_BYTES
    try:
        source: IO[bytes] = io.BufferedReader(_Unzipped(content, MAX_BYTES + _MAX_ENTRIES * 1024), 1 << 16)
        with tarfile.open(fileobj=source, mode="r|", tarinfo=_Entry) as archive:
            for count, entry in enumerate(archive):
                archive.members = []  # type: ignore[attr-defined]  # tarfile would keep all of them
                if count >= _MAX_ENTRIES or len(files) > MAX_FILES:
                    raise Invalid(f"{what} holds more than {MAX_FILES} files: is it a chart?", path=path)
                if entry.isdir():
                    continue
                name = inner_name(entry.name, path=path, what=what)
                if name in files and name == "Chart.yaml":
                    raise Invalid(f"{what} holds two Chart.yaml: tools would take it for two charts", path=path)
                left -= entry.size
                if left < 0:
                    raise Invalid(f"{what} unpacks to more than {MAX_BYTES} bytes", path=path)
                held = archive.extractfile(entry) if entry.isreg() else None
                files[name] = b"" if held is None else held.read().removeprefix(_BOM)
    except (tarfile.TarError, EOFError, OSError, zlib.error, UnicodeError, ValueError) as error:
        raise Invalid(f"{what} is no chart's .tgz: {error}", path=path) from error
    if not files:
        raise Invalid(f"{what} is no chart's .tgz: it holds no files", path=path)
    return files


def inner_name(name: str, *, path: str, what: str) -> str:
    """An entry's path below the chart's folder.

    Raises:
        Invalid: helm refuses an archive with such an entry.
    """
    separator = "\\" if "\\" in name else "/"
    first, _, rest = name.partition(separator)
    inner = rest.replace(separator, "/")
    clean = posixpath.normpath(inner) if inner else "."
    if inner.startswith("/") or clean == "." or clean.startswith("..") or _DRIVE.match(clean):
        raise Invalid(f"{what} holds {name!r}, which does not lie below its folder", path=path)
    if first == "Chart.yaml":
        raise Invalid(f"{what} holds {name!r}: its files have to lie in one folder", path=path)
    return clean
