"""What images on this machine are made of: files of a folder, or members of a tar, by name; and the digests of them.

A name leads to a part of a file, and blobs are read from there when they are sent: nothing is unpacked. Whatever an
archive holds, reading its list takes bounded time and memory. Everything here reads files, so it runs beside the event
loop.
"""

from __future__ import annotations

import hashlib
import io
import os
import posixpath
import stat
import tarfile
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from computenest.cloud.registry.docker_archive import PLAIN, Layer, format_of
from computenest.kernel.errors import Invalid

_BLOCK_BYTES = 1 << 20
_MAX_MEMBERS = 20_000  # the largest archive of images has some hundreds; this many are read in half a second
_MAX_HEADER_BYTES = 1 << 20  # of one member: long names and PAX records
_MAX_HEADERS_BYTES = 64 << 20
_MAX_LINKS = 10
_MAX_LAYER_BYTES = 64 << 30  # plain; minutes of work
_KNOWN_DIGESTS = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a file."""

    path: Path
    begin: int
    size_bytes: int


class Files(Protocol):
    """Files by name, whatever they lie in."""

    def has(self, name: str) -> bool:
        """Whether there is such a name."""
        ...

    def place(self, name: str) -> Place:
        """Where it lies; Invalid where it does not, or is no file."""
        ...


def unreadable(path: Path | str, error: Exception) -> Invalid:
    """What a file that cannot be read is to the user."""
    return Invalid(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}", path="source.path")


def _lacks(what: Path, name: str) -> Invalid:
    return Invalid(f"{what} lacks {name}", path="source.path", hint="it is damaged, or was copied in part")


@dataclass(frozen=True, slots=True)
class Folder:
    """Files of a folder. Links are followed, as every client does: a blob's digest tells whether it is right."""

    path: Path

    def has(self, name: str) -> bool:
        return os.path.lexists(self.path / name)

    def place(self, name: str) -> Place:
        file = self.path / name
        try:
            found = file.stat()
        except FileNotFoundError as error:
            if not file.is_symlink():
                raise _lacks(self.path, name) from error
            raise Invalid(
                f"{file} is a symbolic link to {file.readlink()}, which is not there", path="source.path"
            ) from error
        except OSError as error:
            raise unreadable(file, error) from error
        if not stat.S_ISREG(found.st_mode):
            raise Invalid(f"{file} is no file", path="source.path")
        return Place(file, 0, found.st_size)


class Archive:
    """Members of a tar without compression.

    Raises:
        Invalid: it is none, is damaged, holds too many members, or one that leads out of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[str, Place] = {}
        self._links: dict[str, str] = {}
        self._doubles: dict[str, Place] = {}
        self._odd: dict[str, str] = {}
        try:
            mode = path.stat().st_mode
            if not stat.S_ISREG(mode):
                hint = "a folder is an OciLayout" if stat.S_ISDIR(mode) else ""
                raise Invalid(f"{path} is no file", path="source.path", hint=hint)
            with path.open("rb") as file:
                self._refuse_other_formats(file.read(512))
                file.seek(0)
                self._read(file)
        except OSError as error:
            raise unreadable(path, error) from error

    def _refuse_other_formats(self, head: bytes) -> None:
        format_ = format_of(head)
        if format_ != PLAIN and head[257:262] != b"ustar":
            raise Invalid(
                f"{self.path} is compressed with {format_}",
                path="source.path",
                hint="decompress it (gunzip, zstd -d, …), or use an OCI layout",
            )

    def _read(self, file: io.BufferedReader) -> None:
        last, count = "", 0
        try:
            with tarfile.open(fileobj=_Capped(file), mode="r:") as archive:  # type: ignore[call-overload]
                for member in _members(archive):
                    last, count = member.name, count + 1
                    if count > _MAX_MEMBERS:
                        raise Invalid(
                            f"{self.path} holds more than {_MAX_MEMBERS} members ({last[:200]!r} is one more): "
                            "is it an image?",
                            path="source.path",
                        )
                    self._take(member)
        except (tarfile.TarError, ValueError, OverflowError, IndexError, TypeError, EOFError) as error:
            what = f"is damaged or cut off after {last[:200]!r}" if last else "is no tar archive"
            raise Invalid(f"{self.path} {what}: {error}", path="source.path") from error

    def _take(self, member: tarfile.TarInfo) -> None:
        name = posixpath.normpath(member.name)
        leads_out = _leads_out(member.name)
        target = ""
        if member.issym() or member.islnk():
            base = posixpath.dirname(name) if member.issym() else ""
            target = posixpath.normpath(posixpath.join(base, member.linkname))
            leads_out = leads_out or member.linkname.startswith("/") or target.split("/")[0] == ".."
        if leads_out:
            to = f", a link to {member.linkname[:200]!r}," if target else ""
            raise Invalid(
                f"{self.path}: the member {member.name[:200]!r}{to} leads out of the archive", path="source.path"
            )
        if target:
            self._links[name] = target
        elif not member.isreg() or member.issparse():
            self._odd[name] = "stored with holes (tar --sparse)" if member.issparse() else "no file"
        else:
            place = Place(self.path, member.offset_data, member.size)
            if name in self._places:
                self._doubles.setdefault(name, self._places[name])
            self._places[name] = place

    def has(self, name: str) -> bool:
        return name in self._places or name in self._links or name in self._odd

    def place(self, name: str) -> Place:
        target = name
        for _ in range(_MAX_LINKS):
            if target in self._places:
                break
            if target in self._odd:
                raise Invalid(f"{self.path}: {target} is {self._odd[target]}", path="source.path")
            if target not in self._links:
                raise _lacks(self.path, name if target == name else f"{target}, to which {name} is a link")
            target = self._links[target]
        else:
            raise Invalid(f"{self.path}: {name} is a link that leads nowhere", path="source.path")
        first, found = self._doubles.get(target), self._places[target]
        if first is not None and digest_at(first) != digest_at(found):
            raise Invalid(f"{self.path} holds {target} twice, each time with another content", path="source.path")
        return found

    def roots(self, name: str) -> tuple[str, ...]:
        """Folders of the archive in which this name is found."""
        found = (posixpath.dirname(path) for path in self._places if posixpath.basename(path) == name)
        return tuple(sorted({folder for folder in found if folder}))


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while (member := archive.next()) is not None:
        archive.members = []  # type: ignore[attr-defined]  # tarfile keeps all of them otherwise
        yield member


def _leads_out(name: str) -> bool:
    return name.startswith("/") or ".." in name.split("/")


class _Capped:
    """A file that gives tarfile no more than headers need: a record of 2 GiB is damage, or worse."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file, self._left = file, _MAX_HEADERS_BYTES
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MAX_HEADER_BYTES or self._left < size:
            raise tarfile.ReadError(f"a header of {size} bytes")
        self._left -= size
        return self._file.read(size)


