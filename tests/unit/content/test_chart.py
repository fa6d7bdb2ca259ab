"""Charts: what is wrong with one, and that equal content gives the same package, byte for byte."""

from __future__ import annotations

import gzip
import io
import json
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computenest.domain.content.chart import lint, package, read_package
from computenest.domain.errors import Invalid

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
    for path in ("charts/db/Chart.yaml", "charts/db-1.0.0.tgz"):
        assert not [p for p in lint({**FILES, "Chart.yaml": meta, path: b"x"}) if p.is_error]


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


def test_the_last_rule_wins() -> None:
    files = {**FILES, "a.orig": b"x", "keep.orig": b"x", ".helmignore": b"*.orig\n!keep.orig\n"}
    found = names(package(files, path="p").content)
    assert "shop/keep.orig" in found
    assert "shop/a.orig" not in found


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", gzip.compress(b"no tar", mtime=0)], ids=["nothing", "no gzip", "no tar"]
)
def test_what_is_no_package_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_package(content, path="source.path")
