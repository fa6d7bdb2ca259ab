"""XML: what the storage answers and the two documents that it is sent, and what products answer on request."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET  # what a client on the loopback interface sends
from xml.sax.saxutils import escape

from computenest_cloud.errors import ServiceError
from computenest_cloud.wire.values import whole_number

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def _render(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        inner = "".join(_render(key, entry) for key, entry in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(_render(name, entry) for entry in value)
    elif isinstance(value, bool):
        inner = str(value).lower()
    else:
        inner = "" if value is None else escape(_legal(str(value)))
    return f"<{name}>{inner}</{name}>"


def _legal(text: str) -> str:
    """Without the characters that XML 1.0 cannot carry."""
    return "".join(
        letter
        for letter in text
        if letter in "\t\n\r" or "\x20" <= letter < "\ud800" or "\ue000" <= letter < "\ufffe" or letter > "\uffff"
    )


def document(name: str, value: Mapping[str, Any]) -> bytes:
    return (HEAD + _render(name, value)).encode()


def moment(text: str) -> str:
    """Times in lists have milliseconds."""
    return text.replace("Z", ".000Z")


def encoded(names: Iterable[str], encoding: str) -> list[str]:
    return [quote(name, safe="") if encoding == "url" else name for name in names]


def _parsed(body: bytes) -> ET.Element:
    try:
        return ET.fromstring(body)  # noqa: S314 - see above
    except ET.ParseError as error:
        raise ServiceError(400, "MalformedXML", f"The XML is not well-formed: {error}.") from error


def completed_parts(body: bytes) -> list[tuple[int, str]]:
    found = []
    for part in _parsed(body).iter("Part"):
        number, etag = whole_number(part.findtext("PartNumber", "")), part.findtext("ETag", "")
        if number is None:
            raise ServiceError(400, "MalformedXML", "A part has no PartNumber.")
        found.append((number, etag))
    return found


def deleted_names(body: bytes) -> list[str]:
    return [entry.findtext("Key", "") for entry in _parsed(body).iter("Object")]


def location_constraint(body: bytes) -> str:
    """The region that a new bucket shall lie in, `oss-` and all; empty where nothing is said."""
    return _parsed(body).findtext("LocationConstraint", "") if body.strip() else ""
