"""Packages of all sorts, as other tools and people who mean harm write them."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
from collections.abc import Callable

META = b"apiVersion: v2\nname: shop\nversion: 1.2.3\n"
TEMPLATE = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n"


class Archive:
    """A package that is not written yet: entries in their order, and what happens to the whole."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.format = self.rng.choice([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
        self.entries: list[tuple[tarfile.TarInfo, bytes]] = []
        self.wraps: list[Callable[[bytes], bytes]] = []
        for path, data in (("Chart.yaml", META), ("values.yaml", b"a: 1\n"), ("templates/c.yaml", TEMPLATE)):
            self.add(f"shop/{path}", data)
        for way in self.rng.sample(WAYS, self.rng.choice([1, 1, 2])):
            way(self)

    def add(self, name: str, data: bytes = b"", *, kind: bytes = tarfile.REGTYPE, link: str = "") -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.type, entry.linkname = len(data), kind, link
        self.entries.append((entry, data))

    def content(self) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=self.format) as archive:
            for entry, data in self.entries:
                try:
                    archive.addfile(entry, io.BytesIO(data))
                except ValueError:
                    continue  # the format has no room for the name
        raw = gzip.compress(out.getvalue(), 1, mtime=0)
        for wrap in self.wraps:
            raw = wrap(raw)
        return raw


def names(one: Archive) -> None:
    one.add(one.rng.choice([
        "./shop/x", "/shop/x", "shop/../x", "shop/../../x", "shop//x", "shop///etc/x", "shop/./x", "shop/a/../b",
        "other/x",
        "x", "../x", "..", ".", "shop", "shop/", "shop/..x", "shop/c:/x", "c:/shop/x", "shop\\x", "shop\\..\\x",
        "shop/a\\b",
        "Chart.yaml", "shop/" + "n" * 120, "shop/" + "d" * 90 + "/" + "n" * 120, "shop/é.txt", "shop/charts/_x/y",
        "shop/a b",
        "shop/shop/Chart.yaml", "shop/charts/x.txt", "shop/templates/x.exe",
    ]), b"x")  # fmt: skip


def kinds(one: Archive) -> None:
    kind = one.rng.choice(
        [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, b"7", b"Z"]
    )
    path = one.rng.choice(["shop/link", "shop/values.yaml", "shop/charts/x", "shop/templates"])
    one.add(path, kind=kind, link="shop/values.yaml" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else "")


def twice(one: Archive) -> None:
    path, data = one.rng.choice([
        ("values.yaml", b"- a\n"),
        ("values.yaml", b"b: 1\n"),
    ])  # fmt: skip
    one.add(f"shop/{path}", data)


def marks(one: Archive) -> None:
    one.entries = [(entry, b"\xef\xbb\xbf" + data if entry.isreg() else data) for entry, data in one.entries]
    for entry, data in one.entries:
        entry.size = len(data)


def folders(one: Archive) -> None:
    one.add("shop/templates", kind=tarfile.DIRTYPE)
    one.add("shop", kind=tarfile.DIRTYPE)


def missing(one: Archive) -> None:
    del one.entries[one.rng.randrange(len(one.entries))]


def root(one: Archive) -> None:
    name = one.rng.choice(["another", "", ".", "a/b", "shop-1.2.3"])
    for entry, _ in one.entries:
        entry.name = f"{name}/{entry.name.removeprefix('shop/')}" if name else entry.name.removeprefix("shop/")


def wholes(one: Archive) -> None:
    cut = one.rng.choice([1, 5, 30, 200])
    one.wraps.append(one.rng.choice([
        lambda raw: raw[:-cut], lambda raw: raw + b"garbage", lambda raw: raw + bytes(600), lambda raw: b"x" + raw,
        lambda _: b"",
        gzip.decompress, gzip.compress, lambda raw: raw + gzip.compress(b""),
        lambda _: gzip.compress(b""), lambda _: gzip.compress(bytes(1024)),
        lambda raw: raw[:10] + b"\xff" * 5 + raw[15:],
        lambda _: gzip.compress(b"no tar " * 200), lambda raw: gzip.compress(gzip.decompress(raw)[:-1024]),

        lambda raw: gzip.compress(gzip.decompress(raw) + b"more"),
    ]))  # fmt: skip


WAYS = [*[names] * 3, *[kinds] * 2, twice, marks, folders, missing, root, wholes]
