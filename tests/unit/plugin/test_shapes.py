"""A fault of this provider is never told as one of somebody's state, and a damaged state never as a fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from computenest.kernel.shapes import Shape
from computenest.resources._packages.model import CustomImage
from computenest.resources.ecs_image_package.declaration import MODELS, RESOURCE
from computenest.serve.shapes import Bags

SOUND: Mapping[str, Any] = {"ownerId": "o-1", "artifactId": "a-1", "name": "web", "source": {"kind": "custom"}}


def raised(work: Callable[[], Any]) -> Exception:
    with pytest.raises(ValidationError) as caught:
        work()
    return caught.value


@pytest.mark.parametrize(
    ("bag", "error", "reason"),
    [
        ({**SOUND, "images": "x"}, TypeError("indices"), "`images`: it has to be a map, not a text"),
        (SOUND, KeyError("distribution"), "`distribution` not there"),
        (SOUND, raised(lambda: CustomImage.model_validate(SOUND["source"])), "`imageId`: "),
    ],
)
def test_what_the_bag_shows_is_told_of_it(bag: Mapping[str, Any], error: Exception, reason: str) -> None:
    why = Bags(Shape(RESOURCE, MODELS)).explained(error, bag)
    assert why is not error
    assert reason in str(why)


@pytest.mark.parametrize(
    ("bag", "error", "reason"),
    [
        (SOUND, KeyError("tags"), "a program may say it or not: to take it for granted is a fault of ours"),
        (SOUND, KeyError("RequestId"), "a key of somebody else's answer"),
        (SOUND, TypeError("unsupported operand"), "nothing is wrong with the bag"),
        ({**SOUND, "images": "x"}, AssertionError("never"), "no way of reading ends so"),
        ({**SOUND, "images": "x"}, OSError(28, "no space left"), "the machine's"),
        ({**SOUND, "images": "x"}, RecursionError(), "the interpreter's"),
        (SOUND, raised(lambda: CustomImage.model_validate({"kind": "odd"})), "what is refused stands in no bag"),
    ],
)
def test_what_the_bag_does_not_show_stays_what_it_is(bag: Mapping[str, Any], error: Exception, reason: str) -> None:
    assert Bags(Shape(RESOURCE, MODELS)).explained(error, bag) is error, reason
