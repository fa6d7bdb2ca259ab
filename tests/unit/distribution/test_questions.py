"""What only the cloud can tell: which questions an input raises, and what its answers mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Unknown
from computenest.resources._packages import check as checks
from computenest.resources._packages.check import Questions, check_answers, questions
from computenest.resources._packages.image_package import Package
from computenest.resources._packages.model import Image, Product
from lifecycle.images import arguments_of

CUSTOM = {"kind": "custom", "imageId": "m-bp1abcdefghij", "region": "cn-hangzhou"}
MARKET = {"kind": "marketplace", "commodityCode": "cmjj00000001", "commodityVersion": "V1.0"}
IMAGE = (RegionId("cn-hangzhou"), ImageId("m-bp1abcdefghij"))
HANGZHOU, BEIJING, SHANGHAI = RegionId("cn-hangzhou"), RegionId("cn-beijing"), RegionId("cn-shanghai")
SOLD = Product(
    code="cmjj00000001",
    versions={"V1.0": {BEIJING: ImageId("m-2ze1"), HANGZHOU: ImageId("m-bp11")}, "V2.0": {BEIJING: ImageId("m-2ze2")}},
)


def wish(**changes: Any) -> dict[str, Any]:
    return {"ownerId": "o-1", "name": "web", "source": CUSTOM, "regions": ["cn-hangzhou"], **changes}


def asked(news: Mapping[str, Any], *, is_new: bool) -> Questions:
    given = arguments_of(news)
    return questions(given, checks.check(None, given, recorded=None), is_new=is_new)


@dataclass(frozen=True)
class Asked:
    news: Mapping[str, Any]
    expected: Questions
    reason: str
    is_new: bool = False


ASKED = [
    Asked(wish(), Questions({}, image=IMAGE), "is the image there?"),
    Asked(wish(), Questions({}, image=IMAGE, name="web"), "is the name free? only for what is new", is_new=True),
    Asked(wish(source=MARKET), Questions({}, product="cmjj00000001"), "where is it sold?"),
    Asked(
        wish(regions=["cn-hangzhou", "cn-bejing"]),
        Questions({"regions[1]": RegionId("cn-bejing")}, image=IMAGE),
        "a region that no table knows: with its own path",
    ),
    Asked(
        wish(source={**CUSTOM, "region": "cn-mars"}, regions=[]),
        Questions({"source.region": RegionId("cn-mars")}),
        "nobody asks for an image in a region that may not exist",
    ),
    Asked(wish(source={**CUSTOM, "imageId": "x"}), Questions({}), "nor for one that failed already"),
    Asked(wish(source={**CUSTOM, "imageId": UNKNOWN}), Questions({}), "nor for one that is unknown"),
    Asked(wish(source=UNKNOWN, regions=UNKNOWN, name=UNKNOWN), Questions({}), "unknown", is_new=True),
]


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case.reason)
def test_questions(case: Asked) -> None:
    assert asked(case.news, is_new=case.is_new) == case.expected


@pytest.mark.parametrize("regions", [UNKNOWN, "cn-hangzhou", 7, None], ids=str)
def test_regions_that_are_no_list_raise_no_question(regions: Any) -> None:
    assert asked(wish(regions=regions), is_new=False).regions == {}


@dataclass(frozen=True)
class Answered:
    asked: Questions
    expected: tuple[Failure, ...]
    reason: str
    inputs: Mapping[str, Any]
    regions: frozenset[RegionId] | None = None
    image: Image | None = None
    product: Product | None = None


def marketed(*regions: str, version: str = "V1.0") -> dict[str, Any]:
    return {"source": {**MARKET, "commodityVersion": version}, "distribution": dict.fromkeys(regions, "x")}


def image(**changes: Any) -> Image:
    return Image(image_id=IMAGE[1], **{"status": "Available", **changes})


ANSWERED = [
    Answered(
        Questions({"regions[1]": RegionId("cn-bejing")}),
        (Failure("regions[1]", "'cn-bejing' is not a region of this cloud; did you mean cn-beijing?"),),
        "an unknown region, with the nearest",
        {},
        regions=frozenset({BEIJING}),
    ),
    Answered(
        Questions({"regions[0]": RegionId("cn-new")}),
        (),
        "a new region is the cloud's to know",
        {},
        regions=frozenset({RegionId("cn-new")}),
    ),
    Answered(Questions({"regions[0]": RegionId("cn-new")}), (), "a cloud that was not asked", {}),
    Answered(Questions({}, image=IMAGE), (), "an image that is there", {}, image=image()),
    Answered(Questions({}, image=IMAGE), (), "an image that is being made", {}, image=image(status="Creating")),
    Answered(
        Questions({}, image=IMAGE),
        (
            Failure(
                "source.imageId",
                "m-bp1abcdefghij does not exist in cn-hangzhou, or this account may not see it; check both",
            ),
        ),
        "an image that is not there",
        {},
    ),
    Answered(
        Questions({}, image=IMAGE),
        (
            Failure(
                "source.imageId",
                "m-bp1abcdefghij is encrypted; an encrypted image cannot be shared with Compute Nest, "
                "use an unencrypted copy",
            ),
        ),
        "an encrypted image",
        {},
        image=image(is_encrypted=True),
    ),
    Answered(
        Questions({}, image=IMAGE),
        (
            Failure(
                "source.imageId",
                "m-bp1abcdefghij is, or was made from, the marketplace image of 'cmjj1' and cannot be shared with "
                "Compute Nest; distribute the product itself (MarketplaceImage), or an image that was made from "
                "another one",
            ),
        ),
        "an image made from the marketplace's",
        {},
        image=image(product_code="cmjj1"),
    ),
    Answered(
        Questions({}, image=IMAGE),
        (
            Failure(
                "source.imageId",
                "m-bp1abcdefghij is CreateFailed in cn-hangzhou; only an Available image can be copied",
            ),
        ),
        "a broken image",
        {},
        image=image(status="CreateFailed"),
    ),
    Answered(
        Questions({}, product="cmjj00000001"),
        (
            Failure(
                "regions",
                "cmjj00000001 V1.0 is not sold in cn-shanghai; it is sold in cn-beijing, cn-hangzhou: "
                "take cn-shanghai out of regions or choose another product",
            ),
        ),
        "sold in Beijing and Hangzhou, asked for in Shanghai",
        marketed("cn-beijing", "cn-shanghai"),
        product=SOLD,
    ),
    Answered(Questions({}, product="c"), (), "sold there", marketed("cn-beijing", "cn-hangzhou"), product=SOLD),
    Answered(
        Questions({}, product="c"),
        (),
        "unknown regions are skipped",
        {"source": MARKET, "distribution": UNKNOWN},
        product=SOLD,
    ),
    Answered(
        Questions({}, product="cmjj00000001"),
        (Failure("source.commodityVersion", "cmjj00000001 has no version 'V3'; its versions: V1.0, V2.0"),),
        "no such version",
        marketed("cn-beijing", version="V3"),
        product=SOLD,
    ),
    Answered(
        Questions({}, product="cmjj00000001"),
        (Failure("source.commodityCode", "the marketplace has no product 'cmjj00000001'"),),
        "no such product",
        marketed("cn-beijing"),
    ),
]


@pytest.mark.parametrize("case", ANSWERED, ids=lambda case: case.reason)
def test_answers(case: Answered) -> None:
    inputs = Package[Unknown].model_validate({"source": CUSTOM, **case.inputs})
    found = check_answers(inputs, case.asked, regions=case.regions, image=case.image, product=case.product)
    assert found == case.expected
