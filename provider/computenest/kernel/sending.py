"""How much a registry is sent, in the one sentence that previews say and reports add up. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

MIB = 1 << 20

_SENTENCE = re.compile(
    r"(?:^|\s)(?P<place>\S+): (?:brings (?P<images>\d+) of (?P<of_images>\d+) images, )?"
    r"sends (?P<blobs>\d+)(?: of (?P<of_blobs>\d+))? blobs, (?P<size>\d+)(?: of (?P<of_size>\d+))? bytes \([^()]*\)$"
)


@dataclass(frozen=True, slots=True)
class Sending:
    """What a run sends to one registry.

    Args:
        place: repository and tag, or the part of a registry that images are brought to.
        blobs: how many are sent.
        size_bytes: how much that is.
        of: of how many blobs and bytes that is, where the rest is there already; None where that is not counted.
        images: how many images are brought, and of how many; None where they are not counted.
    """

    place: str
    blobs: int
    size_bytes: int
    of: tuple[int, int] | None = None
    images: tuple[int, int] | None = None

    @property
    def sentence(self) -> str:
        mib = f"{self.size_bytes / MIB:.1f} MiB"
        brings = "" if self.images is None else f"brings {self.images[0]} of {self.images[1]} images, "
        if self.of is None:
            return f"{self.place}: {brings}sends {self.blobs} blobs, {self.size_bytes} bytes ({mib})"
        blobs, size = self.of
        return (
            f"{self.place}: {brings}sends {self.blobs} of {blobs} blobs, {self.size_bytes} of {size} bytes"
            f" ({mib}; {blobs - self.blobs} are there)"
        )


def sending_in(message: str) -> Sending | None:
    """What a message of a preview tells to be sent, whoever's name stands before it; None for any other message."""
    found = _SENTENCE.search(message)
    if found is None:
        return None
    of = (int(found["of_blobs"]), int(found["of_size"])) if found["of_blobs"] and found["of_size"] else None
    images = (int(found["images"]), int(found["of_images"])) if found["images"] else None
    return Sending(found["place"], int(found["blobs"]), int(found["size"]), of, images)
