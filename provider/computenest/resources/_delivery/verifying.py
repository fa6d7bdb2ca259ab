"""Whether a package in a registry is the one that its reference names, and signed by whom it has to be."""

from __future__ import annotations

from computenest.cloud.registry.client import open_registry
from computenest.cloud.registry.oci import parse_reference
from computenest.cloud.registry.sources import DockerLogin
from computenest.kernel.errors import Invalid
from computenest.resources._delivery.signing import verify


async def require_signed(where: str, public_key: str, *, key: str) -> str:
    """The digest of a package that is as it has to be.

    Args:
        where: its reference.
        public_key: of whoever has to have signed it, in PEM.
        key: what that is called, for messages.

    Raises:
        Invalid: it is not there, its tag was moved, or another key or nobody signed it.
    """
    reference = parse_reference(where, path="")
    doing = f"look at {reference}"
    async with open_registry(reference.registry, DockerLogin(reference.registry)) as registry:
        digest = await registry.digest(reference.repository, reference.name, doing=doing)
        if digest is None:
            raise Invalid(f"{reference.host} has no {reference.repository}:{reference.name}")
        if reference.tag and reference.digest:
            now = await registry.digest(reference.repository, reference.tag, doing=doing)
            if now != reference.digest:
                raise Invalid(f"{reference.tag} was moved: it stands for {now}, not for {reference.digest}")
        found = await verify(registry, reference.repository, digest, public_key, doing=doing)
    if not found.is_signed:
        by = f"by {found.count} other keys, and not by {key}" if found.count else "by nobody"
        raise Invalid(f"{reference} ({digest}) is signed {by}")
    return digest
