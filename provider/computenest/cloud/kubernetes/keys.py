"""What the embedded cluster is reached with: a certificate of its own, an administrator's token, a kubeconfig."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import secrets
from pathlib import Path
from typing import Any

import yaml

_LASTS = dt.timedelta(days=3650)
_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")


class Keys:
    """The files of one folder, made once and kept: a kubeconfig stays valid over restarts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.certificate = folder / "server.crt"
        self.key = folder / "server.key"
        self.accounts_key = folder / "accounts.key"
        self.tokens = folder / "tokens.csv"

    def make(self) -> None:
        """Makes what is missing; readable by this user alone."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if not self.tokens.exists():
            self._make_certificate()
            _write(self.accounts_key, _new_key()[1])
            _write(self.tokens, f"{secrets.token_urlsafe(32)},admin,admin,system:masters\n".encode())

    def token(self) -> str:
        return self.tokens.read_text(encoding="utf-8").partition(",")[0]

    def write_kubeconfig(self, file: Path, *, server: str, name: str) -> None:
        """How the administrator reaches the cluster."""
        document: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": name,
                    "cluster": {
                        "server": server,
                        "certificate-authority-data": base64.b64encode(self.certificate.read_bytes()).decode(),
                    },
                }
            ],
            "users": [{"name": f"{name}-admin", "user": {"token": self.token()}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-admin"}}],
            "current-context": name,
        }
        _write(file, yaml.safe_dump(document, sort_keys=False).encode())

    def _make_certificate(self) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.serialization import Encoding
        from cryptography.x509.oid import NameOID

        key, pem = _new_key()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "computenest embedded cluster")])
        now = dt.datetime.now(dt.UTC)
        hosts = [x509.DNSName(each) for each in _NAMES]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + _LASTS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([*hosts, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write(self.key, pem)
        _write(self.certificate, certificate.public_bytes(Encoding.PEM))


def _new_key() -> tuple[Any, bytes]:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    return key, key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all, and never readable by others."""
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_bytes(content)
    new.replace(file)
