"""OCI layouts in every form that tools write: which image is meant, what of it is pushed, and what check refuses."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computenest.cloud.registry.blobs import Opened
from computenest.cloud.registry.local import open_archive, open_layout
from computenest.cloud.registry.oci import check_manifest, parse_manifest
from computenest.kernel.errors import Invalid
from unit.images.layouts import CONFIG, INDEX, LAYER, MANIFEST, Layout, at, digest, named, packed, tar_of

AMD, ARM = "linux/amd64", "linux/arm64"


def opened(layout: Layout, tmp_path: Path, image: str = "", platforms: tuple[str, ...] = ()) -> Opened:
    """As a folder and as a tar: both give the same."""
    found = open_layout(layout.folder(tmp_path / "layout"), image=image, platforms=platforms)
    packed_too = open_archive(layout.archive(tmp_path / "layout.tar"), image=image, platforms=platforms)
    assert packed_too.tree.root == found.tree.root
    assert packed_too.tree.blobs.keys() == found.tree.blobs.keys()
    return found


def refusal(layout: Layout, tmp_path: Path, image: str = "", platforms: tuple[str, ...] = ()) -> Invalid:
    with pytest.raises(Invalid) as caught:
        open_layout(layout.folder(tmp_path / "layout"), image=image, platforms=platforms)
    with pytest.raises(Invalid):
        open_archive(layout.archive(tmp_path / "layout.tar"), image=image, platforms=platforms)
    assert caught.value.path
    return caught.value


def two() -> tuple[Layout, dict[str, Any], dict[str, Any]]:
    layout = Layout()
    return layout, layout.image(1, **at(AMD)), layout.image(2, on=ARM, **at(ARM))


def test_index_json_may_itself_be_the_image_of_several_platforms(tmp_path: Path) -> None:
    layout, amd, arm = two()
    layout.top(amd, arm)
    whole = opened(layout, tmp_path)
    assert whole.tree.root.data == layout.files["index.json"]
    assert {child.digest for child in whole.tree.children} == {amd["digest"], arm["digest"]}
    assert opened(layout, tmp_path, arm["digest"]).tree.root.digest == arm["digest"]
    assert opened(layout, tmp_path, whole.tree.root.digest).tree.root == whole.tree.root


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ("acme/web:1.0", 0), ("docker.io/acme/web:1.0", 0), ("docker.io/library/db:2", 1), ("db:2", 1),
        ("plain", 2), ("quay.io/team/app:3", 3),
    ],
)  # fmt: skip
def test_an_image_is_named_as_its_tool_named_it(tmp_path: Path, image: str, wanted: int) -> None:
    layout = Layout()
    entries = [
        layout.image(1, **named("1.0", "docker.io/acme/web:1.0")),
        layout.image(2, **named("2", "docker.io/library/db:2")),
        layout.image(3, **named("plain")),
        layout.image(4, **named("quay.io/team/app:3")),
    ]
    layout.top(*entries)
    assert opened(layout, tmp_path, image).tree.root.digest == entries[wanted]["digest"]


def test_several_images_are_listed_with_name_and_digest(tmp_path: Path) -> None:
    layout = Layout()
    one, other = layout.image(1, **named("1.0", "docker.io/acme/web:1.0")), layout.image(2, **named("1.0"))
    layout.top(one, other)
    for image in ("", "1.0"):
        said = str(refusal(layout, tmp_path, image))
        assert "2 images" in said
        assert f"docker.io/acme/web:1.0 = {one['digest']}" in said
        assert other["digest"] in said
    assert "no image 'x'" in str(refusal(layout, tmp_path, "x"))


def test_two_names_of_one_digest_are_one_image(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image()
    layout.top({**image, **named("1.0")}, {**image, **named("latest")})
    assert opened(layout, tmp_path).tree.root.digest == image["digest"]
    assert opened(layout, tmp_path, "latest").tree.root.digest == image["digest"]


def test_an_index_below_an_index_is_pushed_whole_deepest_first(tmp_path: Path) -> None:
    layout, amd, arm = two()
    inner = layout.index(amd, arm)
    outer = layout.index(inner, layout.image(3, on="linux/s390x", **at("linux/s390x")))
    layout.top(outer)
    tree = opened(layout, tmp_path).tree
    order = [child.digest for child in tree.children]
    assert len(order) == 4
    assert order.index(inner["digest"]) > max(order.index(amd["digest"]), order.index(arm["digest"]))
    assert tree.root.digest == outer["digest"]
    assert opened(layout, tmp_path, arm["digest"]).tree.root.digest == arm["digest"], "found below, too"
    assert opened(layout, tmp_path, layout.read(arm)["config"]["digest"]).tree.root.digest == arm["digest"], "by its id"
    assert opened(layout, tmp_path, platforms=(ARM,)).tree.root.digest == arm["digest"]
    some = opened(layout, tmp_path, platforms=(ARM, "linux/s390x")).tree
    assert [part.digest for part in some.root.manifests][1:] == [
        child["digest"] for child in layout.read(outer)["manifests"][1:]
    ]
    assert len(some.children) == 3


def test_platforms_choose_one_by_itself_and_several_with_an_index_of_their_own(tmp_path: Path) -> None:
    layout, amd, arm = two()
    third = layout.image(3, on="linux/arm", **at("linux/arm/v7"))
    index = layout.index(amd, arm, third, **named("1.0"))
    layout.top(index)
    assert opened(layout, tmp_path, platforms=(AMD,)).tree.root.digest == amd["digest"]
    assert opened(layout, tmp_path, platforms=("linux/arm64/v8",)).tree.root.digest == arm["digest"]
    some = opened(layout, tmp_path, platforms=("linux/arm", AMD)).tree
    assert json.loads(some.root.data)["manifests"] == [amd, third]
    assert some.root.media_type == INDEX
    assert some == opened(layout, tmp_path, platforms=(AMD, "linux/arm/v7")).tree or some.root.data
    error = refusal(layout, tmp_path, platforms=(AMD, "linux/s390x"))
    assert error.path == "platforms[1]"
    assert "linux/arm64" in str(error)


def test_a_single_image_says_its_platform_in_its_configuration(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image(1, on=ARM)
    layout.top(image)
    assert opened(layout, tmp_path, platforms=(ARM,)).tree.root.digest == image["digest"]
    assert refusal(layout, tmp_path, platforms=(AMD,)).path == "platforms[0]"


def test_of_an_image_of_which_some_platforms_are_there_these_are_pushed(tmp_path: Path) -> None:
    layout, amd, arm = two()
    third = layout.image(3, on="linux/s390x", **at("linux/s390x"))
    about = {"vnd.docker.reference.type": "attestation-manifest"}
    notes = [
        layout.image(10 + number, on="unknown/unknown", **at("unknown/unknown"),
                     annotations={**about, "vnd.docker.reference.digest": part["digest"]})
        for number, part in enumerate((amd, arm))
    ]  # fmt: skip
    layout.top(layout.index(amd, arm, third, *notes))
    assert len(opened(layout, tmp_path).tree.children) == 5
    layout.drop(arm)
    found = opened(layout, tmp_path)
    assert json.loads(found.tree.root.data)["manifests"] == [amd, third, notes[0]]
    assert "names linux/arm64 without holding it" in found.notes[0]
    for part in (third, *notes):
        layout.drop(part)
    one = opened(layout, tmp_path)
    assert one.tree.root.digest == amd["digest"]
    assert one.tree.children == ()
    error = refusal(layout, tmp_path, platforms=(ARM,))
    assert "names linux/arm64 but does not hold it" in str(error)
    layout.drop(amd)
    assert "nothing of the image is there" in str(refusal(layout, tmp_path))


def test_a_platform_without_configuration_is_not_there_and_one_without_a_layer_is_damaged(tmp_path: Path) -> None:
    layout, amd, arm = two()
    layout.top(layout.index(amd, arm))
    layout.drop(layout.read(arm)["config"])
    assert opened(layout, tmp_path).tree.root.digest == amd["digest"]
    layout.drop(layout.read(amd)["layers"][0])
    error = refusal(layout, tmp_path)
    assert layout.read(amd)["layers"][0]["digest"][7:] in str(error)
    assert error.path == "source.path"


def test_foreign_layers_are_named_and_not_sent(tmp_path: Path) -> None:
    layout = Layout()
    urls = {"urls": ["https://example.com/base"]}
    foreign = layout.blob(b"far away", f"{LAYER.replace('layer', 'layer.nondistributable')}+gzip", **urls)
    config = layout.blob({"os": "windows", "architecture": "amd64"}, CONFIG)
    own = layout.blob(tar_of({"a": b"b"}), LAYER)
    layout.top(layout.blob({"schemaVersion": 2, "config": config, "layers": [foreign, own]}, MANIFEST))
    assert set(opened(layout, tmp_path).tree.blobs) == {config["digest"], own["digest"]}
    layout.drop(foreign)
    assert set(opened(layout, tmp_path).tree.blobs) == {config["digest"], own["digest"]}


def test_artifacts_and_caches_are_pushed_as_they_are(tmp_path: Path) -> None:
    layout = Layout()
    empty = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest(b"{}"), "size": 2, "data": "e30="}
    image = layout.image(1)
    artifact = {
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/x-signature", "config": empty,
        "layers": [empty, layout.blob(b"signed", "application/x-any")], "subject": image, "annotations": {"a": "b"},
    }  # fmt: skip
    layout.top(layout.blob(artifact, MANIFEST, **named("sig")))
    found = opened(layout, tmp_path).tree
    assert found.root.data == packed(artifact)
    assert len(found.blobs) == 2, "{} is in the descriptor, and nowhere else"
    cache = layout.index(
        layout.blob(b"cached", f"{LAYER}+gzip"), layout.blob({}, "application/vnd.buildkit.cacheconfig.v0")
    )
    layout.top(cache)
    assert len(opened(layout, tmp_path).tree.blobs) == 2


def test_a_blob_that_is_damaged_cut_off_or_missing_is_found_before_anything_is_sent(tmp_path: Path) -> None:
    for harm in ("other", "short", "gone"):
        layout = Layout()
        image = layout.image()
        name = "blobs/" + layout.read(image)["layers"][1]["digest"].replace(":", "/")
        data = layout.files[name]
        layout.top(image)
        layout.files |= {name: bytes(len(data)) if harm == "other" else data[:-1]}
        if harm == "gone":
            del layout.files[name]
        error = refusal(layout, tmp_path / harm if (tmp_path / harm).mkdir() is None else tmp_path)
        assert name in str(error)
        assert error.path == "source.path"


def test_a_manifest_that_registries_refuse_is_refused_by_check(tmp_path: Path) -> None:
    layout = Layout()
    good = layout.read(layout.image())
    wrong = {
        "schema 1": {"schemaVersion": 1, "name": "web", "fsLayers": []},
        "at once": {**good, "manifests": []},
        "without a sha256": {**good, "layers": [{"mediaType": LAYER, "digest": "sha512:" + "0" * 128, "size": 1}]},
        "says itself": {**good, "mediaType": INDEX},
        "no OCI manifest": [1],
        "neither": {"schemaVersion": 2, "blobs": []},
    }  # fmt: skip
    for number, (said, body) in enumerate(wrong.items()):
        layout.top(layout.blob(body, MANIFEST))
        (tmp_path / str(number)).mkdir()
        assert said in str(refusal(layout, tmp_path / str(number))), said
    layout.top(layout.blob(good, "application/vnd.oci.artifact.manifest.v1+json"))
    assert "no image" in str(refusal(layout, tmp_path)) or "0 images" in str(refusal(layout, tmp_path))


def test_links_of_a_folder_are_followed_and_one_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image()
    layout.top(image)
    folder = layout.folder(tmp_path / "image")
    blob = folder / "blobs" / image["digest"].replace(":", "/")
    elsewhere = tmp_path / "elsewhere"
    blob.rename(elsewhere)
    blob.symlink_to(elsewhere)
    assert open_layout(folder, image="", platforms=()).tree.root.digest == image["digest"]
    elsewhere.unlink()
    with pytest.raises(Invalid, match=f"{blob.name} is a symbolic link to .*elsewhere"):
        open_layout(folder, image="", platforms=())
    blob.unlink()
    os.mkfifo(blob)
    with pytest.raises(Invalid, match="is no file"):
        open_layout(folder, image="", platforms=())


def test_a_deep_or_endless_tree_of_indexes_is_refused(tmp_path: Path) -> None:
    layout = Layout()
    part = layout.image()
    for _ in range(12):
        part = layout.index(part, part, part)
    layout.top(part)
    assert "nested deeper" in str(refusal(layout, tmp_path))
    image = layout.image()
    many = [{**image, "digest": digest(str(number).encode())} for number in range(1200)]
    layout.top(layout.index(*many))
    assert "manifests" in str(refusal(layout, tmp_path)) or "nothing of the image" in str(refusal(layout, tmp_path))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["schemaVersion", "config", "layers", "manifests", "digest", "size", "mediaType", "platform",
                         "annotations", "urls", "data", "os", "architecture"]), inner, max_size=5
    ),
)  # fmt: skip


@given(JSON, st.sampled_from([2, "2", None]))
@settings(max_examples=100)
def test_no_json_makes_anything_but_a_refusal(body: Any, version: Any) -> None:
    data = packed({**body, "schemaVersion": version} if isinstance(body, dict) else body)
    with contextlib.suppress(Invalid):
        check_manifest(parse_manifest(data, where="it", path="source"), where="it", path="source")


def test_json_nested_without_end_is_refused() -> None:
    with pytest.raises(Invalid, match="nested too deep"):
        parse_manifest(b"[" * 100_000, where="it")


def test_text_that_is_no_utf8_is_shown_and_written_escaped(tmp_path: Path) -> None:
    layout, amd, arm = two()
    layout.top({**amd, **named("a\ud800")}, {**arm, **named("b\ud800")})
    assert "a\\ud800" in str(refusal(layout, tmp_path))
    far = {"digest": digest(b"x"), "mediaType": MANIFEST, "size": 1, **at("linux/\ud800")}
    layout.top(layout.index(amd, arm, far, annotations={"note": "\ud800"}))
    found = opened(layout, tmp_path)
    assert found.notes[0].encode()
    assert json.loads(found.tree.root.data)["manifests"] == [amd, arm]
