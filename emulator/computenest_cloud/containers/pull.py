"""A pull, as far as it can fail: every step of it at the registry itself, with the login that the container has.

The seven steps: 1 ask the registry, 2 be told of the authorization service, 3 ask that for a token, 4 get it, 5 ask
again with the token, 6 be sent to the storage, 7 get the bytes there. The manifest and the image's configuration are
read; of the layers, whether the registry has them.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import aiohttp

from computenest_cloud.containers.images import ImageName
from computenest_cloud.wire.values import parse_json

TIMEOUT_S = 20.0
SIZE_LIMIT = 4 << 20  # of a manifest or a configuration
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Login:
    server: str
    username: str
    password: str


@dataclass(frozen=True)
class Pulled:
    """`command`: what the image starts where a container does not say (ENTRYPOINT and CMD). `layers`: the digests of
    those that were kept, the lowest first."""

    digest: str
    command: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    working_dir: str = ""


class PullError(Exception):
    """`step`: which of the seven it was, 0 where nothing was asked."""

    def __init__(self, step: int, image: str, why: str) -> None:
        super().__init__(f'Failed to pull image "{image}": {why} (step {step} of 7)')
        self.step = step


def login_for(image: ImageName, logins: tuple[Login, ...]) -> Login | None:
    """The one whose server is the image's registry; a server may be written with its scheme."""
    for login in logins:
        server = login.server.removeprefix("https://").removeprefix("http://").partition("/")[0]
        if server == image.host:
            return login
    return None


def layer_file(folder: Path, digest: str) -> Path:
    """Where a layer is kept."""
    return folder / digest.replace(":", "-").replace("/", "-")


