"""A digest of what a chart comes to: equal for equal objects, whatever the chart makes up anew each time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from computenest.kernel.values import Json
from computenest.resources._components.objects import KubeObject
from computenest.resources._components.observation import Rendering
from computenest.resources._components.release import ReleaseName

_LENGTH = 16
_MADE_UP = "made up"


def fingerprint(rendering: Rendering, release: ReleaseName, namespace: str) -> str:
    """Of all objects and hooks of a rendering. Values of Secrets are no part of it: nobody may guess them by it."""
    again = {one.key: one for one in rendering.again} if rendering.again is not None else {}
    told = [
        [str(one.key), one.api_version, _without_made_up(_shown(one), _shown(again.get(one.key, one)))]
        for one in sorted(rendering.objects, key=lambda one: one.key)
    ]
    hooks = sorted([hook.kind, hook.name, list(hook.events), hook.weight] for hook in rendering.hooks)
    text = json.dumps([release, namespace, told, hooks], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_LENGTH]


def _shown(one: KubeObject) -> Mapping[str, Json]:
    if not one.is_secret:
        return one.body
    hidden = {key: sorted(one.body[key]) for key in ("data", "stringData") if isinstance(one.body.get(key), Mapping)}
    return {**one.body, **hidden}


def _without_made_up(first: Json, second: Json) -> Json:
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        both = {*first, *second}
        return {key: _without_made_up(first.get(key), second.get(key)) for key in sorted(both)}
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        return [_without_made_up(*pair) for pair in zip(first, second, strict=True)]
    return first if first == second else _MADE_UP
