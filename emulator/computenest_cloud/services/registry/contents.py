"""What a registry holds, read from its bucket, and taking it away: the registry itself only ever unlinks.

The layout is distribution's own (`registry/storage/paths.go`): tags and revisions are small files that hold a digest,
a repository has a link to each layer that it may serve, and blobs are shared by all repositories of a registry.
fact: cr-010
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from computenest_cloud.services.oss.seam import Multipart, Objects, StoredObject
from computenest_cloud.services.registry.records import REGISTRIES, REPOSITORIES, RegistryInstance, Repository
from computenest_cloud.wire.values import parse_json
from computenest_cloud.world import World

ROOT = "docker/registry/v2/"


@dataclass(frozen=True)
class Tag:
    name: str
    digest: str
    size_bytes: int
    created_at: float


def _blob(digest: str) -> str:
    algorithm, _, value = digest.partition(":")
    return f"{ROOT}blobs/{algorithm}/{value[:2]}/{value}/data"


def _base(repository: Repository) -> str:
    return f"{ROOT}repositories/{repository.namespace}/{repository.name}/"


def _link(repository: Repository, kind: str, digest: str) -> str:
    return f"{_base(repository)}{kind}/{digest.replace(':', '/')}/link"


class Contents:
    def __init__(self, world: World, objects: Objects) -> None:
        self._world = world
        self._objects = objects
        self._multipart = Multipart(world, objects)

    def _bucket(self, repository: Repository) -> str:
        instance = self._world.store[REGISTRIES].get(repository.instance_id)
        if instance is None:
            raise KeyError(repository.instance_id)
        return instance.bucket

    def _text(self, bucket: str, name: str) -> str:
        found = self._objects.find(bucket, name)
        return "" if found is None else self._objects.content(found).decode("utf-8", errors="replace")

    # --- reading

    def tags(self, repository: Repository) -> list[Tag]:
        bucket, prefix = self._bucket(repository), f"{_base(repository)}_manifests/tags/"
        names = [name for name in self._objects.names(bucket, prefix) if name.endswith("/current/link")]
        return [self._tag(repository, name[len(prefix) : -len("/current/link")]) for name in names]

    def tag(self, repository: Repository, name: str) -> Tag | None:
        link = f"{_base(repository)}_manifests/tags/{name}/current/link"
        found = self._objects.find(self._bucket(repository), link)
        return None if found is None else self._tag(repository, name)

    def _tag(self, repository: Repository, name: str) -> Tag:
        bucket = self._bucket(repository)
        link = self._objects.get(bucket, f"{_base(repository)}_manifests/tags/{name}/current/link")
        digest = self._objects.content(link).decode()
        return Tag(name, digest, self.size_bytes(repository, digest), link.uploaded_at)

    def manifest(self, repository: Repository, digest: str) -> dict[str, Any]:
        """Empty where it is not there, or no manifest."""
        try:
            found = parse_json(self._text(self._bucket(repository), _blob(digest)) or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def size_bytes(self, repository: Repository, digest: str) -> int:
        manifest = self.manifest(repository, digest)
        parts = [manifest.get("config") or {}, *(manifest.get("layers") or [])]
        below = sum(self.size_bytes(repository, str(entry["digest"])) for entry in manifest.get("manifests") or [])
        return below + sum(int(part.get("size", 0)) for part in parts)

    def _revisions(self, repository: Repository) -> Iterator[str]:
        prefix = f"{_base(repository)}_manifests/revisions/"
        for name in self._objects.names(self._bucket(repository), prefix):
            algorithm, _, rest = name[len(prefix) :].partition("/")
            if rest.count("/") == 1 and rest.endswith("/link"):
                yield f"{algorithm}:{rest[:-5]}"

    def blobs(self, instance: RegistryInstance) -> list[StoredObject]:
        names = list(self._objects.names(instance.bucket, f"{ROOT}blobs/"))
        return [self._objects.get(instance.bucket, name) for name in names]

    # --- taking away

    def named_by(self, repository: Repository, digest: str) -> set[str]:
        """Everything that a manifest needs, itself among it."""
        manifest = self.manifest(repository, digest)
        entries = [manifest.get("config") or {}, *(manifest.get("layers") or [])]
        found = {digest} | {str(entry["digest"]) for entry in entries if "digest" in entry}
        for entry in manifest.get("manifests") or []:
            found |= self.named_by(repository, str(entry.get("digest")))
        return found

    def delete_tag(self, repository: Repository, tag: Tag) -> None:
        """And what no other tag of the repository needs."""
        bucket = self._bucket(repository)
        self._remove(bucket, f"{_base(repository)}_manifests/tags/{tag.name}/")
        doomed = self.named_by(repository, tag.digest)
        kept = {name for other in self.tags(repository) for name in self.named_by(repository, other.digest)}
        for digest in doomed - kept:
            self._remove(bucket, _link(repository, "_manifests/revisions", digest))
        self.sweep(repository, doomed)

    def delete(self, repository: Repository) -> None:
        bucket = self._bucket(repository)
        prefix = f"{_base(repository)}_layers/"
        linked = {
            name[len(prefix) : -len("/link")].replace("/", ":", 1) for name in self._objects.names(bucket, prefix)
        }
        doomed = linked | set(self._revisions(repository))
        self._remove(bucket, _base(repository))
        for upload in self._multipart.under(bucket, _base(repository)):
            self._multipart.abort(upload)
        self._world.store[REPOSITORIES].remove(repository.key)
        self._drop_blobs(bucket, repository.instance_id, doomed)

    def sweep(self, repository: Repository, digests: Iterable[str]) -> None:
        """Those of the digests that no manifest of the repository needs any more."""
        bucket = self._bucket(repository)
        needed = {name for digest in self._revisions(repository) for name in self.named_by(repository, digest)}
        doomed = set(digests) - needed
        for digest in doomed:
            self._remove(bucket, _link(repository, "_layers", digest))
        self._drop_blobs(bucket, repository.instance_id, doomed)

    def _drop_blobs(self, bucket: str, instance_id: str, digests: Iterable[str]) -> None:
        """Those that no repository links to."""
        repositories = self._world.store[REPOSITORIES].grouped(instance_id)
        for digest in digests:
            links = (_link(r, kind, digest) for r in repositories for kind in ("_layers", "_manifests/revisions"))
            if not any(self._objects.find(bucket, link) is not None for link in links):
                self._objects.remove(bucket, _blob(digest))

    def _remove(self, bucket: str, prefix: str) -> None:
        for name in list(self._objects.names(bucket, prefix)):
            self._objects.remove(bucket, name)
