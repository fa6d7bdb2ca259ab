"""Container images as charts name them. Pure."""

from __future__ import annotations

from computenest.cloud.registry.oci import Reference, parse_reference

_HUB = "docker.io"


def image_name(text: str, *, path: str) -> Reference:
    """A container image as charts write it: `nginx` is `docker.io/library/nginx:latest`.

    Raises:
        Invalid: it is no reference; `path` is the property's.
    """
    host, mark, _ = text.partition("/")
    has_host = bool(mark) and ("." in host or ":" in host or host == "localhost")
    return parse_reference(text if has_host else f"{_HUB}/{text}", path=path)
