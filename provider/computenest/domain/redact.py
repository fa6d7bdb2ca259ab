"""The forms in which a secret comes back: as it is, and as gateways, logs and templates write it."""

from __future__ import annotations

import base64
import functools
import html
import json
import string

__all__ = ["forms_of"]

_SHORTEST = 8  # characters of base64 that a secret's inside has to give: fewer stand in ordinary words
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "_.-~")
_GROUP = 3  # bytes that base64 writes as four characters


@functools.lru_cache(maxsize=256)
def forms_of(secret: str) -> tuple[str, ...]:
    """Every form to be looked for, the longest first: itself, quoted for URLs, JSON, HTML, hexadecimal, base64.

    Of base64 also where it stands within something longer, as a password in `user:password` does: at each of the three
    offsets the characters that nothing but the secret decides.
    """
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
    data = text.encode(errors="surrogatepass")
    return "".join(chr(byte) if chr(byte) in _UNRESERVED or chr(byte) in safe else f"%{byte:02X}" for byte in data)
