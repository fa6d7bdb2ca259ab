"""Names that say what lies there: the key of an uploaded file, the tag of an image that was given none.

Whoever finds such a name knows without any record whose it is, and what belongs there.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_KEY = re.compile(r"/([^/]+)-g([0-9]+)/([0-9a-f]{16})/[^/]+$")
_OWNER_LENGTH = 12
_DIGEST_LENGTH = 16


def key_owner(owner_id: str, generation: int) -> str:
    """Whose something is, as a part of its name."""
    return f"{owner_part(owner_id)}-g{generation}"


def owner_part(owner_id: str) -> str:
    """What of an owner's id stands in keys."""
    return owner_id.removeprefix("o-")[:_OWNER_LENGTH]


def key_suffix(whose: str, content: str, file_name: str) -> str:
    """What the object's key ends in: whose it is and what it holds."""
    return f"/{whose}/{content.removeprefix('sha256:')[:_DIGEST_LENGTH]}/{file_name}"


class FileKey(NamedTuple):
    """What the key of an uploaded file says.

    Args:
        owner: the beginning of the owner's id.
        generation: of the package.
        digest: the beginning of the content's digest, in hexadecimal.
    """

    owner: str
    generation: int
    digest: str


def file_key(name: str) -> FileKey | None:
    """What the key or address of an uploaded file says; None for one that is not ours."""
    found = _KEY.search(name)
    return None if found is None else FileKey(found[1], int(found[2]), found[3])


def derived_tag(digest: str) -> str:
    """The tag of an image that is given none: made of its digest, so that no tag in use is ever moved."""
    return f"sha256-{digest[7:19]}"
