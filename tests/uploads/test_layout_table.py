"""Layouts that tools write and randoms do not draw: attestations, artifacts, referrers, odd names. The real tools push
them, and so do we, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from unit.images.layouts import CONFIG, INDEX, LAYER, MANIFEST, Layout, at, named
from uploads.randoms import Case
from uploads.rig import Rig
from uploads.test_differential import ours, theirs
from uploads.tools import Tools

EMPTY = "application/vnd.oci.empty.v1+json"
FULL = "docker.io/library/web:1.0"


def manifest(layout: Layout, layers: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A manifest with its own configuration."""
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
    body = {"schemaVersion": 2, "config": layout.blob(config, CONFIG), "layers": layers, **more}
    return layout.blob({**body, "mediaType": MANIFEST}, MANIFEST)


def one(name: str = "a", image: str = "", **more: Any) -> Case:
    """One image by a name."""
    layout = Layout()
    layout.top({**layout.image(), **named(name, **more)})
    return Case(layout, image or name, name)


def by_digest() -> Case:
    layout = Layout()
    first, second = layout.image(1), layout.image(2)
    layout.top({**first, **named("a")}, {**second, **named("b")})
    return Case(layout, first["digest"], "a")


def two_names() -> Case:
    layout = Layout()
    image = layout.image()
    layout.top({**image, **named("a")}, {**image, **named("b")})
    return Case(layout, "b", "b")


def attestation() -> Case:
    """What buildx writes beside each platform."""
    layout = Layout()
    images = [{**layout.image(n, on=on), **at(on)} for n, on in enumerate(("linux/amd64", "linux/arm64"))]
    notes = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": images[0]["digest"]}
    proof = manifest(layout, [layout.blob(b'{"a":1}', "application/vnd.in-toto+json")])
    layout.top({**layout.index(*images, {**proof, **at("unknown/unknown"), "annotations": notes}), **named("v")})
    return Case(layout, "v", "v")


def layer_twice() -> Case:
    layout = Layout()
    layer = layout.blob(b"\x28\xb5\x2f\xfd\x04\x58\x09\x00\x00abc12345", f"{LAYER}+zstd")
    layout.top({**manifest(layout, [layer, layer]), **named("z")})
    return Case(layout, "z", "z")


def artifact() -> Case:
    layout = Layout()
    empty = layout.blob(b"{}", EMPTY)
    layout.top({**manifest(layout, [empty], artifactType="application/x.y", config=empty), **named("art")})
    return Case(layout, "art", "art")


def deep() -> Case:
    layout = Layout()
    part = layout.image()
    for _ in range(3):
        part = layout.index(part)
    layout.top({**part, **named("deep")})
    return Case(layout, "deep", "deep")


def referrer() -> Case:
    """A signature beside the image that it is about."""
    layout = Layout()
    image = layout.image()
    layout.top({**image, **named("a")}, manifest(layout, [layout.blob(b"x", "text/plain")], subject=image))
    return Case(layout, "a", "a")


def empty_index() -> Case:
    layout = Layout()
    layout.top({**layout.blob({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}, INDEX), **named("none")})
    return Case(layout, "none", "none")


def no_layers() -> Case:
    layout = Layout()
    layout.top({**manifest(layout, []), **named("bare")})
    return Case(layout, "bare", "bare")


def other_version() -> Case:
    case = one()
    case.layout.files["oci-layout"] = json.dumps({"imageLayoutVersion": "2.0.0"}).encode()
    return case


CASES: dict[str, Callable[[], Case]] = {
    "full-name": lambda: one(FULL),
    "containerd": lambda: one("1.0", FULL, containerd=FULL),
    "by-digest": by_digest,
    "two-names": two_names,
    "attestation": attestation,
    "layer-twice": layer_twice,
    "artifact": artifact,
    "deep": deep,
    "referrer": referrer,
    "empty-index": empty_index,
    "no-layers": no_layers,
    "other-version": other_version,
}


@pytest.mark.parametrize("name", CASES)
def test_what_the_tools_push_we_push(name: str, open_rig: Rig, tools: Tools, tmp_path: Path) -> None:
    case = CASES[name]()
    path, repository = case.layout.folder(tmp_path / "layout"), f"table/{name}"
    wanted = theirs(case, repository, open_rig, tools, path)
    found, said = ours(open_rig, {"kind": "layout", "path": str(path), "image": case.image}, repository)
    assert wanted is not None
    assert found == wanted, said


def test_a_size_that_is_not_the_blobs_is_refused_with_its_reason(open_rig: Rig, tmp_path: Path) -> None:
    """The tools do not look; a registry's clients do, when they pull."""
    layout = Layout()
    image = layout.image()
    layout.top({**image, "size": image["size"] + 1, **named("a")})
    source = {"kind": "layout", "path": str(layout.folder(tmp_path / "layout")), "image": "a"}
    found, said = ours(open_rig, source, "table/size")
    assert (found, "is damaged: it has" in said) == (None, True)
