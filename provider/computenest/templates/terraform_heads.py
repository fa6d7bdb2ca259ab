"""What a Terraform expression comes to, as far as a file can tell: a scalar, a collection, or something still open.

A collection's members are read when somebody asks for them, each with the way by which it was reached, so that every
literal knows through which variable, branch and key a property comes to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from computenest.templates.leaves import Leaf
from computenest.templates.source import Source

_STATIC = "resolved statically; the cloud documents literals only"
_MAX_LABEL = 400


@dataclass(frozen=True, slots=True)
class Way:
    """How a value was come to. `is_sure` is False where whoever deploys may set another."""

    form: str = "literal"
    label: str = ""
    reason: str | None = None
    depth: int = 0
    is_sure: bool = True

    def through(self, form: str, step: str, reason: str | None = _STATIC, *, is_sure: bool = True) -> Way:
        """One step further."""
        label = f"{self.label}.{step}" if self.label and step else self.label or step
        return Way(form, label, reason, self.depth + 1, self.is_sure and is_sure)

    def after(self, other: Way) -> Way:
        """The way on behind `other`, by which the collection was come to whose member is read."""
        steps, more = self.label.split("."), other.label.split(".")
        same = next((n for n, pair in enumerate(zip(steps, more, strict=False)) if pair[0] != pair[1]), len(steps))
        label = ".".join(filter(None, (*steps, *more[same:])))[:_MAX_LABEL]
        is_sure = self.is_sure and other.is_sure
        return replace(other, label=label, depth=max(self.depth, other.depth), is_sure=is_sure)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said to be open."""

    source: Source
    at: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, number or truth value; `leaf` says whether it stands somewhere as a literal."""

    text: str
    leaf: Leaf
    way: Way
    kind: str = "string"


@dataclass(frozen=True, slots=True)
class Items:
    """An `object`, `list` or `set`; `rest` says why there may be more members. The members of one that `is_made` of
    others know by themselves how they were come to; those of one that `is_sorted` stand where their texts put them, so
    that an edit moves them."""

    kind: str
    members: tuple[tuple[str, Lazy], ...]
    way: Way
    place: Place
    rest: Open | None = None
    is_made: bool = False
    is_sorted: bool = False

    def in_order(self) -> list[tuple[str, Lazy]]:
        """The members as a loop meets them: an object's by key."""
        if self.kind == "object":
            return sorted(dict(self.members).items())
        return list(self.members)


@dataclass(frozen=True, slots=True)
class Open:
    """No value that a file tells: decided at deployment, `null`, or (`is_error`) refused by Terraform."""

    leaf: Leaf
    way: Way
    is_null: bool = False
    is_error: bool = False


Head: TypeAlias = "Scalar | Items | Open"
Lazy: TypeAlias = Callable[[Way], Iterator["Head"]]


def open_at(place: Place, form: str, reason: str, way: Way, *, is_error: bool = False) -> Open:
    """Why there is no value."""
    return Open(Leaf(form, place.source, place.at, reason=reason, label=way.label), way, is_error=is_error)


def computed(text: str, place: Place, way: Way, kind: str = "string", reason: str = "computed") -> Scalar:
    """A value that a file tells and that is no literal: it may be a key, or decide a condition."""
    return Scalar(text, Leaf("expression", place.source, place.at, reason=reason, label=way.label), way, kind)


def sure_texts(heads: Iterator[Head]) -> list[str] | None:
    """The texts that something can be, None where nobody knows or somebody may set another."""
    texts: list[str] = []
    for head in heads:
        if not isinstance(head, Scalar) or not head.way.is_sure:
            return None
        texts.append(head.text)
    return list(dict.fromkeys(texts))


def truth(heads: Iterator[Head]) -> bool | None:
    """Whether a condition holds; None where that is not known."""
    texts = sure_texts(heads)
    return texts == ["true"] if texts in (["true"], ["false"]) else None
