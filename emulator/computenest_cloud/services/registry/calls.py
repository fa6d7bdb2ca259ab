"""A request to a registry as the log, the faults and the rules know it."""

import re
from dataclasses import dataclass

_PATH = re.compile(
    r"^/v2/(?P<name>.+?)/(?P<what>manifests|blobs|tags|referrers)/(?P<rest>.*)$"
)  # a repository's name has no such part of its own
_ACTIONS = {
    ("manifests", "GET"): "PullManifest",
    ("manifests", "HEAD"): "CheckManifest",
    ("manifests", "PUT"): "PushManifest",
    ("manifests", "DELETE"): "DeleteManifest",
    ("blobs", "GET"): "PullBlob",
    ("blobs", "HEAD"): "CheckBlob",
    ("blobs", "DELETE"): "DeleteBlob",
    ("uploads", "POST"): "StartUpload",
    ("uploads", "PATCH"): "UploadChunk",
    ("uploads", "PUT"): "FinishUpload",
    ("uploads", "GET"): "CheckUpload",
    ("uploads", "DELETE"): "CancelUpload",
    ("tags", "GET"): "ListTags",
    ("referrers", "GET"): "ListReferrers",
}
ACTIONS = ("CheckVersion", "ListCatalog", *_ACTIONS.values())


@dataclass(frozen=True)
class RegistryCall:
    action: str
    repository: str  # "namespace/name"; empty: none
    reference: str  # a tag or a digest; empty: none


def call_of(method: str, path: str) -> RegistryCall:
    if path.rstrip("/") == "/v2":
        return RegistryCall("CheckVersion", "", "")
    if path == "/v2/_catalog":
        return RegistryCall("ListCatalog", "", "")
    found = _PATH.match(path)
    if found is None:
        return RegistryCall("Unknown", "", "")
    kind, rest = found["what"], found["rest"]
    if kind == "blobs" and rest.startswith("uploads"):
        kind, rest = "uploads", rest.removeprefix("uploads").strip("/")
    return RegistryCall(_ACTIONS.get((kind, method), "Unknown"), found["name"], rest)
