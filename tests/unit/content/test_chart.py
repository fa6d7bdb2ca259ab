"""Charts: what is wrong with one, and that equal content gives the same package, byte for byte."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computenest.kernel.errors import Invalid
from computenest.resources._packages.charts.chart import Chart, lint, package, read_package
from computenest.resources._packages.charts.tarball import MAX_FILES, write_tgz

META = b"apiVersion: v2\nname: shop\nversion: 1.2.3+build.5\nicon: https://example.com/i.png\n"
FILES = {"Chart.yaml": META, "values.yaml": b"a: 1\n", "templates/x.yaml": b"kind: ConfigMap\n"}


def names(content: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        return archive.getnames()


def test_a_sound_chart_is_packaged_for_its_name_and_version() -> None:
    assert lint(FILES) == ()
    chart = package(FILES, path="source.path")
    assert (chart.name, chart.version, chart.tag) == ("shop", "1.2.3+build.5", "1.2.3_build.5")
    assert names(chart.content) == ["shop/Chart.yaml", "shop/templates/x.yaml", "shop/values.yaml"]
    assert json.loads(chart.config)["name"] == "shop"
    assert gzip.decompress(chart.content)[:15] == b"shop/Chart.yaml"


@given(
    st.dictionaries(st.from_regex(r"templates/[a-z]{1,8}\.yaml", fullmatch=True), st.binary(max_size=200), max_size=5)
)
def test_the_order_of_files_has_no_part_in_the_package(extra: dict[str, bytes]) -> None:
    files = FILES | extra
    turned = dict(reversed(files.items()))
    assert package(files, path="p").manifest().digest == package(turned, path="p").manifest().digest


@given(st.integers(0, 200_000))
def test_any_gzip_reads_the_stored_form(size: int) -> None:
    chart = package({**FILES, "files/blob": b"\x00" * size}, path="p")
    with tarfile.open(fileobj=io.BytesIO(chart.content), mode="r:gz") as archive:
        held = archive.extractfile("shop/files/blob")
        assert held is not None
        assert held.read() == b"\x00" * size


def test_a_change_changes_the_digest_and_a_package_stays_as_it_is() -> None:
    one = package(FILES, path="p")
    other = package({**FILES, "values.yaml": b"a: 2\n"}, path="p")
    assert one.manifest().digest != other.manifest().digest
    assert read_package(one.content, path="p") == one


BROKEN = {
    "nothing at all": ({}, "Chart.yaml: the file is missing"),
    "no version": ({**FILES, "Chart.yaml": b"apiVersion: v2\nname: shop\n"}, "version is None"),
    "a version that is a number": (
        {**FILES, "Chart.yaml": b"apiVersion: v2\nname: shop\nversion: 1.2\n"},
        "version is 1.2",
    ),
    "a name of capitals": ({**FILES, "Chart.yaml": b"apiVersion: v2\nname: Shop\nversion: 1.0.0\n"}, "name is 'Shop'"),
    "an old apiVersion": (
        {**FILES, "Chart.yaml": b"apiVersion: v9\nname: shop\nversion: 1.0.0\n"},
        "apiVersion is 'v9'",
    ),
    "no YAML": ({**FILES, "Chart.yaml": b"a: [\n"}, "is not YAML"),
    "a list": ({**FILES, "Chart.yaml": b"- a\n"}, "is not a map"),
    "values that are no map": ({**FILES, "values.yaml": b"- a\n"}, "values.yaml: is not a map"),
    "a schema that is no JSON": ({**FILES, "values.schema.json": b"{"}, "values.schema.json: is not JSON"),
    "a dependency that is not there": (
        {**FILES, "Chart.yaml": META + b"dependencies: [{name: db, version: 1.0.0}]\n"},
        "dependency db is not below charts/",
    ),
    "a type that is none": ({**FILES, "Chart.yaml": META + b"type: thing\n"}, "type is 'thing'"),
}


@pytest.mark.parametrize(("files", "what"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_wrong_is_told_at_the_property(files: dict[str, bytes], what: str) -> None:
    with pytest.raises(Invalid) as caught:
        package(files, path="source.path")
    assert what in str(caught.value)
    assert caught.value.path == "source.path"


def test_a_dependency_may_be_a_folder_or_a_package() -> None:
    meta = META + b"dependencies: [{name: db, version: 1.0.0}]\n"
    database = b"apiVersion: v2\nname: db\nversion: 1.0.0\n"
    packed = package({"Chart.yaml": database}, path="p").content
    for path, data in (("charts/db/Chart.yaml", database), ("charts/a/Chart.yaml", database), ("charts/x.tgz", packed)):
        assert not [p for p in lint({**FILES, "Chart.yaml": meta, path: data}) if p.is_error]
        found = names(package({**FILES, "Chart.yaml": meta, path: data}, path="p").content)
        assert "shop/charts/db/Chart.yaml" in found


IGNORED = {
    "*.orig": ("a.orig", "templates/b.orig"),
    "notes/": ("notes/todo.txt", "docs/notes/x"),
    "/docs/*.md": ("docs/a.md",),
    "# a comment\n\n*.tmp": ("x.tmp",),
}


@pytest.mark.parametrize(("rules", "left_out"), IGNORED.items())
def test_helmignore(rules: str, left_out: tuple[str, ...]) -> None:
    files = {**FILES, **dict.fromkeys(left_out, b"x"), "keep.txt": b"x", ".helmignore": rules.encode()}
    found = names(package(files, path="p").content)
    assert "shop/keep.txt" in found
    assert not {f"shop/{name}" for name in left_out} & set(found)


def test_a_negative_rule_takes_nothing_back() -> None:
    files = {**FILES, "a.orig": b"x", "keep.orig": b"x", ".helmignore": b"*.orig\n!keep.orig\n"}
    with pytest.raises(Invalid, match="takes nothing back"):
        package(files, path="p")
    files[".helmignore"] = b"!*.*\n"  # what has no dot in its name goes, folders first
    assert names(package(files, path="p").content) == [
        "shop/Chart.yaml", "shop/.helmignore", "shop/a.orig", "shop/keep.orig", "shop/values.yaml",
    ]  # fmt: skip


@pytest.mark.parametrize("rules", [b"**/secret.txt", b"a\nb**\n", b"[", b"a\\", b"[a-]", b"[]a]"])
def test_rules_that_helm_refuses_are_refused_with_their_line(rules: bytes) -> None:
    with pytest.raises(Invalid, match=r"\.helmignore, line [12]"):
        package({**FILES, ".helmignore": rules}, path="source.path")


def test_a_hostile_pattern_takes_no_time() -> None:
    rules = b"\n".join([b"*a" * 60 + b"b"] * 200)
    started = time.process_time()
    package({**FILES, "a" * 250: b"", ".helmignore": rules}, path="p")
    assert time.process_time() - started < 1


LONG = ("files/" + "n" * 101, "/".join(["d" * 60] * 5) + "/x.txt", "é" * 60, "a/" + "中" * 80)


@pytest.mark.parametrize("path", LONG)
def test_long_names_get_their_own_header(path: str) -> None:
    chart = package({**FILES, path: b"x"}, path="p")
    assert f"shop/{path}" in names(chart.content)
    assert lint({**FILES, path: b"x"}) == ()
    assert read_package(chart.content, path="p") == chart


def test_an_unchanged_chart_keeps_the_digest_of_its_former_packages() -> None:
    """Packages were made without .helmignore and with byte order marks once."""
    files = {**FILES, ".helmignore": b"*.orig\n", "files/marked": b"\xef\xbb\xbfx", "a.orig": b"x"}
    former = {**FILES, "files/marked": b"\xef\xbb\xbfx"}
    once = Chart("shop", "1.2.3+build.5", package(FILES, path="p").config, write_tgz("shop", former))
    today = package(files, path="p")
    assert names(today.content) == [
        "shop/Chart.yaml", "shop/.helmignore", "shop/files/marked", "shop/templates/x.yaml", "shop/values.yaml",
    ]  # fmt: skip
    assert package(files, path="p", known_digest=once.manifest().digest) == once
    assert package(files, path="p", known_digest=today.manifest().digest) == today
    assert package({**files, "values.yaml": b"a: 2\n"}, path="p", known_digest=once.manifest().digest) != once


def test_a_former_package_with_what_helm_keeps_out_is_made_anew() -> None:
    files = {**FILES, "charts/_x/secret.txt": b"secret"}
    leak = Chart("shop", "1.2.3+build.5", package(FILES, path="p").config, write_tgz("shop", files))
    assert package(files, path="p", known_digest=leak.manifest().digest) == package(FILES, path="p")


def test_what_helm_reads_as_text_is_text_in_the_configuration() -> None:
    meta = META + b"description: 5\nannotations: {a: 1.50, b: yes}\nkeywords: [1]\nOther: {x: 1}\nHome: https://a.b\n"
    config = json.loads(package({**FILES, "Chart.yaml": meta}, path="p").config)
    assert config["description"] == "5"
    assert config["annotations"] == {"a": "1.5", "b": "true"}
    assert config["keywords"] == ["1"]
    assert config["Other"] == {"x": 1}
    assert config["home"] == "https://a.b"


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", gzip.compress(b"no tar", mtime=0)], ids=["nothing", "no gzip", "no tar"]
)
def test_what_is_no_package_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_package(content, path="source.path")


BOMB = b"x0: &x0 [a, a, a, a, a, a, a, a, a]\n" + b"".join(
    b"x%d: &x%d [%s]\n" % (n, n, b", ".join([b"*x%d" % (n - 1)] * 9)) for n in range(1, 9)
)
HOSTILE = {
    "aliases in Chart.yaml": {"Chart.yaml": META + BOMB},
    "aliases in an annotation": {"Chart.yaml": META + b"annotations:\n  " + BOMB.replace(b"\n", b"\n  ")},
    "aliases in values": {"values.yaml": BOMB},
    "merges": {"values.yaml": b"a0: &a0 {k: v}\n" + b"".join(b"a%d: &a%d {<<: [%s]}\n" % (
        n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 9)
    )},
    "depth": {"values.yaml": b"a: " + b"[" * 100_000},
    "depth of JSON": {"values.schema.json": b"[" * 1_000_000},
    "tags": {"values.yaml": b"%TAG ! a\n" * 50_000 + b"--- a\n"},
    "values": {"values.yaml": b"a: [" + b"a," * 1_000_000 + b"]\n"},
    "keys": {"values.yaml": b"".join(b"a%d: 1\n" % n for n in range(300_000))},
    "definitions": {"crds/a.yaml": b"a: [" + b"a," * 1_000_000 + b"]\n"},
    "subcharts": {"charts/a.tgz": None},
    "a comment": {"values.yaml": b"#" + b"x" * (60 << 20)},
    "an email": {"Chart.yaml": META + b"maintainers: [{name: a, email: a@" + b"a." * 200_000 + b"1}]\n"},
    "a description": {"Chart.yaml": META + b"description: " + "é".encode() * (20 << 20) + b"\n"},
}  # fmt: skip


def _nested(depth: int) -> bytes:
    content = b""
    for number in range(depth):
        files = {"Chart.yaml": b"apiVersion: v2\nname: a\nversion: 1.0.0\n"}
        content = write_tgz("a", {**files, "charts/a.tgz": content} if number else files)
    return content


@pytest.mark.parametrize("files", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_hostile_costs_little(files: dict[str, bytes | None]) -> None:
    given = {name: _nested(40) if data is None else data for name, data in files.items()}
    started = time.process_time()
    with pytest.raises(Invalid):
        package({**FILES, **given}, path="source.path")
    assert time.process_time() - started < 10  # a fifth of a second on an idle machine


def _archive(count: int = 0, *, header: bytes = b"", size_bytes: int = 0) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        for number in range(count):
            archive.addfile(tarfile.TarInfo(f"shop/{number}"))
        if header:
            entry = tarfile.TarInfo("shop/x")
            entry.pax_headers = {"comment": header.decode()}
            archive.addfile(entry)
        if size_bytes:
            entry = tarfile.TarInfo("shop/large")
            entry.size = size_bytes
            archive.addfile(entry, io.BytesIO(bytes(size_bytes)))
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        lambda: _archive(MAX_FILES + 100),
        lambda: _archive(header=b"a" * (2 << 20)),
        lambda: _archive(size_bytes=101 << 20),
        lambda: _archive(2)[:-40],
    ],
    ids=["many members", "a long header", "large", "cut off"],
)
def test_a_hostile_package_costs_little(content: Callable[[], bytes]) -> None:
    archive = content()
    started = time.process_time()
    with pytest.raises(Invalid):
        read_package(archive, path="source.path")
    assert time.process_time() - started < 10


@pytest.mark.parametrize("name", ["shop/../../x", "shop//etc/x", "shop/c:/x", "Chart.yaml", "x"])
def test_a_package_with_paths_that_lead_elsewhere_is_refused(name: str) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, data in (("shop/Chart.yaml", META), (name, b"")):
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    with pytest.raises(Invalid, match="holds"):
        read_package(out.getvalue(), path="source.path")
