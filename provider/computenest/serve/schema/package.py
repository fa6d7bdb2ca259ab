"""schema.json, made from what is declared at fields: one place says what a property is, for every language."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from computenest.kernel.fields import Resource
from computenest.resources import catalog
from computenest.serve.schema.examples import example, shortcodes
from computenest.serve.schema.functions import functions
from computenest.serve.schema_types import Types, text_map

VERSION = "0.1.0"
PROJECT_URL = "https://github.com/pulumi-computenest/pulumi-computenest"
"""Where the project is to be published: assumed until it is."""
DECLARED: Mapping[str, Resource] = {name: catalog.declared(name) for name in catalog.TYPES}
"""Every type of resource by its name."""
SECRETS = frozenset({"accessKey", "secretKey", "securityToken"})
"""The only properties that hold credentials; they are configuration, and no resource has any."""

_TEXT: dict[str, Any] = {"type": "string"}
_CONFIG: Mapping[str, tuple[dict[str, Any], str]] = {
    "accessKey": (_TEXT, "The access key's id."),
    "accounts": (
        {"type": "object", "additionalProperties": text_map()},
        "Other accounts by name: `{customer: {profile: …}}` or `{hub: {roleArn: …}}`.",
    ),
    "assumeStableDelivery": (
        {"type": "boolean"},
        "Whether previews show the image ids of regions that stay as known.",
    ),
    "cloud": (
        _TEXT,
        "Which cloud gets changed: `local` is the embedded cloud of this machine, `aliyun` the real one.",
    ),
    "endpoints": (text_map(), "Product -> endpoint, instead of the cloud's own."),
    "noAnswerS": (
        {"type": "number"},
        "How long operations bear a cloud that gives no answer at all, in seconds (default 300).",
    ),
    "organization": (
        _TEXT,
        "The organization's name, part of every new identity; only for engines that have several.",
    ),
    "pollIntervalS": ({"type": "number"}, "Between two looks at work in progress, in seconds."),
    "region": (_TEXT, "The control region of Compute Nest, not a target of distribution."),
    "secretKey": (_TEXT, "The access key's secret."),
    "securityToken": (_TEXT, "The session token of a temporary access key."),
}


@functools.cache
def schema_text() -> str:
    """schema.json: sorted, indented, ending in a newline, so that a diff of it reads well."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """The whole schema, with an example of each resource and function that has one."""
    found = _described()
    for part in ("resources", "functions"):
        for token, spec in found[part].items():
            spec["description"] += shortcodes(example(token.rpartition(":")[2], found))
    return found


def _described() -> dict[str, Any]:
    types = Types()
    resources = {f"computenest:index:{name}": types.resource(declared) for name, declared in DECLARED.items()}
    asked = functions(types)
    return {
        "name": "computenest",
        "displayName": "Compute Nest",
        "version": VERSION,
        "description": "Deployment packages of Alibaba Cloud Compute Nest, and the images of a template they stand for",
        "keywords": ["pulumi", "alibaba-cloud", "compute-nest", "ecs", "image", "category/cloud", "kind/native"],
        "license": "Apache-2.0",
        "homepage": PROJECT_URL,
        "repository": PROJECT_URL,
        "logoUrl": f"{PROJECT_URL}/raw/main/docs/logo.svg",
        "pluginDownloadURL": "github://api.github.com/pulumi-computenest/pulumi-computenest",
        "publisher": "pulumi-computenest",
        "meta": {"moduleFormat": "(.*)"},
        "language": {
            "go": {
                "generateResourceContainerTypes": False,
                "importBasePath": "pulumi-computenest/sdk/go/computenest",
                "respectSchemaVersion": True,
            },
            "nodejs": {"packageName": "pulumi-computenest", "respectSchemaVersion": True},
            "python": {
                "packageName": "pulumi_computenest_plugin",
                "respectSchemaVersion": True,
                "pyproject": {"enabled": True},
            },
        },
        "config": {"variables": _config()},
        "provider": {"description": "Which cloud, and as whom.", "inputProperties": _config()},
        "types": {f"computenest:index:{name}": spec for name, spec in types.found.items()},
        "resources": resources,
        "functions": asked,
    }


def _config() -> dict[str, Any]:
    return {
        key: {**spec, "description": said, **({"secret": True} if key in SECRETS else {})}
        for key, (spec, said) in _CONFIG.items()
    }
