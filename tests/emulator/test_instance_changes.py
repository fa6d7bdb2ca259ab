"""What a customer changes of an instance, and a reviewer who approves at once; with the official SDKs."""

from __future__ import annotations

import json

from alibabacloud_computenest20210601 import models as user
from alibabacloud_computenestsupplier20210521 import models as nest

from emulator import offers
from emulator.offers import CONTROL_REGION, metadata, relation


def _instance(cloud, **more):
    artifact_id = cloud.released()
    text = metadata(relation(artifact_id), offers.upload(cloud))
    service_id = offers.save(cloud, text, share_type="Public")
    offers.publish(cloud, service_id)
    request = user.CreateServiceInstanceRequest(
        region_id=CONTROL_REGION, service_id=service_id, parameters={"RegionId": "cn-beijing"}, **more
    )
    instance_id = cloud.user().create_service_instance(request).body.service_instance_id
    cloud.advance(61)
    return instance_id


def _get(cloud, instance_id):
    request = user.GetServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
    return cloud.user().get_service_instance(request).body


def test_other_parameters_update_the_stack(cloud, refused):
    instance_id = _instance(cloud)

    def change(**more):
        request = user.UpdateServiceInstanceSpecRequest(
            service_instance_id=instance_id, operation_name="resize", parameters={"Amount": 3}, **more
        )
        cloud.user().update_service_instance_spec(request)

    change(dry_run=True)
    assert _get(cloud, instance_id).status == "Deployed"
    change(client_token="t")
    change(client_token="t")
    assert _get(cloud, instance_id).status == "Upgrading"
    with refused("OperationDenied.InstanceStatus"):
        change()
    cloud.advance(61)
    found = _get(cloud, instance_id)
    assert (found.status, found.service.version) == ("Deployed", "1")
    assert json.loads(found.parameters) == {"RegionId": "cn-beijing", "Amount": 3}
    assert len(json.loads(found.outputs)["Ids"]) == 3


def test_a_customer_tags_his_instances(cloud, refused):
    instance_id = _instance(cloud, tag=[user.CreateServiceInstanceRequestTag(key="a", value="1")])
    named = {"region_id": CONTROL_REGION, "resource_type": "serviceinstance", "resource_id": [instance_id]}
    tags = [user.TagResourcesRequestTag(key="b", value="2")]
    cloud.user().tag_resources(user.TagResourcesRequest(tag=tags, **named))
    cloud.user().un_tag_resources(user.UnTagResourcesRequest(tag_key=["a"], **named))
    assert {tag.key: tag.value for tag in _get(cloud, instance_id).tags} == {"b": "2"}
    listed = user.ListServiceInstancesRequest(
        region_id=CONTROL_REGION, tag=[user.ListServiceInstancesRequestTag(key="b", value="2")]
    )
    found = cloud.user().list_service_instances(listed).body.service_instances
    assert [entry.service_instance_id for entry in found] == [instance_id]
    with refused("ServiceInstanceNotFound"):
        cloud.user("stranger").tag_resources(user.TagResourcesRequest(tag=tags, **named))


def test_a_reviewer_may_approve_at_once(cloud):
    cloud.control("PUT", "facts", {"review.approves_at_once": 1})
    text = metadata(relation(cloud.released()), offers.upload(cloud))
    service_id = offers.save(cloud, text)
    registration_id = offers.submit(cloud, service_id)
    request = nest.GetServiceRegistrationRequest(region_id=CONTROL_REGION, registration_id=registration_id)
    assert cloud.nest().get_service_registration(request).body.status == "Approved"
    assert offers.launch(cloud, service_id).version == "1"