_known: dict[tuple[object, ...], str] = {}
_known_lock = threading.Lock()


def _remembered(place: Place, what: str, count: Callable[[int], str]) -> str:
    """What `count` finds in a part of a file, for as long as the file is the one that it was."""
    try:
        with place.path.open("rb", 0) as file:
            at = os.fstat(file.fileno())
            key = (
                what,
                at.st_dev,
                at.st_ino,
                at.st_size,
                at.st_mtime_ns,
                at.st_ctime_ns,
                place.begin,
                place.size_bytes,
            )
            found = _known.get(key)
            if found is None:
                found = count(file.fileno())
                with _known_lock:
                    if len(_known) >= _KNOWN_DIGESTS:
                        _known.clear()
                    _known[key] = found
            return found
    except OSError as error:
        raise unreadable(place.path, error) from error


def _blocks(place: Place, descriptor: int) -> Iterator[bytes]:
    position, end = place.begin, place.begin + place.size_bytes
    while position < end:
        block = os.pread(descriptor, min(_BLOCK_BYTES, end - position), position)
        if not block:
            raise Invalid(f"{place.path} became shorter while it was read", path="source.path")
        position += len(block)
        yield block


def digest_at(place: Place) -> str:
    """The digest of the bytes, read once for as long as the file stays what it is."""

    def count(descriptor: int) -> str:
        seen = hashlib.sha256()
        for block in _blocks(place, descriptor):
            seen.update(block)
        return "sha256:" + seen.hexdigest()

    return _remembered(place, "plain", count)


def read_at(place: Place, *, limit: int, name: str) -> bytes:
    """The bytes, where they are no more than `limit`."""
    if place.size_bytes > limit:
        raise Invalid(f"{name} in {place.path} has {place.size_bytes} bytes, and may have {limit}", path="source.path")
    try:
        with place.path.open("rb", 0) as file:
            return b"".join(_blocks(place, file.fileno()))
    except OSError as error:
        raise unreadable(place.path, error) from error


def layer_at(place: Place, *, diff_id: str, name: str) -> Layer:
    """A layer of a docker-save archive, held against the digest of its plain tar.

    Raises:
        Invalid: it is another layer, or damaged.
    """
    digest = digest_at(place)
    if digest == diff_id:
        return Layer(digest, PLAIN, place.size_bytes)
    format_ = format_of(read_at(Place(place.path, place.begin, min(8, place.size_bytes)), limit=8, name=name))
    plain = _inflated_digest(place) if format_ == "gzip" else digest
    if format_ in (PLAIN, "gzip") and plain != diff_id:
        raise Invalid(
            f"layer {name} in {place.path} is damaged: the image's configuration says {diff_id}, it is {plain}",
            path="source.path",
        )
    return Layer(digest, format_, place.size_bytes)


def _inflated_digest(place: Place) -> str:
    def count(descriptor: int) -> str:
        seen, size = hashlib.sha256(), 0
        inflate = zlib.decompressobj(wbits=31)
        for block in _blocks(place, descriptor):
            rest = block
            while rest:
                if inflate.eof:
                    inflate = zlib.decompressobj(wbits=31)
                plain = inflate.decompress(rest, _BLOCK_BYTES)
                rest = inflate.unconsumed_tail or inflate.unused_data
                seen.update(plain)
                size += len(plain)
                if size > _MAX_LAYER_BYTES:
                    return "larger than any layer"
        while not inflate.eof and (plain := inflate.decompress(b"", _BLOCK_BYTES)):
            seen.update(plain)
        return "sha256:" + seen.hexdigest() if inflate.eof else "cut off"

    try:
        return _remembered(place, "gzip", count)
    except zlib.error:
        return "no gzip after some bytes"
