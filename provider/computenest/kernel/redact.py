"""The forms in which a secret comes back, as it is and as gateways, logs and templates write it; and texts without it.

Clouds, registries and storages quote what they were given (a refused password, an output that repeats it), so texts
that come back are searched for the values themselves: nothing else tells what is secret in somebody else's words.
"""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from computenest.kernel.errors import ComputeNestError
from computenest.kernel.values import Json

HIDDEN = "[secret]"
_SHORTEST = 8  # characters of base64 that a secret's inside has to give: fewer stand in ordinary words
_GROUP = 3  # bytes that base64 writes as four characters
_SHORTEST_VALUE = 4  # a shorter value stands in ordinary words, and hiding it would hide the message
_SPEAKING = re.compile(r"passw|secret|token|credential|private_?key|access_?key", re.IGNORECASE)


@functools.lru_cache(maxsize=256)
def forms_of(secret: str) -> tuple[str, ...]:
    """Every form to be looked for, the longest first: itself, quoted for URLs, JSON, HTML, hexadecimal, base64.

    Of base64 also where it stands within something longer, as a password in `user:password` does: at each of the three
    offsets the characters that nothing but the secret decides.
    """
    import html  # noqa: PLC0415 - a preview hides nothing, and its tables take a while

    data = secret.encode(errors="surrogatepass")
    found = {
        secret,
        _quoted(secret),
        _quoted(secret, safe="/"),
        _quoted(secret, safe=" ").replace(" ", "+"),  # as forms are sent
        _quoted(_quoted(secret)),  # a URL within a URL
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
        data.hex(),
        data.hex().upper(),
    }
    found |= {form.lower() for form in found if "%" in form and form != secret}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(data).decode()
        found |= {form for form in (whole, whole.rstrip("="), _quoted(whole)) if len(form) >= _SHORTEST}
        for offset in range(_GROUP):
            inside = encode(bytes(offset) + data).decode().rstrip("=")
            begins = -(-offset * 8 // 6)  # the first character that holds no bit of what stands before
            ends = (offset + len(data)) * 8 // 6
            if ends - begins >= _SHORTEST:
                found.add(inside[begins:ends])
    return tuple(sorted((form for form in found if form), key=lambda form: (-len(form), form)))


def _quoted(text: str, *, safe: str = "") -> str:
    """Per cent, as in URLs."""
    return quote(text, safe=safe, errors="surrogatepass")


@dataclass(frozen=True, slots=True)
class Redactor:
    """Blots values out of texts. Guarantees: 1. no text that passes holds one of them, quoted or encoded; 2. longer
    ones go first."""

    values: tuple[str, ...]

    @classmethod
    def over(cls, parameters: Mapping[str, Json], concealed: Iterable[str] = ()) -> Redactor:
        """The values of those parameters that `concealed` names, or whose own name speaks of a secret."""
        named = set(concealed)
        found = {
            text
            for name, value in parameters.items()
            if name in named or _SPEAKING.search(name)
            for text in _texts(value)
            if len(text) >= _SHORTEST_VALUE
        }
        return cls(tuple(sorted(found, key=lambda text: (-len(text), text))))

    def text(self, text: str) -> str:
        """The text without the values, in every form that they come back in."""
        found = {form for value in self.values for form in forms_of(value) if len(form) >= _SHORTEST_VALUE}
        for form in sorted(found, key=lambda form: (-len(form), form)):
            text = text.replace(form, HIDDEN)
        return text

    def tree(self, value: Json) -> Json:
        """Any JSON value without the values, at every depth, keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.tree(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.tree(item) for item in value]
        return HIDDEN if not isinstance(value, bool) and value is not None and str(value) in self.values else value

    def error(self, error: ComputeNestError) -> ComputeNestError:
        """The same failure, of the same kind, whose message holds none of the values."""
        summary, hint = self.text(error.summary), self.text(error.hint)
        if (summary, hint) == (error.summary, error.hint):
            return error
        return error.reworded(summary, hint=hint)


def _texts(value: Json) -> Iterable[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
