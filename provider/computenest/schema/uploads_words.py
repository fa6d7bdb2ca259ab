"""What each property of container image, chart and file packages is, in the words of the documentation."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CREDENTIALS", "PROPERTIES", "RESOURCES", "TYPES"]

RESOURCES: Mapping[str, str] = {
    "ContainerImagePackage": """A container image, pushed with a temporary key to Compute Nest's registry.

Content-addressed: an unchanged image pushes nothing and shows no diff. A tag that was moved, or a layer that was
deleted, is shown by a refresh and repaired by the next update.""",
    "HelmChartPackage": """A Helm chart, checked, packaged and pushed with a temporary key to Compute Nest's registry.

Equal content gives the same package, byte for byte. Repository and tag are the chart's name and version.""",
    "FilePackage": """A file, uploaded with temporary credentials and copied by Compute Nest to every region's bucket.

Large files go in parts; what arrived before an interruption is not sent again, and checksums are compared.""",
}

CREDENTIALS = """A temporary key of Compute Nest's registry or of a region's bucket, for tools outside of this program.

Every call makes a new one, which expires; a preview makes one too. The key is secret."""

TYPES: Mapping[str, str] = {
    "ChartArchive": "A chart that was packaged already, `.tgz`; it is pushed as it is.",
    "ChartDirectory": "A chart's folder.",
    "DockerArchive": "What `docker save` and its like wrote, or an OCI layout as a tar; not compressed as a whole.",
    "LocalFile": "A file of this machine.",
    "OciLayout": "A folder in the OCI image layout.",
    "RegistryReference": "An image or chart in another registry.",
    "RepositoryResource": "A registry or bucket that a temporary key opens.",
    "TextFile": "A file whose content the program holds; the state keeps its digest only.",
}

_PATH = "Where it lies, seen from the program's folder. No part of the package: only content makes a difference."
_KIND = "Tells the kind of source: `{}`."
_COMMON = {
    "account": "A key of `computenest:accounts`, for a package of another account.",
    "artifactId": "The package's id in Compute Nest.",
    "artifactName": "The package's name in Compute Nest, with its generation after a replacement that collides.",
    "content": "The digest of what the package is made of, known in a preview already.",
    "description": "Shown in the console. Another description makes a new version.",
    "edition": "A digest of what the wanted version is made of.",
    "fingerprints": "Place -> the digest of what this package put there; nothing else is overwritten or taken away.",
    "generation": "1, and one more for each replacement.",
    "incarnation": "How often a create has taken the artifact over; 0 while nobody has seen it.",
    "keyExpiry": "When the temporary key of the last push expires: epoch milliseconds of the cloud.",
    "name": "The package's name in Compute Nest, by default the resource's. Changing it replaces the package.",
    "ownerId": "The resource's identity, minted when it is first named and kept for ever.",
    "permission": "`Automatic`: follows the services that use the package. `Public`: everybody, for ever; going back "
    "replaces the package.",
    "places": "Everything that this package has put somewhere and not taken away yet.",
    "reasons": "Why the package is incomplete.",
    "release": "Publish the version, or keep it a draft.",
    "resourceGroupId": "Changing it replaces the package.",
    "retainContent": "Leave tags, repository or uploaded file in place when the package is deleted.",
    "retainVersions": "How many superseded versions to keep beside the live one.",
    "sizeBytes": "The size of the content, in bytes.",
    "source": "What the package is made of.",
    "status": "Available, Draft (not to be released) or Incomplete.",
    "tags": "Tags of the package.",
    "timeoutS": "The longest that one operation may take, in seconds, sending the content apart.",
    "version": "The version that holds this content: `draft`, `1`, `2`, …",
    "versionName": "The version's name; by default derived from what the version is made of.",
}
_IN_REGISTRY = {
    "digest": "The digest of the manifest in the registry.",
    "reference": "`registry/namespace/repository:tag`.",
    "registry": "The registry's host.",
    "repositoryId": "The repository's id.",
    "repositoryType": "Public or Private.",
}

PROPERTIES: Mapping[str, Mapping[str, str]] = {
    "ChartArchive": {"kind": _KIND.format("archive"), "path": _PATH},
    "ChartDirectory": {"kind": _KIND.format("directory"), "path": _PATH},
    "DockerArchive": {
        "kind": _KIND.format("archive"),
        "path": _PATH,
        "image": "Which image (`web:1.0`, or its digest), where the archive holds several.",
    },
    "LocalFile": {"kind": _KIND.format("file"), "path": _PATH},
    "OciLayout": {
        "kind": _KIND.format("layout"),
        "path": _PATH,
        "image": "Which image, by name or digest, where the layout holds several.",
    },
    "RegistryReference": {
        "kind": _KIND.format("reference"),
        "reference": "`registry.example.com/team/web:1.0`, with `@sha256:…`, or with both: the digest decides.",
    },
    "TextFile": {"kind": _KIND.format("text"), "text": "The content."},
    "ContainerImagePackage": {
        **_COMMON,
        **_IN_REGISTRY,
        "platforms": "Which platforms (`linux/amd64`) of an image of several, by default all that are there. One is "
        "pushed by itself, several with an index of their own.",
        "repository": "The repository below the supplier's namespace, by default the package's name.",
        "tag": "The image's tag, by default derived from its digest, so that no tag in use is ever moved.",
    },
    "HelmChartPackage": {
        **_COMMON,
        **_IN_REGISTRY,
        "repository": "The chart's name.",
        "tag": "The chart's version, with `_` for `+`.",
    },
    "FilePackage": {
        **_COMMON,
        "addresses": "Region -> the internal address of its copy there: derived and unverified, no API tells it.",
        "checksum": "CRC-64 (ECMA-182) of the file, in decimal.",
        "distribution": "Region -> the digest of what it gets, known in a preview already.",
        "permission": "`Automatic`, the only one that files have: a file is public while a public service uses it.",
        "fileName": "The name that it is downloaded as, by default the path's last part.",
        "regions": "Where customers may deploy, or `[all]`; whether the cloud counts them for files is unverified.",
        "repairs": "How often the regions' copies had to be made again.",
        "seenIn": "Regions whose copy was seen where it is derived to lie; only these can be told to have drifted.",
        "url": "Where it was uploaded to; private.",
    },
    "RepositoryResource": {
        "region": "The region it belongs to.",
        "name": "The registry's host, or the bucket.",
        "path": "What the key is good for, below it.",
    },
}
