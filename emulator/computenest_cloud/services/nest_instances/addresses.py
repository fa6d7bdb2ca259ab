"""What placeholders become: where the storage and the registries have it. fact: pkg-011, pkg-012"""

import base64
import json
from urllib.parse import quote

from computenest_cloud.doors import Doors
from computenest_cloud.networks import ANYWHERE, internal_host
from computenest_cloud.services.nest_artifacts.seam import Artifact, ArtifactVersion
from computenest_cloud.services.oss.seam import SignedRequest, Uploads, sign, string_to_sign
from computenest_cloud.services.registry.seam import PULL, Registries
from computenest_cloud.world import World


class PackageAddresses:
    def __init__(self, world: World, doors: Doors, registries: Registries, uploads: Uploads) -> None:
        self._world = world
        self._doors = doors
        self._registries = registries
        self._uploads = uploads

    def file(self, version: ArtifactVersion, region: str, *, is_public: bool) -> str | None:
        key = version.delivery.get(region)
        if not key:
            return None
        bucket, _, name = key.partition("/")
        if is_public:
            return f"http://{ANYWHERE}:{self._doors.port}/{bucket}/{quote(name)}"
        host = internal_host(region)
        port = self._doors.open_internal(host)
        expires = str(int(self._world.clock.lifetime_now() + self._world.rules.number("file.url_s")))
        session = self._uploads.service_key(f"{bucket}/*")
        text = string_to_sign(SignedRequest("GET", bucket, name, {}, {}), expires)
        signature = quote(sign(text, session.access_key_secret), safe="")
        query = f"Expires={expires}&OSSAccessKeyId={session.access_key_id}&Signature={signature}"
        return f"http://{host}:{port}/{bucket}/{quote(name)}?{query}"

    def container_image(self, artifact: Artifact, version: ArtifactVersion) -> str | None:
        return self._reference("AcrImage", artifact, version)

    def chart(self, artifact: Artifact, version: ArtifactVersion) -> str | None:
        found = self._reference("HelmChart", artifact, version)
        return None if found is None else f"oci://{found}"

    def _reference(self, kind: str, artifact: Artifact, version: ArtifactVersion) -> str | None:
        name, tag = version.artifact_property.get("RepoName"), version.artifact_property.get("Tag")
        host = self._registries.host(self._registries.nest(kind))
        return f"{host}/{artifact.owner_uid}/{name}:{tag}" if name and tag else None

    def pull_secret(self, supplier_uid: str, region: str, *, is_chart: bool) -> str | None:
        del region
        instance = self._registries.nest("HelmChart" if is_chart else "AcrImage")
        name = self._world.account_name(supplier_uid)
        if self._world.store.accounts.get(name) is None:
            return None
        account = self._world.account(name)
        namespace = self._registries.namespace(instance, account)
        lifetime_s = self._world.rules.number("registry.pull_key_s")
        key = self._registries.new_key(instance, account, namespace=namespace.name, actions=PULL, lifetime_s=lifetime_s)
        login = {
            "username": key.username,
            "password": key.password,
            "auth": base64.b64encode(f"{key.username}:{key.password}".encode()).decode(),
        }
        config = {"auths": {self._registries.host(instance): login}}
        return base64.b64encode(json.dumps(config).encode()).decode()
