"""What a check refuses and where, what it resolves, and which images it expects."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import UNKNOWN, Known
from computenest.resources.service_instance import check as checks
from computenest.resources.service_instance import images
from computenest.resources.service_instance.declaration import MODELS, AssociationReference
from computenest.resources.service_instance.images import logical_id, surprises
from computenest.resources.service_instance.model import Wanted
from unit.bags import check_of

check = check_of(MODELS, checks.check)

GOOD: dict[str, Any] = {"ownerId": "o-1", "logicalName": "shop", "serviceId": "service-1", "region": "cn-beijing"}
ASSOCIATION = {
    "positions": {
        "ecs_image_web": ["Resources.Web.Properties.ImageId", "Resources.Spare.Properties.ImageId"],
        "ecs_image_db": ["Resources.Db.Properties.TemplateBody.Resources.Master.Properties.ImageId"],
    },
    "substitutions": {
        "ecs_image_web": {"cn-beijing": "m-2zeweb", "cn-hangzhou": "m-bp1web"},
        "ecs_image_db": {"cn-beijing": "m-2zedb", "cn-hangzhou": UNKNOWN},
    },
}


def expected_images(association: dict[str, Any], region: str, failures: list[Any]) -> Any:
    return images.expected_images(AssociationReference.model_validate(association), region, failures)


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"serviceId": None}, "service", "a service is needed"),
        ({"serviceId": ""}, "serviceId", "not empty"),
        ({"region": None}, "region", "cn-hangzhou"),
        ({"region": 7}, "region", "cn-hangzhou"),
        ({"name": "x" * 65}, "name", "1 to 64 characters"),
        ({"name": "  "}, "name", "1 to 64 characters"),
        ({"parameters": ["a"]}, "parameters", "a map"),
        ({"parameters": {"RegionId": "cn-shanghai"}}, "parameters.RegionId", "leave this one out"),
        ({"tags": {"computenest:owner": "me"}}, "tags.computenest:owner", "reserved"),
        ({"tags": {"a": 1}}, "tags.a", "a text, not a number"),
        ({"tags": {str(number): "" for number in range(21)}}, "tags", "at most 20"),
        ({"timeoutS": 0}, "timeoutS", "above 0"),
        ({"timeoutS": True}, "timeoutS", "above 0"),
        ({"paramters": {}}, "paramters", "did you mean 'parameters'?"),
        (
            {"association": ASSOCIATION, "region": "cn-shanghai"},
            "region",
            "'ecs_image_web' has no image in cn-shanghai",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(changes: dict[str, Any], path: str, says: str) -> None:
    found = check({}, {**GOOD, **changes}, recorded=None)
    assert any(says in failure.reason for failure in found.failures if failure.path == path), found.failures


def test_everything_wrong_is_said_at_once() -> None:
    found = check({}, {"ownerId": "o-1", "tags": 1, "timeoutS": -1, "parameters": 3}, recorded=None)
    assert sorted(failure.path for failure in found.failures) == [
        "name",
        "parameters",
        "region",
        "service",
        "tags",
        "timeoutS",
    ]


def test_no_failure_quotes_a_parameter() -> None:
    found = check({}, {**GOOD, "parameters": {"RegionId": "hunter2", "Password": "hunter2"}}, recorded=None)
    assert found.failures
    assert "hunter2" not in repr(found.failures)


def test_what_is_unknown_is_skipped() -> None:
    news = dict.fromkeys(("region", "name", "parameters", "tags", "timeoutS", "serviceId", "association"), UNKNOWN)
    found = check({}, {"ownerId": "o-1", **news}, recorded=None)
    assert found.failures == ()
    assert found.inputs["expectedImages"] is UNKNOWN


def test_identity_is_kept_and_a_replacement_is_the_next_generation() -> None:
    first = check({}, GOOD, recorded=None).inputs
    assert (first["ownerId"], first["generation"]) == ("o-1", 1)
    renamed = check(first, {**GOOD, "ownerId": "o-2"}, recorded=None).inputs
    assert renamed["ownerId"] == "o-1"
    replaced = check({}, GOOD, recorded=Wanted[Known](owner_id=OwnerId("o-1"), generation=1)).inputs
    assert (replaced["ownerId"], replaced["generation"]) == ("o-1", 2)


def test_a_logical_id_is_the_path_of_resources() -> None:
    assert logical_id("Resources.Web.Properties.ImageId") == "Web"
    assert logical_id('Resources["a.b"].Properties.NodePools[0].ImageId') == "a.b"
    assert logical_id("Resources.Db.Properties.TemplateBody.Resources.Master.Properties.ImageId") == "Db.Master"
    assert logical_id("Mappings.Images.one.web") == "Mappings.Images.one.web"


def test_the_region_decides_the_expected_images() -> None:
    failures: list[Any] = []
    assert expected_images(ASSOCIATION, "cn-beijing", failures) == {
        "Db.Master": "m-2zedb",
        "Spare": "m-2zeweb",
        "Web": "m-2zeweb",
    }
    assert expected_images(ASSOCIATION, "cn-hangzhou", failures)["Db.Master"] is UNKNOWN
    assert failures == []


def test_two_leaves_of_one_property_are_either_image() -> None:
    path = ["Resources.Web.Properties.ImageId"]
    both = {"positions": {"a": path, "b": path}, "substitutions": {"a": {"r": "m-1"}, "b": {"r": "m-2"}}}
    expected = expected_images(both, "r", [])
    assert expected == {"Web": "m-1 or m-2"}
    assert surprises(expected, {"Web": "m-2"}) == ()
    assert surprises(expected, {"Web": "m-3"}) == ("Web runs m-3, the association says m-1 or m-2",)
    assert surprises(expected, {}) == (), "a condition may leave a resource out"
