"""Managed builds and marketplace images."""

from __future__ import annotations

import json

import pytest
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_market20151101 import models as market

from emulator.harness import GOLDEN, REGIONS


def _update_build(cloud, artifact_id, **fields):
    build = nest.UpdateArtifactRequestArtifactBuildProperty(
        **{"region_id": "cn-hangzhou", "source_image_id": "ubuntu_22_04", **fields}
    )
    request = nest.UpdateArtifactRequest(artifact_id=artifact_id, artifact_build_property=build)
    return cloud.nest().update_artifact(request).body


def test_a_build_takes_time_and_makes_an_image_of_the_hub(cloud, refused):
    artifact_id = cloud.build().artifact_id
    assert cloud.get(artifact_id).status == "Creating"
    with refused("OperationDenied"):
        cloud.release(artifact_id)
    with refused("OperationDenied"):
        _update_build(cloud, artifact_id)
    cloud.advance(300)
    assert cloud.get(artifact_id).status == "Created"
    (built,) = cloud.ledger()["accounts"]["hub"]["build_images_outstanding"]
    cloud.release(artifact_id)
    cloud.advance(600)
    version = cloud.versions(artifact_id)[0]
    assert version.status == "Available"
    assert version.image_delivery["cn-hangzhou"] == built["image_id"]
    assert sorted(version.image_delivery) == sorted(REGIONS)
    assert json.loads(version.artifact_build_property)["SourceImageId"] == "centos_7"
    assert cloud.ledger()["accounts"]["supplier"]["shares_outstanding"] == []
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]


@pytest.mark.parametrize(
    "source",
    [
        GOLDEN,
        "centos_7_9_x64_20G_alibase_20240403.vhd",
        "aliyun/services/computenest/images/aliyun_3_2104_nodejs_20",
        "aliyun/services/ecs/images/linux/aliyun-latest/alibaba_cloud_linux_3_2104_lts_x64",
        "ubuntu_22_04",
        "m-bp1mkt00000001v10000",
    ],
)
def test_what_a_build_may_start_from(cloud, source):
    artifact_id = cloud.build(source=source).artifact_id
    cloud.advance(300)
    assert cloud.get(artifact_id).status == "Created"


@pytest.mark.parametrize("source", ["m-bp1unknown0000000000", "m-2zegold0000000000001", "nonsense"])
def test_a_bad_source_fails_the_build(cloud, source):
    artifact_id = cloud.build(source=source).artifact_id
    cloud.advance(300)
    found = cloud.get(artifact_id)
    assert found.status == "CreateFailed"
    assert "SourceImageId" in found.status_detail
    _update_build(cloud, artifact_id)
    cloud.advance(300)
    assert cloud.get(artifact_id).status == "Created"
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]


def test_a_build_can_be_abandoned(cloud):
    artifact_id = cloud.build().artifact_id
    cloud.advance(10)
    cloud.delete(artifact_id)
    cloud.advance(3600)
    assert cloud.ledger()["is_empty"]


def test_another_definition_is_another_image(cloud):
    artifact_id = cloud.build().artifact_id
    cloud.advance(300)
    _update_build(cloud, artifact_id)
    assert cloud.get(artifact_id).status == "Creating"
    cloud.advance(300)
    assert len(cloud.ledger()["accounts"]["hub"]["build_images_outstanding"]) == 1
    assert cloud.ledger()["accounts"]["hub"]["images_created"] == 2


def test_build_logs_and_risks(cloud):
    artifact_id = cloud.build().artifact_id
    cloud.advance(300)
    request = nest.ListArtifactBuildLogsRequest(
        artifact_id=artifact_id, region_id="cn-hangzhou", sort_order="Ascending"
    )
    lines = [line.content for line in cloud.nest().list_artifact_build_logs(request).body.build_logs]
    assert lines[0].startswith("Build started")
    assert lines[-1].startswith("Build finished")
    risks = cloud.nest().list_artifact_risks(nest.ListArtifactRisksRequest(artifact_id=artifact_id)).body
    assert risks.artifact_risk_list == []


def _modules(cloud, code="cmjj00000001"):
    body = cloud.market().describe_product(market.DescribeProductRequest(code=code)).body
    return body.type, [
        {
            module.code: [v.value for p in module.properties.property for v in p.property_values.property_value]
            for module in sku.modules.module
        }
        for sku in body.product_skus.product_sku
    ]


def test_a_product_lists_versions_and_image_ids(cloud, refused):
    kind, skus = _modules(cloud)
    assert kind == "MIRROR"
    assert [sku["package_version"] for sku in skus] == [["V1.0"], ["V2.0"]]
    assert {image_id[:5] for image_id in skus[0]["img_id"]} == {"m-2ze", "m-bp1", "m-uf6", "m-t4n"}
    assert not set(skus[0]["img_id"]) & set(skus[1]["img_id"])
    with refused("ProductNotFound"):
        _modules(cloud, "cmjj99999999")


def _marketplace(cloud, *regions, code="cmjj00000002", version="V1.0"):
    request = nest.CreateArtifactRequest(
        artifact_type="EcsImage",
        name="sold",
        version_name="one",
        support_region_ids=list(regions),
        artifact_property=nest.CreateArtifactRequestArtifactProperty(commodity_code=code, commodity_version=version),
    )
    artifact_id = cloud.nest().create_artifact(request).body.artifact_id
    cloud.release(artifact_id)
    cloud.advance(60)
    return artifact_id


def test_a_marketplace_image_is_looked_up_and_not_copied(cloud):
    artifact_id = _marketplace(cloud, "cn-beijing", "cn-hangzhou")
    version = cloud.versions(artifact_id)[0]
    assert version.status == "Available"
    assert sorted(version.image_delivery.values()) == sorted(_modules(cloud, "cmjj00000002")[1][0]["img_id"])
    assert cloud.ledger()["accounts"]["hub"]["images_created"] == 0
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]


def test_a_region_where_it_is_not_sold_is_an_error_that_says_where_it_is(cloud):
    artifact_id = _marketplace(cloud, "cn-beijing", "cn-shanghai")
    failed = cloud.versions(artifact_id)[0]
    assert failed.status == "DeliverFailed"
    assert "cn-shanghai: OperationDenied.NotPublished" in failed.status_detail
    assert "cn-beijing, cn-hangzhou" in failed.status_detail


def test_an_unknown_product_version_is_an_error(cloud):
    artifact_id = _marketplace(cloud, "cn-beijing", version="V9")
    assert "EntityNotExist.Commodity" in cloud.versions(artifact_id)[0].status_detail


def test_without_regions_it_goes_everywhere_it_is_sold(cloud):
    artifact_id = _marketplace(cloud, code="cmjj00000001", version="V2.0")
    assert len(cloud.versions(artifact_id)[0].image_delivery) == 4


def test_a_draft_that_turns_to_the_marketplace_leaves_no_copies(cloud):
    cloud.fault({"kind": "fail_copy"}, match={"region": "cn-shanghai"})
    artifact_id = cloud.released()
    sold = nest.UpdateArtifactRequestArtifactProperty(commodity_code="cmjj00000001", commodity_version="V1.0")
    cloud.nest().update_artifact(nest.UpdateArtifactRequest(artifact_id=artifact_id, artifact_property=sold))
    cloud.release(artifact_id)
    cloud.advance(60)
    assert cloud.versions(artifact_id)[0].status == "Available"
    assert cloud.ledger()["accounts"]["hub"]["images_outstanding"] == []
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]
