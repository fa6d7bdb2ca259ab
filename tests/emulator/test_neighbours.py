"""The products beside Compute Nest that clients ask on their way, and the user's own API: with the official SDKs."""

from __future__ import annotations

import json

import pytest
from alibabacloud_computenest20210601 import models as user
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_cr20181201 import models as cr
from alibabacloud_cr20181201.client import Client as CrClient
from alibabacloud_location20150612 import models as location
from alibabacloud_location20150612.client import Client as LocationClient
from alibabacloud_sts20150401.client import Client as StsClient
from aliyunsdkcore.auth.credentials import AccessKeyCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.endpoint.location.DescribeEndpointsRequest import DescribeEndpointsRequest

from emulator import offers
from emulator.clients import Refused, Request, with_classic, with_tea
from emulator.harness import both
from emulator.test_signatures import keys_of

pytestmark = pytest.mark.wire

REGION = "cn-hangzhou"


@pytest.mark.parametrize("algorithm", [None, "v2"])
def test_whose_keys_these_are(cloud, algorithm):
    config = cloud.sdk_config("customer")
    config.signature_algorithm = algorithm
    found = StsClient(config).get_caller_identity().body
    uid = cloud.uid("customer")
    assert (found.account_id, found.identity_type, found.arn) == (uid, "Account", f"acs:ram::{uid}:root")


def test_where_a_product_is(cloud):
    client = cloud.sdk(LocationClient, "supplier")
    for code, count in (("ecs", 1), ("computenest", 1), ("fridge", 0)):
        request = location.DescribeEndpointsRequest(id=REGION, service_code=code, type="openAPI")
        found = client.describe_endpoints(request).body.endpoints.endpoint
        assert [each.endpoint for each in found] == [cloud.handle["endpoint"]] * count
    asked = Request("2015-06-12", "DescribeRegions", {"ServiceCode": "ecs"})  # which its SDK's model does not name
    assert REGION in with_tea(keys_of(cloud), asked)["RegionIds"]["RegionIds"]


def test_the_classic_sdks_own_question(cloud):
    """It asks for its products so, and reads the first endpoint of the type. (By itself it asks over TLS only.)"""
    keys = keys_of(cloud)
    client = AcsClient(region_id=REGION, credential=AccessKeyCredential(keys.key, keys.secret))
    request = DescribeEndpointsRequest()
    request.set_Id(REGION)
    request.set_ServiceCode("ecs")
    request.set_Type("openAPI")
    request.set_endpoint(keys.endpoint)
    request.set_protocol_type("http")
    (found,) = json.loads(client.do_action_with_exception(request))["Endpoints"]["Endpoint"]
    assert (found["Endpoint"], found["SerivceCode"], found["Type"]) == (keys.endpoint, "ecs", "openAPI")


def test_what_was_bought(cloud):
    registry = cloud.control("POST", "registries", {"account": "supplier", "region": REGION, "name": "mine"})
    asked = Request("2017-12-14", "QueryAvailableInstances", {"ProductCode": "acr", "Region": REGION})
    found = with_tea(keys_of(cloud), asked)["Data"]
    ids = [each["InstanceID"] for each in found["InstanceList"]]
    assert registry["instance_id"] in ids
    assert with_tea(keys_of(cloud, "stranger"), asked)["Data"]["TotalCount"] == 0


def test_a_registrys_repository_in_full_and_its_usage(cloud):
    registry = cloud.control("POST", "registries", {"account": "supplier", "region": REGION, "name": "mine"})
    client, instance_id = cloud.sdk(CrClient, "supplier"), registry["instance_id"]
    client.create_namespace(cr.CreateNamespaceRequest(instance_id=instance_id, namespace_name="shop"))
    named = {"instance_id": instance_id, "repo_namespace_name": "shop", "repo_name": "web"}
    client.create_repository(
        cr.CreateRepositoryRequest(**named, repo_type="PRIVATE", summary="short", detail="# long\n\ntext")
    )
    found = client.get_repository(cr.GetRepositoryRequest(**named)).body
    assert (found.summary, found.detail) == ("short", "# long\n\ntext")
    repo_id = found.repo_id
    client.update_repository(
        cr.UpdateRepositoryRequest(
            instance_id=instance_id, repo_id=repo_id, repo_type="PRIVATE", summary="s", detail=""
        )
    )
    assert client.get_repository(cr.GetRepositoryRequest(**named)).body.detail == ""
    usage = client.get_instance_usage(cr.GetInstanceUsageRequest(instance_id=instance_id)).body
    assert (usage.namespace_usage, usage.repo_usage, int(usage.repo_quota) > 1) == ("1", "1", True)


@both("cr.refusals")
def test_a_refusal_of_the_registry_says_so_in_its_body_too(cloud, position):
    cloud.switch("cr.refusals", position)
    asked = Request("2018-12-01", "GetInstance", {"InstanceId": "cri-none"})
    if position == "body":
        found = with_tea(keys_of(cloud), asked)
        assert (found["IsSuccess"], found["Code"]) == (False, "INSTANCE_NOT_EXIST")
        return
    with pytest.raises(Refused, check=lambda error: error.code == "INSTANCE_NOT_EXIST"):
        with_classic(keys_of(cloud), asked)
    config = cloud.sdk_config("supplier")
    with pytest.raises(Exception, match="INSTANCE_NOT_EXIST") as caught:
        CrClient(config).get_instance(cr.GetInstanceRequest(instance_id="cri-none"))
    assert caught.value.data["IsSuccess"] is False


@both("tags.listed_as")
def test_tags_are_listed_flat_or_nested(cloud, position):
    cloud.switch("tags.listed_as", position)
    artifact_id = cloud.draft(tag=[nest.CreateArtifactRequestTag(key="a", value="b")]).artifact_id
    params = {"RegionId": REGION, "ResourceType": "artifact", "ResourceId.1": artifact_id}
    found = with_tea(keys_of(cloud), Request("2021-05-21", "ListTagResources", params))["TagResources"]
    rows = found if position == "flat" else found["TagResource"]
    assert [(row["ResourceId"], row["TagKey"], row["TagValue"]) for row in rows] == [(artifact_id, "a", "b")]


def test_a_customer_lists_the_services_that_are_for_him(cloud):
    mine = offers.save(cloud, name="mine")
    ask = user.ListServicesRequest(region_id=REGION, max_results=100)

    def shown(account):
        return [each.service_id for each in cloud.user(account).list_services(ask).body.services]

    assert shown("customer") == []
    offers.publish(cloud, mine)
    before = shown("customer")
    offers.share(cloud, mine, cloud.uid("customer"))
    assert (before, shown("customer"), shown("stranger")) == ([], [mine], [])
    ask.fuzzy_keyword = "nothing of the kind"
    assert shown("customer") == []


def test_a_customers_settings_and_a_services_zones(cloud):
    found = cloud.user().get_user_information(user.GetUserInformationRequest(region_id=REGION)).body
    assert found.delivery_settings.oss_enabled is False
    ask = user.GetNetworkAvailableZonesRequest(service_region_id=REGION)
    assert cloud.user().get_network_available_zones(ask).body.data.zone_id_list == [f"{REGION}-{z}" for z in "bgh"]
    ask = nest.GetNetworkAvailableZonesRequest(service_region_id=REGION)
    assert len(cloud.nest().get_network_available_zones(ask).body.data.zone_id_list) == 3
