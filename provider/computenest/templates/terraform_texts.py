"""Texts, counts and truth values that Terraform's functions make of what is sure: no literals, but keys and conditions.

Source: Terraform's documentation of built-in functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from computenest.templates.terraform_collections import bound
from computenest.templates.terraform_heads import Items, Lazy, Way, sure_texts


def text_of(name: str, given: Sequence[Lazy], way: Way) -> str | None:
    """The text that a function makes of texts that are sure; None where it is not known."""
    if name in ("length", "contains") and given:
        found = _known(given[0], way)
        if found is None or not found.way.is_sure:
            return None
        if name == "length":
            return str(len(found.members))
        members = [sure_texts(bound(found, key, member)(way)) for key, member in found.in_order()]
        wanted = sure_texts(given[1](way)) if len(given) == 2 else None
        if wanted is None or len(wanted) != 1 or any(member is None or len(member) != 1 for member in members):
            return None
        return "true" if wanted in members else "false"
    if name == "join" and len(given) == 2:
        found = _known(given[1], way)
        if found is None:
            return None
        given = [given[0], *(bound(found, key, member) for key, member in found.in_order())]
    arguments: list[str] = []
    for argument in given if name in _TEXTS else ():
        texts = sure_texts(argument(way))
        if texts is None or len(texts) != 1:
            return None
        arguments.append(texts[0])
    return _TEXTS[name](arguments) if arguments else None


def _known(argument: Lazy, way: Way) -> Items | None:
    """The one collection that an argument is, with nothing open in it."""
    heads = list(argument(way))
    head = heads[0] if len(heads) == 1 else None
    return head if isinstance(head, Items) and head.rest is None else None


def _formatted(arguments: list[str]) -> str | None:
    form, *rest = arguments
    pieces = form.split("%")
    if len(pieces) - 1 != len(rest) or any(piece[:1] not in ("s", "d") for piece in pieces[1:]):
        return None
    return pieces[0] + "".join(text + piece[1:] for text, piece in zip(rest, pieces[1:], strict=True))


_TEXTS: Mapping[str, Callable[[list[str]], str | None]] = {
    "join": lambda texts: texts[0].join(texts[1:]),
    "format": _formatted,
    "upper": lambda texts: texts[0].upper(),
    "replace": lambda t: t[0].replace(t[1], t[2]) if len(t) == 3 and not t[1].startswith("/") and t[1] else None,
    "trimprefix": lambda texts: texts[0].removeprefix(texts[1]) if len(texts) == 2 else None,
    "trimsuffix": lambda texts: texts[0].removesuffix(texts[1]) if len(texts) == 2 else None,
}
