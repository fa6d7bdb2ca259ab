"""`DeliveryInstallation` on real packages and registries: what the cluster's registry is sent, and who may be trusted.
What happens on a real cluster is told by tests/kubernetes."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from computenest.kernel.errors import Permanent
from computenest.serve.lifecycles import served
from delivery.installs import NAMED, asked, charts_at, installation, packed
from delivery.test_carrying import package
from delivery.test_packages import held, life_of, tags, uploads
from delivery.test_signed import key_pair
from delivery.wares import LARGE
from lifecycle.lives import LIVES, AnyLife
from registry.images import layout
from uploads.rig import Rig
from uploads.tools import Tools

SENDS = re.compile(r"brings (\d+) of (\d+) images, sends (\d+) blobs, (\d+) bytes")


@pytest.fixture
def site(tmp_path: Path, registry_binary: Path) -> Any:
    """The registry that a cluster pulls from."""
    started = Rig(tmp_path / "site", registry_binary, is_open=True)
    yield started
    started.stop()


def pushed(folder: Path, rig: Rig, *, version: str = "1.0.0", seed: int = 0, **more: Any) -> tuple[AnyLife, str]:
    """A package in a registry, and its reference."""
    repository = f"{rig.host}/{re.sub(r'[^a-z0-9]+', '-', folder.name.lower())}/shop"
    life = life_of(folder)
    targets = [{"repository": repository}]
    made = packed(folder / "wares", version=version, seed=seed)
    life.up({"ownerId": f"p-{version}", "logicalName": "shop", **made, "targets": targets, **more})
    return life, life.state["references"][repository]


def said(life: AnyLife, news: Any) -> list[str]:
    checked = life.subject.run(served(life.subject.lifecycle()).check(life.inputs, news))
    assert checked.failures == (), checked.failures
    return [*checked.warnings, *checked.notes]


def promised(life: AnyLife, news: Any) -> tuple[int, ...]:
    """Images that are brought, all images, blobs and bytes that are sent, as a preview says."""
    (found,) = [match for text in said(life, news) if (match := SENDS.search(text))]
    return tuple(map(int, found.groups()))


def refused(life: AnyLife, news: Any) -> list[tuple[str, str]]:
    checked = life.subject.run(served(life.subject.lifecycle()).check(life.inputs, news))
    return [(one.path, one.reason) for one in checked.failures]


@pytest.mark.parametrize("transport", LIVES)
def test_the_clusters_registry_gets_what_a_preview_promises_and_only_what_changed(
    open_rig: Rig, site: Rig, tools: Tools, tmp_path: Path, transport: str
) -> None:
    _, first = pushed(tmp_path, open_rig)
    life, where = installation(tmp_path, transport), f"{site.host}/shop"
    brought, of, blobs, size = promised(life, asked(first, where))
    assert life.up(asked(first, where)) == "create"
    assert (brought, of) == (4, 4)
    assert uploads(site) == blobs
    manifests = set(life.state["loaded"].values())
    assert sum(size for digest, size in held(site).items() if digest not in manifests) == size
    for place in life.state["loaded"]:
        tools.run("crane", "validate", "--remote", place)
    assert life.up(asked(first, where)) == "same"
    assert life.refresh()
    assert life.up(asked(first, where)) == "same"
    assert uploads(site) == blobs
    _, second = pushed(tmp_path, open_rig, version="1.1.0", seed=1)
    brought, _, more, size = promised(life, asked(second, where))
    assert (brought, more) == (1, 3), "two layers, a large and a small one, and the configuration"
    assert LARGE < size < LARGE + (64 << 10)
    assert life.up(asked(second, where)) == "update"
    assert uploads(site) == blobs + more
    assert life.state["version"] == "1.1.0"
    life.destroy()
    assert tags(site) == []
    assert life.subject.clusters.main.releases == {}


def save(reference: str, file: Path, *more: str) -> None:
    package("save", reference, file, *more)


def as_sealer_makes_it(archive: Path, folder: Path) -> Path:
    """The same package with everything in one compressed layer and without our annotation, as an OCI layout."""
    unpacked, blobs = folder / "unpacked", folder / "layout/blobs/sha256"
    package("extract", archive, unpacked)
    with tarfile.open(archive) as read:
        index = json.loads(read.extractfile("index.json").read())  # type: ignore[union-attr]
        name = index["manifests"][0]["digest"].replace(":", "/")
        manifest = json.loads(read.extractfile(f"blobs/{name}").read())  # type: ignore[union-attr]
    blobs.mkdir(parents=True)

    def blob(data: bytes, media_type: str) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    tar = folder / "layer.tar"
    with tarfile.open(tar, "w") as made:
        made.add(unpacked, arcname=".")
    layer = blob(gzip.compress(tar.read_bytes()), "application/vnd.oci.image.layer.v1.tar+gzip")
    diff = hashlib.sha256(tar.read_bytes()).hexdigest()
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff}"]}}
    config |= {"history": [{"created_by": "sealer"}]}  # type: ignore[dict-item]
    notes = {key: text for key, text in manifest["annotations"].items() if key.startswith("sealer.")}
    manifest |= {
        "config": blob(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"),
        "layers": [layer],
        "annotations": notes,
    }
    entry = blob(json.dumps(manifest).encode(), manifest["mediaType"])
    (folder / "layout/index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (folder / "layout/oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return folder / "layout"


@pytest.mark.parametrize("form", ["an archive", "a layout with one layer, as sealer makes it"])
def test_a_package_on_this_machine_is_installed_too(
    open_rig: Rig, site: Rig, tools: Tools, tmp_path: Path, form: str
) -> None:
    _, reference = pushed(tmp_path, open_rig)
    where = tmp_path / "shop.tar"
    save(reference, where)
    if form != "an archive":
        where = as_sealer_makes_it(where, tmp_path / "sealer")
    life = installation(tmp_path)
    life.up(asked(str(where), f"{site.host}/shop"))
    assert len(life.state["loaded"]) == 4
    for place in life.state["loaded"]:
        tools.run("crane", "validate", "--remote", place)
    namespace = "shop" if form == "an archive" else "default"  # sealer does not say
    assert sorted(life.subject.clusters.main.releases) == [f"{namespace}/gateway", f"{namespace}/shop"]
    life.destroy()
    assert tags(site) == []


def test_an_image_of_several_platforms_goes_along_with_its_index_and_one_by_digest_with_a_tag(
    open_rig: Rig, site: Rig, tools: Tools, tmp_path: Path
) -> None:
    both, digest, children = of_two_platforms(tmp_path / "both")
    images = [
        {"reference": "acme/gateway:1.0", "path": str(both)},
        {"reference": f"acme/pinned@{digest}", "path": str(both)},
    ]
    charts = [{"path": str(charts_at(tmp_path / "wares")[0]), "namespace": "shop"}]
    life, repository = life_of(tmp_path), f"{open_rig.host}/platforms/shop"
    given = {"version": "1", "charts": charts, "images": images, "targets": [{"repository": repository}]}
    life.up({"ownerId": "p", "logicalName": "shop", **given})
    installed = installation(tmp_path)
    installed.up(asked(life.state["references"][repository], f"{site.host}/shop", images=NAMED[:1]))
    tag = digest.replace(":", "-")
    assert installed.state["loaded"] == {
        f"{site.host}/shop/acme/gateway:1.0": digest,
        f"{site.host}/shop/acme/pinned:{tag}": digest,
    }
    for place in installed.state["loaded"]:
        assert json.loads(tools.run("crane", "manifest", place))["manifests"]
        for child in children:
            tools.run("crane", "validate", "--remote", f"{place.rpartition(':')[0]}@{child}")
    installed.destroy()
    assert tags(site) == []


def of_two_platforms(folder: Path) -> tuple[Path, str, list[str]]:
    """A layout of one image for two platforms, the digest of its index, and those of its platforms."""
    entries = []
    for architecture in ("amd64", "arm64"):
        layout(folder, LARGE, 900, seed=len(entries) + 70)
        (entry,) = json.loads((folder / "index.json").read_text())["manifests"]
        entries.append({**entry, "annotations": {}, "platform": {"os": "linux", "architecture": architecture}})
    index_type = "application/vnd.oci.image.index.v1+json"
    data = json.dumps({"schemaVersion": 2, "mediaType": index_type, "manifests": entries}).encode()
    digest = hashlib.sha256(data).hexdigest()
    (folder / "blobs/sha256" / digest).write_bytes(data)
    entry = {"mediaType": index_type, "digest": f"sha256:{digest}", "size": len(data)}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    return folder, f"sha256:{digest}", [str(one["digest"]) for one in entries]


def test_an_archive_that_was_changed_is_refused_before_anything_is_done(
    open_rig: Rig, site: Rig, tmp_path: Path
) -> None:
    _, reference = pushed(tmp_path, open_rig)
    where = tmp_path / "shop.tar"
    save(reference, where)
    data = where.read_bytes()
    place = data.index(b"kind: Deployment")
    where.write_bytes(data[:place] + b"kind: DeplOyment" + data[place + 16 :])
    life = installation(tmp_path)
    ((path, why),) = refused(life, asked(str(where), f"{site.host}/shop"))
    assert path == "package"
    assert re.search(r"[0-9a-f]{64} in .* is damaged", why), why
    assert tags(site) == []


def test_an_incremental_archive_is_refused_with_what_to_do(open_rig: Rig, site: Rig, tmp_path: Path) -> None:
    _, first = pushed(tmp_path, open_rig)
    _, second = pushed(tmp_path, open_rig, version="1.1.0", seed=1)
    save(second, tmp_path / "new.tar", "--since", first)
    ((path, why),) = refused(installation(tmp_path), asked(str(tmp_path / "new.tar"), f"{site.host}/shop"))
    assert path == "package"
    assert "lacks" in why, why


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, tuple[Path, Path]]:
    return {name: key_pair(tmp_path, name) for name in ("ours", "other")}


def test_a_package_is_installed_only_as_whoever_is_trusted_signed_it(
    open_rig: Rig, site: Rig, tmp_path: Path, keys: dict[str, tuple[Path, Path]]
) -> None:
    where, (private, public), (_, stranger) = f"{site.host}/shop", keys["ours"], keys["other"]
    _, reference = pushed(tmp_path, open_rig, signingKey=str(private))
    life = installation(tmp_path)
    ((path, why),) = refused(life, asked(reference, where, verify=str(stranger)))
    assert (path, "signed by 1 other keys" in why) == ("verify", True), why
    assert life.up(asked(reference, where, verify=str(public))) == "create"
    assert life.up(asked(reference, where, verify=str(public))) == "same"
    _, unsigned = pushed(tmp_path, open_rig, version="1.1.0", seed=1)
    ((path, why),) = refused(life, asked(unsigned, where, verify=str(public)))
    assert (path, "signed by nobody" in why) == ("verify", True), why
    tag = reference.partition("@")[0]
    save(unsigned, tmp_path / "other.tar")
    package("load", tmp_path / "other.tar", tag)
    ((path, why),) = refused(life, asked(reference, where, verify=str(public)))
    assert (path, "was moved" in why) == ("verify", True), why
    ((path, why),) = refused(life, asked(tag, where, verify=str(public)))
    assert (path, "signed by nobody" in why) == ("verify", True), why
    ((path, why),) = refused(life, asked(str(tmp_path / "other.tar"), where, verify=str(public)))
    assert (path, "no signature" in why) == ("verify", True), why
    assert life.state["version"] == "1.0.0"
    assert [len(one) for one in life.subject.clusters.main.releases.values()] == [1, 1], "nothing was changed"


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        ({"package": "127.0.0.1:1/pkg/shop:1"}, "package", "cannot be reached"),
        ({"package": "HOST/pkg/nothing:1"}, "package", "has no pkg/nothing:1"),
        ({"package": "nothing.tar"}, "package", "no file or folder"),
        ({"verify": "nothing.pub"}, "verify", "cannot be read"),
        ({"clusterfile": "nothing"}, "clusterfile", "cannot be read"),
        ({"images": NAMED[1:]}, "images", "chart gateway would pull acme/gateway:1.0 (Deployment shop/gateway"),
        ({"configuration": {"shop": {"replicas": "{{"}}}, "package", "the chart shop"),
    ],
)
def test_what_cannot_be_installed_is_refused_with_where_and_why(
    given: dict[str, Any], path: str, said: str, open_rig: Rig, site: Rig, tmp_path: Path
) -> None:
    _, reference = pushed(tmp_path, open_rig)
    given = {key: text.replace("HOST", open_rig.host) if isinstance(text, str) else text for key, text in given.items()}
    news = {**asked(reference, f"{site.host}/shop"), **given}
    found = refused(installation(tmp_path), news)
    assert [one for one, _ in found] == [path], found
    assert said in found[0][1], found
    assert tags(site) == []


def test_a_package_that_was_moved_after_the_check_changes_nothing(open_rig: Rig, site: Rig, tmp_path: Path) -> None:
    _, reference = pushed(tmp_path, open_rig)
    archive = tmp_path / "shop.tar"
    save(reference, archive)
    life = installation(tmp_path)
    lifecycle = served(life.subject.lifecycle())
    checked = life.subject.run(lifecycle.check({}, asked(str(archive), f"{site.host}/shop")))
    _, second = pushed(tmp_path, open_rig, version="1.1.0", seed=1)
    save(second, archive)
    with pytest.raises(Permanent, match="run pulumi up again"):
        life.subject.run(lifecycle.create(checked.inputs))
    assert tags(site) == []
    assert life.subject.clusters.main.releases == {}


def test_a_chart_that_is_in_the_cache_is_not_fetched_again(open_rig: Rig, site: Rig, tmp_path: Path) -> None:
    _, reference = pushed(tmp_path, open_rig)
    life = installation(tmp_path)
    said(life, asked(reference, f"{site.host}/shop"))
    fetched = len(re.findall(r'"GET /v2/[^"]*/blobs/', (open_rig.folder / "registry.log").read_text()))
    said(life, asked(reference, f"{site.host}/shop"))
    log = (open_rig.folder / "registry.log").read_text()
    assert len(re.findall(r'"GET /v2/[^"]*/blobs/', log)) == fetched
    assert not list((tmp_path / "cache/delivery-packages").glob(".*")), "nothing is left half-way"
    shutil.rmtree(charts_at(tmp_path / "wares")[0].parent)
    assert said(life, asked(reference, f"{site.host}/shop")), "of the package, not of where it was made"
