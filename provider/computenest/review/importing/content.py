"""What the content of a package is made from, as a configuration says it, and as a program declares it. Pure.

computenest-cli pulls an image that a builder names, or sends a chart or file that lies beside the configuration. An
image that it builds itself, from a Dockerfile, has no source that a program could name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.review.importing.expression import Call

TYPES = {"AcrImage": "ContainerImagePackage", "HelmChart": "HelmChartPackage", "File": "FilePackage"}
"""Type of an artifact -> the resource that is one."""
_HUB, _HUBS_OWN = "docker.io", "library"


def content_source(kind: str, builder: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, str]:
    """`reference`, or `path` beside the configuration; {} where a program cannot name it.

    Args:
        kind: type of the artifact.
        builder: the builder of the configuration that makes it; {} without one.
        content: its ArtifactProperty.
    """
    if kind == "AcrImage":
        named = str(builder.get("DockerRepoUrl") or "")
        return {"reference": _whole(named)} if named and "${" not in named else {}
    path = str((builder.get("HelmChartPath") if kind == "HelmChart" else content.get("Url")) or "")
    return {"path": path} if path and "://" not in path and "${" not in path else {}


def _whole(named: str) -> str:
    """An image's name as docker reads it, with what it leaves out: `nginx` is docker.io/library/nginx:latest."""
    host, slash, rest = named.partition("/")
    if not slash:
        named = f"{_HUB}/{_HUBS_OWN}/{named}"
    elif not ("." in host or ":" in host or host == "localhost"):
        named = f"{_HUB}/{host}/{rest}"
    return named if ":" in named.rpartition("/")[2] or "@" in named else f"{named}:latest"


def local_path(source: Mapping[str, str]) -> str:
    """The file or folder that it is made from, "" where there is none."""
    return source.get("path", "")


def content_arguments(
    kind: str, module: str, source: Mapping[str, str], path: str, shown: Mapping[str, Any]
) -> dict[str, Any]:
    """The keyword arguments of the resource.

    Args:
        kind: type of the artifact.
        module: what the program calls the SDK.
        source: see `content_source`.
        path: where its file lies, seen from the program.
        shown: name, description and regions.
    """
    given: Any = path
    if kind == "AcrImage":
        given = Call(f"{module}.RegistryReference", [], {"reference": source["reference"]})
    elif kind == "HelmChart":
        is_archive = path.endswith((".tgz", ".tar.gz"))
        given = Call(f"{module}.{'ChartArchive' if is_archive else 'ChartDirectory'}", [], {"path": path})
    arguments: dict[str, Any] = {"name": shown["name"], "file" if kind == "File" else "source": given}
    arguments |= {"description": shown["description"]} if shown.get("description") else {}
    return arguments | ({"regions": sorted(shown["regions"])} if kind == "File" and shown.get("regions") else {})
