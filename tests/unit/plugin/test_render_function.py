"""`renderTemplate`: what it renders, and the images that it does not take."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from computenest.kernel.errors import Invalid
from computenest.serve.functions import FUNCTIONS

TEMPLATE = "Resources: {W: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: web}}}\n"
HZ = "m-bp1aaaaaaaaaaaaaaaa1"


def rendered(images: dict[str, str]) -> Any:
    arguments = {"template": TEMPLATE, "region": "cn-hangzhou", "packages": {"web": images}}
    core: Any = None  # it asks no cloud
    return asyncio.run(FUNCTIONS["computenest:index:renderTemplate"](core, arguments))


def test_an_image_of_another_region_is_refused_with_its_path() -> None:
    assert rendered({"cn-hangzhou": HZ, "cn-nowhere": HZ}) == {"text": TEMPLATE.replace("web", HZ)}
    with pytest.raises(Invalid, match="an image of cn-hangzhou") as refused:
        rendered({"cn-hangzhou": HZ, "cn-beijing": HZ})
    assert refused.value.path == "packages['web']['cn-beijing']"
