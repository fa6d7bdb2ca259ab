"""The name of an image: `registry/repository:tag` or `…@digest`, as container tools read it."""

import re
from dataclasses import dataclass

HUB = "docker.io"
_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class ImageName:
    """`host`: with its port. `reference`: a tag or a digest."""

    host: str
    repository: str
    reference: str

    def __str__(self) -> str:
        return f"{self.host}/{self.repository}{'@' if ':' in self.reference else ':'}{self.reference}"


def parse_image(text: str) -> ImageName:
    """Raises `ValueError`: it is no image's name. Without a registry it is Docker Hub's, without a tag `latest`."""
    name, _, digest = text.partition("@")
    if digest and not _DIGEST.fullmatch(digest):
        raise ValueError(f"{digest[:80]!r} is no digest")
    head, slash, rest = name.partition("/")
    has_host = bool(slash) and (head == "localhost" or "." in head or ":" in head)
    host, path = (head, rest) if has_host else (HUB, name)
    path, colon, tag = path.partition(":")
    if colon and not _TAG.fullmatch(tag):
        raise ValueError(f"{tag[:80]!r} is no tag")
    if not _NAME.fullmatch(path):
        raise ValueError(f"{path[:80]!r} is no repository's name")
    if host == HUB and "/" not in path:
        path = f"library/{path}"
    return ImageName(host, path, digest or tag or "latest")
