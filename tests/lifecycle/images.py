"""`EcsImagePackage` on property bags, as `serve/served.py` serves it: tests give and expect what the engine does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked
from computenest.kernel.unknown import Known
from computenest.resources._packages import check as checks
from computenest.resources._packages.image_package import Arguments, Package, State
from computenest.resources._packages.model import AnyPackage
from computenest.resources._packages.state import IMAGES
from computenest.resources.ecs_image_package import diff as differences
from computenest.resources.ecs_image_package import preview as previews
from computenest.resources.ecs_image_package.declaration import MODELS
from computenest.serve.reading import read
from unit.bags import check_of, diff_of, preview_of

Bag = Mapping[str, Any]
Image = Package[Known]
_SOURCE = {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"}
diff = diff_of(MODELS, differences.diff)


def check(olds: Bag, news: Bag, *, recorded: AnyPackage[Known] | None) -> Checked:
    """Old inputs may say as little as a test is about."""
    return check_of(MODELS, checks.check)({"source": _SOURCE, **olds} if olds else {}, news, recorded=recorded)


def arguments_of(news: Bag) -> Arguments:
    return read(Arguments, news, computed={"generation", "artifactName"})[0]


def preview(inputs: Bag, former: Bag, *, assume_stable_delivery: bool) -> dict[str, Any]:
    previewed = partial(previews.preview, assume_stable_delivery=assume_stable_delivery)
    return preview_of(MODELS, previewed)(inputs, former)


def package_of(inputs: Bag) -> Package[Known]:
    return Package[Known].model_validate(inputs)


def state_of(known: Bag) -> State[Known] | None:
    return State[Known].model_validate({"source": _SOURCE, **known}) if known else None


def inputs_of(known: Bag) -> dict[str, Any]:
    return Package[Known].made(State[Known].model_validate(known)).bag()


def Recorded(owner_id: OwnerId, generation: int, artifact_name: str) -> AnyPackage[Known]:  # noqa: N802
    return AnyPackage[Known](owner_id=owner_id, generation=generation, artifact_name=artifact_name)


def delivered(inputs: Bag, seen: Any, version: Any, former: Bag, *, visible: Any) -> dict[str, Any]:
    return IMAGES.delivered(package_of(inputs), seen, version, state_of(former), visible=visible).bag()


def incomplete(inputs: Bag, seen: Any, former: Bag, *said: Any) -> dict[str, Any]:
    return IMAGES.incomplete(package_of(inputs), seen, state_of(former), *said).bag()


def observed(known: Bag, seen: Any) -> dict[str, Any]:
    return IMAGES.observed(State[Known].model_validate(known), seen).bag()
