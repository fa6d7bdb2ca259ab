"""Signatures and archives of `DeliveryPackage`: in cosign's layout; files for places without a network."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from computenest.kernel.errors import ComputeNestError
from delivery.sealers import client
from delivery.test_carrying import package
from delivery.test_packages import life_of, news_of, tags, uploads, warned
from delivery.wares import given
from lifecycle.driver import Failed
from lifecycle.lives import LIVES
from uploads.rig import Rig


def key_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """A private and a public key, as openssl writes them."""
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    key = ec.generate_private_key(ec.SECP256R1())
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))
    return private, public


def open_news(folder: Path, rig: Rig, **more: Any) -> dict[str, Any]:
    """To a registry without logins."""
    target = {"repository": f"{rig.host}/{folder.name.replace('_', '-').lower()}/shop"}
    return {"ownerId": "o-1", "logicalName": "shop", **given(folder / "wares"), "targets": [target], **more}


@pytest.mark.parametrize("transport", LIVES)
def test_a_package_is_signed_once_and_its_signature_goes_with_it(rig: Rig, tmp_path: Path, transport: str) -> None:
    private, _ = key_pair(tmp_path, "ours")
    life = life_of(tmp_path, transport)
    life.up(news_of(tmp_path, rig))
    assert life.up(news_of(tmp_path, rig, signingKey=str(private))) == "update"
    assert len([tag for tag in tags(rig) if tag.endswith(".sig")]) == 1
    sent = uploads(rig)
    assert life.up(news_of(tmp_path, rig, signingKey=str(private))) == "same"
    assert life.refresh()
    assert life.up(news_of(tmp_path, rig, signingKey=str(private))) == "same"
    assert uploads(rig) == sent, "the signature is kept"
    assert "PRIVATE" not in str(life.state)
    other, _ = key_pair(tmp_path, "other")
    assert life.up(news_of(tmp_path, rig, signingKey=str(other))) == "update", "another key is a change"
    private.unlink()
    life.destroy()
    assert [tag for tag in tags(rig) if not tag.endswith(".sig")] == []


def test_a_package_that_only_we_signed_leaves_no_signature(rig: Rig, tmp_path: Path) -> None:
    private, _ = key_pair(tmp_path, "ours")
    life = life_of(tmp_path)
    life.up(news_of(tmp_path, rig, signingKey=str(private)))
    life.destroy()
    assert tags(rig) == []


def test_another_key_a_moved_tag_and_an_unsigned_package_are_refused(open_rig: Rig, tmp_path: Path) -> None:
    private, public = key_pair(tmp_path, "ours")
    _, theirs = key_pair(tmp_path, "theirs")
    life, news = life_of(tmp_path), open_news(tmp_path, open_rig, signingKey=str(private))
    life.up(news)
    (pulled,) = life.state["references"].values()
    place = pulled.partition("@")[0]
    assert "is signed by" in package("verify", pulled, "--key", public)
    with pytest.raises(ComputeNestError, match="by 1 other keys, and not by"):
        package("verify", place, "--key", theirs)
    unsigned = life_of(tmp_path)
    elsewhere = [{"repository": news["targets"][0]["repository"] + "-unsigned"}]
    unsigned.up({**open_news(tmp_path, open_rig), "ownerId": "o-2", "targets": elsewhere})
    with pytest.raises(ComputeNestError, match="is signed by nobody"):
        package("verify", f"{elsewhere[0]['repository']}:1.0", "--key", public)
    life.up({**news, **given(tmp_path / "wares", seed=1)})
    with pytest.raises(ComputeNestError, match="was moved"):
        package("verify", pulled, "--key", public)
    with pytest.raises(ComputeNestError, match="is no public key"):
        package("verify", place, "--key", private)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"nonsense", "no private key in PEM"),
        (b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----", "cosign's own way"),
        (
            rsa.generate_private_key(65537, 2048).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
            "no ECDSA key of the curve P-256",
        ),
    ],
    ids=["none", "nonsense", "cosign", "rsa"],
)
def test_a_key_that_cannot_sign_is_refused_before_anything_is_sent(
    rig: Rig, tmp_path: Path, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(Failed, match=f"signingKey: .*{said}"):
        life_of(tmp_path).up(news_of(tmp_path, rig, signingKey=str(tmp_path / "key")))
    assert uploads(rig) == 0


@pytest.mark.long  # builds cosign once
def test_cosign_accepts_ours_and_refuses_another_key_and_we_accept_cosigns(open_rig: Rig, tmp_path: Path) -> None:
    private, public = key_pair(tmp_path, "ours")
    _, theirs = key_pair(tmp_path, "theirs")
    life = life_of(tmp_path)
    life.up(open_news(tmp_path, open_rig, signingKey=str(private)))
    (pulled,) = life.state["references"].values()
    image = pulled.replace(":1.0@", "@")
    environment = {**os.environ, "COSIGN_PASSWORD": "", "HOME": str(tmp_path)}

    def cosign(*words: str | Path) -> subprocess.CompletedProcess[str]:
        command = [client("cosign"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)

    common = ("--insecure-ignore-tlog=true", "--allow-insecure-registry", image)
    accepted = cosign("verify", "--key", public, *common)
    assert accepted.returncode == 0, accepted.stderr
    assert cosign("verify", "--key", theirs, *common).returncode != 0
    assert cosign("generate-key-pair").returncode == 0
    signed = cosign("sign", "--yes", "--tlog-upload=false", "--key", "cosign.key", "--allow-insecure-registry", image)
    assert signed.returncode == 0, signed.stderr
    assert "is signed by" in package("verify", image, "--key", tmp_path / "cosign.pub")
    assert "is signed by" in package("verify", image, "--key", public), "theirs is beside ours"


def test_an_archive_goes_with_the_registries_and_can_hold_what_is_new_alone(open_rig: Rig, tmp_path: Path) -> None:
    archive, increment = tmp_path / "out" / "shop.tar", tmp_path / "out" / "new.tar"
    archive.parent.mkdir()
    life, news = life_of(tmp_path), open_news(tmp_path, open_rig, archive=str(archive))
    life.up(news)
    assert package("diff", archive, next(iter(life.state["references"].values()))) == ""
    assert life.state["registries"][f"archive:{archive}"] == life.state["digest"]
    assert life.up(news) == "same"
    archive.unlink()
    assert life.refresh()
    assert life.up(news) == "update", "it is written again"
    kept = archive.read_bytes()
    (tmp_path / "base.tar").write_bytes(kept)
    changed = {**news, **given(tmp_path / "wares", version="1.1", seed=1), "archive": str(increment)}
    changed["since"] = str(tmp_path / "base.tar")
    assert any("holds 4 blobs" in note or "blobs, " in note for note in warned(life, changed))
    life.up(changed)
    assert not archive.exists(), "the one that is wanted no more is taken away"
    assert increment.stat().st_size < len(kept) / 3
    with pytest.raises(ComputeNestError, match="lacks sha256:"):
        package("load", increment, f"{open_rig.host}/no-network/shop")
    package("load", tmp_path / "base.tar", f"{open_rig.host}/no-network/shop")
    said = package("load", increment, f"{open_rig.host}/no-network/shop")
    assert said.strip().endswith(life.state["digest"])
    with pytest.raises(Failed, match="since"):
        life.up({**news, "archive": None, "since": "x"})
    life.destroy()
    assert not increment.exists()
    assert (tmp_path / "base.tar").exists(), "nobody of ours wrote that"
