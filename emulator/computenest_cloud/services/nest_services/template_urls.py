"""How GetService shows where a service's templates lie: as they were saved, or signed for a while. fact: svc-015"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from computenest_cloud.services.nest_services.relations import parse_metadata
from computenest_cloud.services.oss.seam import OBJECTS, SignedRequest, sign, split_url, string_to_sign
from computenest_cloud.store.records import Account
from computenest_cloud.world import World

GOOD_FOR_S = 3600
KEYS = ("Url", "ArchitectureDiagramUrl")


def _entries(metadata: dict[str, Any]) -> Iterator[dict[str, Any]]:
    supplier = metadata.get("SupplierDeployMetadata")
    listed = [metadata.get("TemplateConfigs"), supplier.get("SupplierTemplateConfigs") if supplier else None]
    for entries in listed:
        yield from (entry for entry in entries or () if isinstance(entry, dict))


def _signed(world: World, owner: Account, url: str) -> str:
    bare = url.partition("?")[0]
    bucket, name = split_url(bare)
    if f"{bucket}/{name}" not in world.store[OBJECTS]:
        return url
    expires = str(int(world.clock.lifetime_now()) + GOOD_FOR_S)
    text = string_to_sign(SignedRequest("GET", bucket, name, {}, {}), expires)
    query = {"Expires": expires, "OSSAccessKeyId": owner.access_key_id}
    return f"{bare}?{urlencode({**query, 'Signature': sign(text, owner.access_key_secret)})}"


def shown(world: World, owner: Account, deploy_metadata: str) -> str:
    """DeployMetadata as its owner reads it; anybody who has it can then read the templates, as export does."""
    if not deploy_metadata or world.rules.position("service.template_urls") == "plain":
        return deploy_metadata
    metadata = parse_metadata(deploy_metadata)
    for entry in _entries(metadata):
        entry.update({key: _signed(world, owner, entry[key]) for key in KEYS if isinstance(entry.get(key), str)})
    return json.dumps(metadata, ensure_ascii=False)
