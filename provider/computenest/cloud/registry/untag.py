"""Taking a tag away, and leaving what it stands for to whoever else has it.

The distribution specification lets a registry delete by tag, and distribution 2.8 and others do not. With these a tag
is moved to a manifest that nothing else has, and that is deleted: a manifest goes with the tags that stand for it.
"""

from __future__ import annotations

from computenest.cloud.registry.blobs import of_bytes
from computenest.cloud.registry.client import Registry
from computenest.cloud.registry.oci import IMAGE_CONFIG, MANIFEST, Descriptor, Manifest, digest_of
from computenest.kernel.errors import ComputeNestError

_EMPTY = b"{}"


async def untag(registry: Registry, repository: str, tag: str, *, doing: str) -> bool:
    """Takes a tag away; gone is success. False where the registry deletes nothing: the tag is then as it was."""
    before = await registry.manifest(repository, tag, doing=doing)
    if before is None:
        return True
    if await registry.delete(repository, tag, doing=doing) and not await registry.digest(repository, tag, doing=doing):
        return True
    leaving = _of_nothing(tag)
    await registry.send_blob(repository, digest_of(_EMPTY), len(_EMPTY), of_bytes(_EMPTY), doing=doing)
    await registry.put_manifest(repository, tag, leaving, doing=doing)
    try:
        if await registry.delete(repository, leaving.digest, doing=doing):
            return True
    except ComputeNestError:
        await registry.put_manifest(repository, tag, before, doing=doing)
        raise
    await registry.put_manifest(repository, tag, before, doing=doing)
    return False


def _of_nothing(tag: str) -> Manifest:
    config = Descriptor(IMAGE_CONFIG, digest_of(_EMPTY), len(_EMPTY), {})
    told = f'{{"mediaType":"{config.media_type}","digest":"{config.digest}","size":{config.size_bytes}}}'
    note = f'{{"computenest.delivery.leaves":"{tag}"}}'  # so that no other tag has it
    data = (f'{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{told},"layers":[],"annotations":{note}}}').encode()
    return Manifest(data, MANIFEST, digest_of(data), (config,), ())
