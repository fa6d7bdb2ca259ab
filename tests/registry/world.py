"""A cloud with tenants, and a small client of registries that shows every answer: the tests' own, on http.client."""

from __future__ import annotations

import hashlib
import json
import os
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from alibabacloud_cr20181201.client import Client as CrClient

from emulator.harness import Cloud, call, environment
from made import made
from served import Answer, ask

ROOT = Path(__file__).parents[2]
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def tool(name: str) -> Path:
    """The folder that a program of tools/registry prints."""
    return made(f"tools/registry/{name}")


def follow(url: str, *, source: str | None = None) -> Answer:
    parts = urlsplit(url)
    return ask(parts.netloc, "GET", f"{parts.path}?{parts.query}", source=source)


@dataclass(frozen=True)
class Key:
    host: str
    namespace: str
    username: str
    password: str

    @property
    def basic(self) -> str:
        return "Basic " + b64encode(f"{self.username}:{self.password}".encode()).decode()


class Client:
    """Steps 1 to 7 one by one. `source`: the loopback address that it comes from."""

    def __init__(self, key: Key | None, host: str, *, source: str | None = None) -> None:
        self.key = key
        self.host = host
        self.source = source

    def challenge(self, path: str = "/v2/", method: str = "GET") -> dict[str, str]:
        """Steps 1 and 2: what WWW-Authenticate says."""
        answer = ask(self.host, method, path, source=self.source)
        assert answer.status == 401, answer
        return dict(re.findall(r'(\w+)="([^"]*)"', answer.headers["www-authenticate"]))

    def ask_token(self, *scopes: str) -> Answer:
        """Step 3."""
        found = self.challenge()
        parts = urlsplit(found["realm"])
        query = urlencode([("service", found["service"]), *(("scope", scope) for scope in scopes)])
        headers = {"authorization": self.key.basic} if self.key else {}
        return ask(parts.netloc, "GET", f"{parts.path}?{query}", headers=headers, source=self.source)

    def token(self, *scopes: str) -> str:
        """Step 4."""
        answer = self.ask_token(*scopes)
        assert answer.status == 200, answer
        return str(json.loads(answer.body)["token"])

    def send(
        self, method: str, path: str, token: str = "", *, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Steps 5 and 6."""
        given = {**({"authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        return ask(self.host, method, path, body=body, headers=given, source=self.source)

    def push_blob(self, repository: str, content: bytes, token: str) -> Answer:
        begun = self.send("POST", f"/v2/{repository}/blobs/uploads/", token)
        if begun.status != 202:
            return begun
        parts = urlsplit(begun.headers["location"])
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        path = f"{parts.path}?{parts.query}&{urlencode({'digest': digest})}"
        return self.send("PUT", path, token, body=content, headers={"content-type": "application/octet-stream"})

    def push(self, repository: str, tag: str, *layers: bytes, config: Mapping[str, Any] | None = None) -> str:
        """A small image; its digest. `config`: what its configuration says beside the usual."""
        token = self.token(f"repository:{repository}:pull,push")
        usual = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
        described = []
        for content in (json.dumps({**usual, **(config or {})}).encode(), *layers):
            assert self.push_blob(repository, content, token).status == 201
            described.append({"digest": f"sha256:{hashlib.sha256(content).hexdigest()}", "size": len(content)})
        kinds = ["application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar"]
        entries = [{"mediaType": kinds[min(i, 1)], **entry} for i, entry in enumerate(described)]
        manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": entries[0], "layers": entries[1:]}
        content = json.dumps(manifest).encode()
        path = f"/v2/{repository}/manifests/{tag}"
        answer = self.send("PUT", path, token, body=content, headers={"content-type": OCI_MANIFEST})
        assert answer.status == 201, answer
        return answer.headers["docker-content-digest"]

    def pull_blob(self, repository: str, digest: str, token: str = "") -> Answer:
        """Up to step 6: a redirect."""
        token = token or self.token(f"repository:{repository}:pull")
        return self.send("GET", f"/v2/{repository}/blobs/{digest}", token)


def nest_key(cloud: Cloud, account: str = "supplier", kind: str = "AcrImage") -> Key:
    """A temporary key by GetArtifactRepositoryCredentials."""
    found = call(cloud.nest(account), "GetArtifactRepositoryCredentials", ArtifactType=kind)
    host, namespace, _ = found.available_resources[0].path.split("/")
    return Key(host, namespace, found.credentials.username, found.credentials.password)


def cr(cloud: Cloud, account: str = "supplier") -> Any:
    """The registry API's official client."""
    return cloud.sdk(CrClient, account)


def clean_environment(folder: Path) -> dict[str, str]:
    """For container tools: no proxy, and configuration of their own."""
    kept = {key: value for key, value in environment().items() if key not in {"HOME", "DOCKER_CONFIG"}}
    return {**kept, "HOME": str(folder), "DOCKER_CONFIG": str(folder / "docker"), "PATH": os.environ["PATH"]}
