"""A real registry behind a token service of the test's own: docker-registry as a process, PyJWT for the tokens.

The service is what the client has to cope with: it can refuse, grant less than asked, hand out tokens that are expired.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import socket
import subprocess
import threading
import time
import urllib.parse
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from computenest.cloud.registry.login import Login
from computenest.cloud.secret import Secret
from unit.cloud.answers import Answer, Seen, serving

ROOT = Path(__file__).resolve().parents[2]
USER, PASSWORD = "cr_temp_user", "a-temporary-key-9f2"
START_S = 90.0
PORTS = 5  # a free port may be taken by somebody else before the registry takes it


@dataclass
class TokenService:
    """Grants what is asked to whoever has the key, unless a test says otherwise."""

    issuer: str = "rig"
    service: str = "rig-registry"
    password: str = PASSWORD
    lifetime_s: int = 300
    drops_actions: frozenset[str] = frozenset()
    status: int = 0
    """Answered instead of a token, where it is not 0."""
    age_s: int = 0
    """How long ago the tokens that it hands out were made."""
    stale_grants: int = 0
    """How many of the next tokens are too old."""
    asked: list[list[str]] = field(default_factory=list)
    """The scopes of each token granted."""
    urls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rig")])
        now = dt.datetime.now(dt.UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self._open = ExitStack()
        self.realm = f"http://{self._open.enter_context(serving(self.answer))}/auth"

    def answer(self, seen: Seen) -> Answer:
        self.urls.append(seen.target)
        if self.status:
            return Answer(self.status, b'{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}')
        wanted = "Basic " + base64.b64encode(f"{USER}:{self.password}".encode()).decode()
        if seen.headers.get("Authorization", "") != wanted:
            return Answer(401, b'{"errors":[{"code":"UNAUTHORIZED","message":"wrong key"}]}')
        scopes = urllib.parse.parse_qs(urllib.parse.urlsplit(seen.target).query).get("scope", [])
        self.asked.append(scopes)
        return Answer(body=json.dumps({"token": self.token(scopes), "expires_in": self.lifetime_s}).encode())

    def token(self, scopes: list[str]) -> str:
        now = int(time.time()) - (10_000 if self.stale_grants else self.age_s)
        self.stale_grants = max(0, self.stale_grants - 1)
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":")
            kept = [action for action in actions.split(",") if action not in self.drops_actions]
            access.append({"type": kind, "name": name, "actions": kept})
        claims = {
            "iss": self.issuer,
            "sub": USER,
            "aud": self.service,
            "iat": now,
            "nbf": now - 5,
            "exp": now + self.lifetime_s,
            "jti": f"{len(self.asked)}",
            "access": access,
        }
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        return jwt.encode(claims, self.key, algorithm="ES256", headers={"x5c": [base64.b64encode(der).decode()]})

    def stop(self) -> None:
        self._open.close()


@dataclass
class Rig:
    """A registry that runs, and its token service."""

    folder: Path
    binary: Path
    tokens: TokenService = field(default_factory=TokenService)
    is_open: bool = False
    """Takes everything from everybody: for comparisons with other clients."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        certificate = self.folder / "root.pem"
        certificate.write_bytes(self.tokens.certificate.public_bytes(serialization.Encoding.PEM))
        for attempt in range(PORTS):
            try:
                self._start(certificate)
            except RuntimeError:
                if attempt == PORTS - 1:
                    raise
            else:
                return

    def _start(self, certificate: Path) -> None:
        self.port = _free_port()
        config: dict[str, Any] = {
            "version": "0.1",
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "data")}, "delete": {"enabled": True}},
            "http": {"addr": f"127.0.0.1:{self.port}"},
            "auth": {
                "token": {
                    "realm": self.tokens.realm,
                    "service": self.tokens.service,
                    "issuer": self.tokens.issuer,
                    "rootcertbundle": str(certificate),
                }
            },
        }
        if self.is_open:
            del config["auth"]
            config["validation"] = {"manifests": {"urls": {"allow": ["^https://"]}}}
        (self.folder / "config.yml").write_text(json.dumps(config))
        log = (self.folder / "registry.log").open("ab")
        self.process = subprocess.Popen(
            [self.binary, "serve", str(self.folder / "config.yml")], stdout=log, stderr=subprocess.STDOUT
        )
        deadline = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "registry.log").read_text()) from error
                threading.Event().wait(0.05)
            else:
                return

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def blob_files(self) -> dict[str, Path]:
        """Digest -> the file that holds the blob."""
        found = (self.folder / "data").glob("docker/registry/v2/blobs/sha256/*/*/data")
        return {f"sha256:{path.parent.name}": path for path in found}

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)
        self.tokens.stop()


@dataclass
class Key:
    """A login that can be counted, and can go stale."""

    passwords: list[str] = field(default_factory=lambda: [PASSWORD])
    renewed: int = 0

    async def login(self, *, renew: bool) -> Login | None:
        if renew:
            self.renewed += 1
        return Login(USER, Secret(self.passwords[min(self.renewed, len(self.passwords) - 1)]))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
