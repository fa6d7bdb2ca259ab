"""A real registry behind a token service of the test's own: docker-registry as a process, the embedded cloud's tokens.

The service is what the client has to cope with: it can refuse, grant less than asked, hand out tokens that are expired.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from computenest.cloud.registry.client import Traffic, open_registry
from computenest.cloud.registry.login import Login
from computenest.cloud.registry.push import Shelf, Tree, push_tree
from computenest.cloud.secret import Secret
from computenest_cloud.services.registry.tokens import ISSUER, Scope, Tokens
from unit.cloud.answers import Answer, Seen, serving

ROOT = Path(__file__).resolve().parents[2]
USER, PASSWORD = "cr_temp_user", "a-temporary-key-9f2"
SERVICE = "rig-registry"
START_S = 90.0


@dataclass
class TokenService:
    """Grants what is asked to whoever has the key, unless a test says otherwise."""

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
        kept: dict[str, Any] = {}
        store: Any = SimpleNamespace(setting=kept.get, put_setting=kept.__setitem__)
        self._tokens = Tokens(store)
        self.certificate = self._tokens.certificate
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
        age_s = 10_000 if self.stale_grants else self.age_s
        self.stale_grants = max(0, self.stale_grants - 1)
        asked = [Scope.parse(scope) for scope in scopes]
        granted = [
            replace(one, actions=tuple(action for action in one.actions if action not in self.drops_actions))
            for one in asked
            if one is not None
        ]
        return self._tokens.issue(SERVICE, USER, granted, expires_at=time.time() - age_s + self.lifetime_s)

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
        certificate.write_bytes(self.tokens.certificate)
        config: dict[str, Any] = {
            "version": "0.1",
            "log": {"level": "info"},  # where it listens
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "data")}, "delete": {"enabled": True}},
            "http": {"addr": "127.0.0.1:0"},
            "auth": {
                "token": {
                    "realm": self.tokens.realm,
                    "service": SERVICE,
                    "issuer": ISSUER,
                    "rootcertbundle": str(certificate),
                }
            },
        }
        if self.is_open:
            del config["auth"]
            config["validation"] = {"manifests": {"urls": {"allow": ["^https://"]}}}
        (self.folder / "config.yml").write_text(json.dumps(config))
        log, command = self.folder / "registry.log", [self.binary, "serve", str(self.folder / "config.yml")]
        with log.open("ab") as said:
            begun = said.tell()  # behind what an earlier one of this folder said
            self.process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + START_S
        while (found := re.search(r"listening on (127\.0\.0\.1:\d+)", log.read_text()[begun:])) is None:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text())
            time.sleep(0.02)
        self.host = found[1]

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


class Anybody:
    """No login."""

    async def login(self, *, renew: bool) -> Login | None:
        del renew
        return None


async def push_to(
    host: str,
    repository: str,
    tag: str,
    tree: Tree,
    *,
    key: Any = None,
    traffic: Traffic | None = None,
    shelf: Shelf | None = None,
    neighbours: Sequence[str] = (),
    show: Callable[[str], None] = lambda _: None,
) -> None:
    """`key`: whose; the rig's own key where there is none."""
    async with open_registry(host, key or Key(), traffic=traffic or Traffic()) as registry:
        await push_tree(
            registry,
            repository,
            tag,
            tree,
            shelf=shelf or Shelf(),
            neighbours=neighbours,
            show=show,
            doing=f"push of {repository}:{tag}",
        )