class Puller:
    """Pulls one image. `architecture`: what runs it, as registries call it (amd64, arm64). `folder`: where its layers
    are kept, by their digests; None where nobody runs them."""

    def __init__(self, image: ImageName, login: Login | None, architecture: str, folder: Path | None = None) -> None:
        self._image, self._login, self._architecture, self._folder = image, login, architecture, folder
        self._token = ""

    async def pull(self) -> Pulled:
        """Raises `PullError`."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session:
                return await self._pulled(session)
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as failure:
            why = str(failure) or type(failure).__name__
            raise self._failed(1, f"the registry does not answer: {why}") from failure

    def _failed(self, step: int, why: str) -> PullError:
        return PullError(step, str(self._image), why)

    async def _pulled(self, session: aiohttp.ClientSession) -> Pulled:
        manifest, digest = await self._manifest(session, self._image.reference)
        if "manifests" in manifest:
            manifest, digest = await self._manifest(session, self._of_the_platform(manifest))
        config = await self._blob(session, str(manifest.get("config", {}).get("digest", "")))
        found = str(config.get("architecture") or self._architecture)
        if found != self._architecture:
            raise self._failed(6, f"the image is for {found}, and the group for {self._architecture}")
        layers = tuple(str(layer.get("digest", "")) for layer in manifest.get("layers", ()))
        for layer in layers:
            await (self._has(session, layer) if self._folder is None else self._keep(session, layer, self._folder))
        started = config.get("config") or {}
        command = (*(started.get("Entrypoint") or ()), *(started.get("Cmd") or ()))
        environment, working_dir = tuple(map(str, started.get("Env") or ())), str(started.get("WorkingDir") or "")
        kept = () if self._folder is None else layers
        return Pulled(digest, tuple(map(str, command)), environment, kept, working_dir)

    def _of_the_platform(self, index: Mapping[str, Any]) -> str:
        for entry in index["manifests"]:
            platform = entry.get("platform") or {}
            if platform.get("architecture", self._architecture) == self._architecture:
                return str(entry.get("digest", ""))
        raise self._failed(6, f"no match for platform linux/{self._architecture} in the manifest")

    async def _manifest(self, session: aiohttp.ClientSession, reference: str) -> tuple[dict[str, Any], str]:
        url = f"http://{self._image.host}/v2/{self._image.repository}/manifests/{reference}"
        answer = await self._asked(session, "GET", url, {"Accept": ", ".join(MANIFESTS)})
        return self._parsed(answer.body), answer.headers.get("Docker-Content-Digest", reference)

    async def _blob(self, session: aiohttp.ClientSession, digest: str) -> dict[str, Any]:
        url = f"http://{self._image.host}/v2/{self._image.repository}/blobs/{digest}"
        answer = await self._asked(session, "GET", url, {})
        if answer.status not in REDIRECTS:
            return self._parsed(answer.body)
        async with session.get(answer.headers.get("Location", "")) as found:
            body = await found.content.read(SIZE_LIMIT)
            if found.status != 200:
                raise self._failed(7, f"the storage answers {found.status}")
        return self._parsed(body)

    async def _has(self, session: aiohttp.ClientSession, digest: str) -> None:
        url = f"http://{self._image.host}/v2/{self._image.repository}/blobs/{digest}"
        await self._asked(session, "HEAD", url, {})

    async def _keep(self, session: aiohttp.ClientSession, digest: str, folder: Path) -> None:
        """The layer as a file, whole and as its digest says."""
        path = layer_file(folder, digest)
        if await asyncio.to_thread(path.is_file):
            return
        url = f"http://{self._image.host}/v2/{self._image.repository}/blobs/{digest}"
        own = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with session.get(url, headers=own, allow_redirects=False) as answer:
            target = answer.headers.get("Location", url) if answer.status in REDIRECTS else url
        headers = {} if target != url else own
        found = hashlib.sha256()
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder, delete=False) as file:
            async with session.get(target, headers=headers) as answer:
                async for block in answer.content.iter_chunked(1 << 16):
                    found.update(block)
                    file.write(block)
                if answer.status != 200 or f"sha256:{found.hexdigest()}" != digest:
                    raise self._failed(7, f"the storage answers {answer.status}, and other bytes than {digest} names")
        await asyncio.to_thread(Path(file.name).replace, path)

    def _parsed(self, body: bytes) -> dict[str, Any]:
        try:
            value = parse_json(body.decode())
        except ValueError as failure:
            raise self._failed(6, f"what the registry has is no JSON ({failure})") from failure
        if not isinstance(value, dict):
            raise self._failed(6, "what the registry has is no JSON object")
        return value

    async def _asked(
        self, session: aiohttp.ClientSession, method: str, url: str, headers: Mapping[str, str]
    ) -> "_Answer":
        answer = await self._sent(session, method, url, headers)
        if answer.status == 401 and not self._token:
            self._token = await self._authorized(session, answer.headers.get("WWW-Authenticate", ""))
            answer = await self._sent(session, method, url, headers)
        if answer.status == 200 or answer.status in REDIRECTS:
            return answer
        step = 5 if self._token else 1
        if answer.status in {401, 403}:
            who = "" if self._login else " without a login"
            raise self._failed(step, f"pull access denied{who}, the registry answers {answer.status}")
        if answer.status == 404:
            raise self._failed(6, "manifest unknown" if "/manifests/" in url else f"blob unknown: {url[-71:]}")
        raise self._failed(step, f"the registry answers {answer.status}")

    async def _sent(
        self, session: aiohttp.ClientSession, method: str, url: str, headers: Mapping[str, str]
    ) -> "_Answer":
        own = {**headers, **({"Authorization": f"Bearer {self._token}"} if self._token else {})}
        async with session.request(method, url, headers=own, allow_redirects=False) as answer:
            return _Answer(answer.status, await answer.content.read(SIZE_LIMIT), dict(answer.headers))

    async def _authorized(self, session: aiohttp.ClientSession, challenge: str) -> str:
        """Steps 3 and 4."""
        said = dict(_CHALLENGE.findall(challenge))
        if "realm" not in said:
            raise self._failed(2, "the registry names no authorization service")
        asked = {"service": said.get("service", ""), "scope": f"repository:{self._image.repository}:pull"}
        auth = None if self._login is None else aiohttp.BasicAuth(self._login.username, self._login.password, "utf-8")
        async with session.get(said["realm"], params=asked, auth=auth) as answer:
            body = await answer.content.read(SIZE_LIMIT)
        if answer.status in {401, 403}:
            raise self._failed(3, "the authorization service refuses the user name or password, or they have expired")
        if answer.status != 200:
            raise self._failed(3, f"the authorization service answers {answer.status}")
        token = self._parsed(body)
        return str(token.get("token") or token.get("access_token") or "")


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]
