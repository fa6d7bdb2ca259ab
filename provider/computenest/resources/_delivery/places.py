"""Where something is put in registries, whose it is there, and whether it may be put there. Pure.

A tag beside the one that everybody reads (`computenest-<owner>-1.0.0`) says who relies on it: several may rely on the
same, and it goes with the last of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from computenest.kernel import identity
from computenest.kernel.names import OwnerId

NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""Of Kubernetes."""
HOST = r"(?:[A-Za-z0-9.-]+\.[A-Za-z0-9.-]+|localhost|[A-Za-z0-9.-]+(?=:))(?::[0-9]+)?"
"""Of a registry, as an expression."""
BELOW = r"(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)"
"""One name below it."""
_MARK = "computenest-"
_OWNER = 12  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class Place:
    """A tag in a repository, and who puts something there."""

    repository: str
    tag: str
    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        """Without the login."""
        return f"Place({self})"

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies at a place.

    Args:
        digest: that the tag stands for, "" for none.
        marked: that our mark stands for, "" for none.
        before: that the marks of our earlier generations stand for.
        is_whole: whether everything is there that the digest names.
        is_others: whether somebody else's mark says that this tag is theirs as well.
        is_signed: whether it carries the signature that is wanted, or none is.
        ours: every tag of the repository that our mark is of -> what our mark stands for.
    """

    digest: str = ""
    marked: str = ""
    before: frozenset[str] = frozenset()
    is_whole: bool = False
    is_others: bool = False
    is_signed: bool = True
    ours: Mapping[str, str] = field(default_factory=dict)


def mark_of(owner_id: OwnerId, generation: int, tag: str) -> str:
    """A tag of ours beside the package's own: it says that this owner relies on what that stands for."""
    return f"{_MARK}{identity.digest(owner_id, str(generation), length=_OWNER)}-{tag}"


def own_marks(owner_id: OwnerId, generation: int, tag: str) -> tuple[str, ...]:
    """The marks of a package: its own, and those of the generations before that a replacement has not deleted yet."""
    return tuple(mark_of(owner_id, one, tag) for one in range(generation, 0, -1))


def marked_by(names: Iterable[str], owner_id: OwnerId, generation: int) -> tuple[str, ...]:
    """The tags that this owner's marks are of, among all names of a repository."""
    begin = mark_of(owner_id, generation, "")
    return tuple(name.removeprefix(begin) for name in names if name.startswith(begin) and name != begin)


def is_mark_of(name: str, tag: str) -> bool:
    """Whether a name is a mark, anybody's, of that tag."""
    return name.startswith(_MARK) and name[len(_MARK) + _OWNER :] == f"-{tag}"


def refusal(place: Place, lying: Lying, digest: str, *, recorded: str | None, what: str) -> str:
    """Why nothing may be put at a place, "" where it may.

    Args:
        place: where.
        lying: what lies there.
        digest: of what is to be put there.
        recorded: the digest of what was put there before, None for nothing.
        what: what is put there, for people: `this package`.
    """
    # A run that was cut has moved our mark and not the tag yet: a tag with a mark of ours is ours, whatever it is.
    is_ours = lying.digest in {"", digest, recorded} or bool(lying.marked or lying.before)
    if not is_ours:
        return (
            f"{place} holds {lying.digest}, which {what} did not put there; "
            "give it another version or repository, or delete that tag yourself"
        )
    if lying.digest not in ("", digest) and lying.is_others:
        return f"{place} holds {lying.digest}, which another package relies on; give this one another version"
    return ""
