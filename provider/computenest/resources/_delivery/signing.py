"""Signatures of packages in cosign's layout with a pair of keys: `cosign verify --key` accepts them, we read its.

A signature is an image of its own under the tag `sha256-<digest>.sig`: a layer a signature, which is a small JSON text
(a "simple signing" payload) that names the digest, and beside it, as an annotation, the ECDSA signature of that text.
ECDSA is random, so a signature that is there is kept, else every run would send another. Source: cosign 2.6.0, tried.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError

from computenest.cloud.paths import local_path
from computenest.cloud.registry.blobs import of_bytes
from computenest.cloud.registry.client import Registry
from computenest.cloud.registry.oci import IMAGE_CONFIG, Descriptor, Manifest, compose_manifest, digest_of
from computenest.kernel.errors import Invalid

_PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
_SIGNATURE = "dev.cosignproject.cosign/signature"
_TYPE = "cosign container image signature"
_PASSWORD = "COMPUTENEST_SIGNING_PASSWORD"  # noqa: S105 - the name of a variable
_MAX_PAYLOAD_BYTES = 1 << 20
_MAX_SIGNATURES = 100


class _Signed(BaseModel):
    """A payload, as far as it is read."""

    model_config = ConfigDict(extra="ignore")

    digest: str = Field(validation_alias=AliasPath("critical", "image", "docker-manifest-digest"))
    type: str = Field(validation_alias=AliasPath("critical", "type"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the signatures of a package come to, for one key.

    Args:
        count: how many signatures there are, whosever.
        is_signed: whether one of them is by the key, of this package.
    """

    count: int
    is_signed: bool


def signature_tag(digest: str) -> str:
    """Where the signatures of a manifest are."""
    return digest.replace(":", "-") + ".sig"


def public_key_of(path: str) -> str:
    """The public half (PEM) of a private key in a file.

    Raises:
        Invalid: there is none that can sign.
    """
    return _pem(_private_key(path).public_key())


def _pem(key: ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def read_public_key(path: Path) -> str:
    """A public key in a file, as `cosign.pub` is one.

    Raises:
        Invalid: it is none.
    """
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Invalid(f"{path} is no public key in PEM", hint="name cosign.pub, not the private key") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise Invalid(f"{path} is no ECDSA key")
    return _pem(key)


def _private_key(path: str) -> ec.EllipticCurvePrivateKey:
    """The key that signs; what is wrong with it is told at its property."""
    at = "signingKey"
    hint = "make one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out shop.pem"
    try:
        data = local_path(path, path=at).read_bytes()
    except OSError as error:
        raise Invalid(f"the key {path} cannot be read: {error.strerror}", path=at, hint=hint) from error
    if b"ENCRYPTED SIGSTORE" in data or b"ENCRYPTED COSIGN" in data:
        raise Invalid(f"{path} is encrypted in cosign's own way", path=at, hint=f"a key in PEM is needed; {hint}")
    password = os.environ.get(_PASSWORD)
    try:
        key = serialization.load_pem_private_key(data, password.encode() if password else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        why = f"no private key in PEM, or encrypted with another password than {_PASSWORD}"
        raise Invalid(f"{path} is {why}", path=at, hint=hint) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Invalid(f"{path} is no ECDSA key of the curve P-256", path=at, hint=hint)
    return key


async def verify(registry: Registry, repository: str, digest: str, public_key: str, *, doing: str) -> Verdict:
    """Holds the signatures of a manifest against a key."""
    manifest = await registry.manifest(repository, signature_tag(digest), doing=doing)
    layers = _signatures(manifest)
    for layer in layers:
        if layer.size_bytes > _MAX_PAYLOAD_BYTES:
            continue
        payload = b"".join([block async for block in registry.blob(repository, layer.digest, doing=doing)])
        if _is_by(public_key, payload, layer.annotations[_SIGNATURE]) and _names(payload) == digest:
            return Verdict(len(layers), is_signed=True)
    return Verdict(len(layers), is_signed=False)


def _signatures(manifest: Manifest | None) -> Sequence[Descriptor]:
    parts = manifest.blobs[1:] if manifest is not None else ()
    return [one for one in parts if one.media_type == _PAYLOAD and _SIGNATURE in one.annotations][:_MAX_SIGNATURES]


def _is_by(public_key: str, payload: bytes, signature: str) -> bool:
    key = serialization.load_pem_public_key(public_key.encode())
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(base64.b64decode(signature, validate=True), payload, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _names(payload: bytes) -> str:
    """The digest that a payload is about, "" where it is none of cosign's."""
    try:
        told = _Signed.model_validate_json(payload)
    except ValidationError:
        return ""
    return told.digest if told.type == _TYPE else ""


async def sign(registry: Registry, repository: str, digest: str, key_path: str, *, doing: str) -> bool:
    """Signs a manifest, unless this key has; other signatures stay. Whether something was sent.

    Raises:
        Invalid: the key cannot be read.
    """
    key = _private_key(key_path)
    if (await verify(registry, repository, digest, _pem(key.public_key()), doing=doing)).is_signed:
        return False
    identity = {"docker-reference": f"{registry.host}/{repository}"}
    critical = {"identity": identity, "image": {"docker-manifest-digest": digest}, "type": _TYPE}
    payload = json.dumps({"critical": critical, "optional": None}, separators=(",", ":")).encode()
    signature = base64.b64encode(key.sign(payload, ec.ECDSA(hashes.SHA256()))).decode()
    layer = Descriptor(_PAYLOAD, digest_of(payload), len(payload), {_SIGNATURE: signature})
    before = await registry.manifest(repository, signature_tag(digest), doing=doing)
    layers = [*(before.blobs[1:] if before is not None else ()), layer]
    config = json.dumps({
        "architecture": "", "os": "", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [one.digest for one in layers]},
    }, separators=(",", ":")).encode()  # fmt: skip
    manifest = compose_manifest(Descriptor(IMAGE_CONFIG, digest_of(config), len(config), {}), layers)
    for data in (payload, config):
        if not await registry.has_blob(repository, digest_of(data), doing=doing):
            await registry.send_blob(repository, digest_of(data), len(data), of_bytes(data), doing=doing)
    await registry.put_manifest(repository, signature_tag(digest), manifest, doing=doing)
    return True
