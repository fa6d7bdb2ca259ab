"""Service instances: the deployment region decides the image; with the official SDKs of both sides."""

from __future__ import annotations

import json

import pytest
from alibabacloud_computenest20210601 import models as user
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ros20190910 import models as ros

from emulator import offers
from emulator.harness import GOLDEN_2, REGIONS, both
from emulator.offers import CONTROL_REGION, metadata, relation

FUNCTIONS = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Text: {Type: String, Default: image_web}
  Needed: {Type: String}
Conditions:
  Never: {Fn::Equals: [a, b]}
Mappings:
  Images: {one: {web: image_web}}
Resources:
  Group:
    Type: ALIYUN::ECS::InstanceGroup
    Properties: {ImageId: {Fn::If: [Never, centos_7, {Fn::FindInMap: [Images, one, web]}]}, HostName: image_web}
  Template:
    Type: ALIYUN::ECS::LaunchTemplate
    Properties: {ImageId: image_web}
  Simple:
    Type: ALIYUN::SWAS::Instances
    Properties: {ImageId: image_web}
  Nested:
    Type: ALIYUN::ROS::Stack
    Properties:
      TemplateBody:
        ROSTemplateFormatVersion: '2015-09-01'
        Resources:
          Inner: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: image_web}}
"""


def _offer(cloud, template=offers.TEMPLATE, *, share_type="Public", regions=(), name="web", **more):
    """A service online, whose template's marker is a package's image."""
    artifact_id = cloud.released(name)
    text = metadata(relation(artifact_id), offers.upload(cloud, template), regions=regions)
    service_id = offers.save(cloud, text, name=name, share_type=share_type, **more)
    offers.publish(cloud, service_id)
    return service_id, artifact_id


def _create(cloud, service_id, region="cn-beijing", *, account="customer", parameters=None, **more):
    given = {"RegionId": region, **(parameters or {})}
    request = user.CreateServiceInstanceRequest(
        region_id=CONTROL_REGION, service_id=service_id, parameters=given, **more
    )
    return cloud.user(account).create_service_instance(request).body.service_instance_id


def _deploy(cloud, service_id, region="cn-beijing", **more):
    instance_id = _create(cloud, service_id, region, **more)
    cloud.advance(61)
    return instance_id


def _get(cloud, instance_id, account="customer"):
    request = user.GetServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
    return cloud.user(account).get_service_instance(request).body


def _images(cloud, region, account="customer"):
    """The images of the account's instances in a region."""
    request = ecs.DescribeInstancesRequest(region_id=region)
    return {entry.image_id for entry in cloud.ecs(account).describe_instances(request).body.instances.instance}


def _delete(cloud, *ids, account="customer"):
    request = user.DeleteServiceInstancesRequest(region_id=CONTROL_REGION, service_instance_id=list(ids))
    cloud.user(account).delete_service_instances(request)
    cloud.advance(61)


def _upgrade(cloud, instance_id, version, **more):
    request = user.UpgradeServiceInstanceRequest(
        region_id=CONTROL_REGION, service_instance_id=instance_id, service_version=version, **more
    )
    return cloud.user().upgrade_service_instance(request).body


def test_the_region_decides_the_image(cloud):
    service_id, artifact_id = _offer(cloud)
    delivered = cloud.versions(artifact_id)[0].image_delivery
    instance_id = _create(cloud, service_id, "cn-beijing", name="mine")
    assert _get(cloud, instance_id).status == "Created"
    cloud.advance(1)
    assert _get(cloud, instance_id).status == "Deploying"
    cloud.advance(60)
    found = _get(cloud, instance_id)
    assert (found.status, found.name, found.progress, found.template_name) == ("Deployed", "mine", 100, "t1")
    assert (found.service.service_id, found.service.version) == (service_id, "1")
    assert len(json.loads(found.outputs)["Ids"]) == 2
    assert _images(cloud, "cn-beijing") == {delivered["cn-beijing"]}
    _deploy(cloud, service_id, "cn-shanghai", parameters={"Amount": "1"})
    assert _images(cloud, "cn-shanghai") == {delivered["cn-shanghai"]}
    stack_id = json.loads(found.resources)[0]["StackId"]
    shown = cloud.ros().get_template(ros.GetTemplateRequest(region_id="cn-beijing", stack_id=stack_id)).body
    assert delivered["cn-beijing"] in shown.template_body
    request = user.ListServiceInstanceResourcesRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
    listed = cloud.user().list_service_instance_resources(request).body.resources
    assert [entry.resource_arn.split("/")[0] for entry in listed] == [
        f"acs:ecs:cn-beijing:{cloud.uid('customer')}:instance"
    ] * 2


def test_both_sides_list_the_instance_and_strangers_do_not(cloud, refused):
    service_id, _ = _offer(cloud)
    instance_id = _deploy(cloud, service_id, name="web-1")
    wanted = [user.ListServiceInstancesRequestFilter(name="Name", value=["web"])]
    request = user.ListServiceInstancesRequest(region_id=CONTROL_REGION, filter=wanted)
    assert [entry.service_instance_id for entry in cloud.user().list_service_instances(request).body.service_instances]
    assert cloud.user("stranger").list_service_instances(request).body.service_instances == []
    filters = [nest.ListServiceInstancesRequestFilter(name="ServiceId", value=[service_id])]
    mine = nest.ListServiceInstancesRequest(region_id=CONTROL_REGION, filter=filters)
    found = cloud.nest().list_service_instances(mine).body.service_instances
    assert [(entry.service_instance_id, entry.status) for entry in found] == [(instance_id, "Deployed")]
    assert str(found[0].user_id) == cloud.uid("customer")
    with refused("ServiceInstanceNotFound"):
        _get(cloud, instance_id, "stranger")


def test_who_may_deploy(cloud, refused):
    service_id, _ = _offer(cloud, share_type="Restricted")
    offers.share(cloud, service_id, cloud.uid("customer"))
    assert _get(cloud, _deploy(cloud, service_id)).status == "Deployed"
    with refused("OperationDenied.ServiceNotShared"):
        _create(cloud, service_id, account="stranger")
    offers.update(cloud, service_id, share_type="Public")
    assert _get(cloud, _deploy(cloud, service_id, account="stranger"), "stranger").status == "Deployed"


def test_an_image_withheld_fails_the_deployment(cloud):
    """ECS refuses the image although the service is shared: the packages' permissions follow other versions only."""
    cloud.switch("permission.counts", "published")
    artifact_id = cloud.released()
    service_id = offers.save(cloud, metadata(relation(artifact_id), offers.upload(cloud)), share_type="Public")
    request = nest.CreateServiceInstanceRequest(
        region_id=CONTROL_REGION,
        service_id=service_id,
        parameters={"RegionId": "cn-beijing"},
        user_id=cloud.uid("stranger"),
    )
    instance_id = cloud.nest().create_service_instance(request).body.service_instance_id
    cloud.advance(61)
    found = _get(cloud, instance_id, "stranger")
    assert found.status == "DeployedFailed"
    assert "InvalidImageId.NotFound: resources.Server" in found.status_detail
    _delete(cloud, instance_id, account="stranger")
    assert cloud.ledger()["accounts"]["stranger"]["stacks_outstanding"] == []


def test_a_region_without_image_fails_with_the_cause(cloud):
    service_id, artifact_id = _offer(cloud)
    instance_id = _deploy(cloud, service_id, "cn-shenzhen")
    found = _get(cloud, instance_id)
    assert found.status == "DeployedFailed"
    for part in ("ArtifactNotInRegion", artifact_id, "cn-shenzhen", "image_web"):
        assert part in found.status_detail
    _delete(cloud, instance_id)
    assert cloud.ledger()["accounts"]["customer"]["instances_outstanding"] == []


def test_a_stack_that_fails(cloud):
    service_id, _ = _offer(cloud)
    cloud.fault({"kind": "fail_stack", "code": "Zone.NotOnSale", "message": "Sold out."}, match={"service": "ros"})
    found = _get(cloud, _deploy(cloud, service_id))
    assert (found.status, "Zone.NotOnSale: Sold out." in found.status_detail) == ("DeployedFailed", True)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"service_id": "service-unknown"}, "EntityNotExist.Service"),
        ({"region": "cn-atlantis"}, "InvalidParameter.Parameters"),
        ({"region": "cn-shanghai"}, "OperationDenied.RegionNotAllowed"),
        ({"template_name": "t9"}, "OperationDenied.NoTemplate"),
        ({"service_version": "draft"}, "EntityNotExist.ServiceVersion"),
        ({"name": "x" * 65}, "InvalidParameter.Name"),
    ],
)
def test_a_wrong_request_is_refused(cloud, refused, fields, code):
    service_id, _ = _offer(cloud, regions=("cn-beijing",))
    with refused(code):
        _create(cloud, **{"service_id": service_id, **fields})
    assert cloud.ledger()["accounts"]["customer"]["instances_outstanding"] == []


def test_a_template_is_chosen_by_its_name(cloud, refused):
    artifact_id = cloud.released()
    other = offers.TEMPLATE.replace("Server", "Other")
    text = metadata(relation(artifact_id), offers.upload(cloud), offers.upload(cloud, other))
    service_id = offers.save(cloud, text, share_type="Public")
    offers.publish(cloud, service_id)
    with refused("OperationDenied.NoTemplate"):
        _create(cloud, service_id)
    instance_id = _deploy(cloud, service_id, template_name="t2")
    stack_id = json.loads(_get(cloud, instance_id).resources)[0]["StackId"]
    request = ros.ListStackResourcesRequest(region_id="cn-beijing", stack_id=stack_id)
    assert [entry.logical_resource_id for entry in cloud.ros().list_stack_resources(request).body.resources] == [
        "Other"
    ]


def test_a_supplier_tests_his_draft(cloud, refused):
    artifact_id = cloud.released()
    service_id = offers.save(cloud, metadata(relation(artifact_id), offers.upload(cloud)))
    request = nest.CreateServiceInstanceRequest(
        region_id=CONTROL_REGION, service_id=service_id, parameters={"RegionId": "cn-hangzhou"}
    )
    instance_id = cloud.nest().create_service_instance(request).body.service_instance_id
    cloud.advance(61)
    ask = nest.GetServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
    assert cloud.nest().get_service_instance(ask).body.status == "Deployed"
    with refused("OperationDenied.ServiceInUse") as caught:
        offers.delete(cloud, service_id, "draft")
    assert instance_id in str(caught.value)


def test_managed_services_run_in_the_suppliers_account(cloud):
    service_id, artifact_id = _offer(cloud, service_type="managed")
    _deploy(cloud, service_id)
    assert _images(cloud, "cn-beijing") == set()
    assert _images(cloud, "cn-beijing", "supplier") == {cloud.versions(artifact_id)[0].image_delivery["cn-beijing"]}


def test_an_upgrade_moves_to_the_new_versions_image(cloud, refused):
    service_id, artifact_id = _offer(cloud)
    instance_id = _deploy(cloud, service_id)
    second = cloud.next_version(artifact_id, source=GOLDEN_2)
    template = offers.TEMPLATE.replace("  Amount:", "  Extra: {Type: String}\n  Amount:")
    text = metadata(relation(artifact_id, "2"), offers.upload(cloud, template))
    offers.save(cloud, text, service_id=service_id)
    offers.publish(cloud, service_id)
    assert _get(cloud, instance_id).service.upgradable_service_versions == ["2"]
    assert _upgrade(cloud, instance_id, "2", dry_run="true").upgrade_required_parameters == ["Extra"]
    with refused("OperationDenied.ArtifactAssociated"):
        cloud.delete(artifact_id, "1")
    _upgrade(cloud, instance_id, "2", parameters={"Extra": "x"})
    assert _get(cloud, instance_id).status == "Upgrading"
    with refused("OperationDenied.InstanceStatus"):
        _delete(cloud, instance_id)
    cloud.advance(61)
    found = _get(cloud, instance_id)
    assert (found.status, found.service.version, found.status_detail) == ("Deployed", "2", "")
    assert json.loads(found.parameters)["Extra"] == "x"
    assert _images(cloud, "cn-beijing") == {second.image_delivery["cn-beijing"]}
    request = nest.WithdrawServiceRequest(region_id=CONTROL_REGION, service_id=service_id, service_version="1")
    cloud.nest().withdraw_service(request)
    offers.delete(cloud, service_id, "1")
    cloud.delete(artifact_id, "1")


@both("instance.failed_change_shows_as")
def test_an_upgrade_that_fails_keeps_what_runs(cloud, position):
    cloud.switch("instance.failed_change_shows_as", position)
    service_id, artifact_id = _offer(cloud)
    instance_id = _deploy(cloud, service_id)
    cloud.next_version(artifact_id, source=GOLDEN_2, regions=("cn-hangzhou",))
    offers.save(cloud, metadata(relation(artifact_id, "2"), offers.upload(cloud)), service_id=service_id)
    offers.publish(cloud, service_id)
    before = _images(cloud, "cn-beijing")
    _upgrade(cloud, instance_id, "2")
    cloud.advance(61)
    found = _get(cloud, instance_id)
    status = "UpgradeFailed" if position == "own_status" else "Deployed"
    assert (found.status, found.service.version) == (status, "1")
    assert "ArtifactNotInRegion" in found.status_detail
    assert _images(cloud, "cn-beijing") == before


def test_everything_can_be_cleared_away(cloud):
    service_id, artifact_id = _offer(cloud)
    ids = [_deploy(cloud, service_id, region) for region in REGIONS]
    rows = cloud.ledger()["accounts"]["customer"]
    assert len(rows["instances_outstanding"]) == len(rows["stacks_outstanding"]) == 3
    _delete(cloud, *ids)
    request = nest.WithdrawServiceRequest(region_id=CONTROL_REGION, service_id=service_id, service_version="1")
    cloud.nest().withdraw_service(request)
    offers.delete(cloud, service_id, "1")
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]


def test_a_customer_reads_the_service(cloud, refused):
    service_id, _ = _offer(cloud, share_type="Restricted")
    request = user.GetServiceRequest(region_id=CONTROL_REGION, service_id=service_id)
    with refused("OperationDenied.ServiceNotShared"):
        cloud.user().get_service(request)
    offers.share(cloud, service_id, cloud.uid("customer"))
    found = cloud.user().get_service(request).body
    assert (found.service_id, found.version, found.status) == (service_id, "1", "Online")


def test_instances_survive_a_restart(start):
    cloud = start("--virtual")
    service_id, _ = _offer(cloud)
    instance_id = _create(cloud, service_id)
    cloud.advance(1)
    cloud.stop()
    cloud = start("--virtual")
    assert _get(cloud, instance_id).status == "Deploying"
    cloud.advance(60)
    assert _get(cloud, instance_id).status == "Deployed"


def test_a_token_creates_one_instance(cloud):
    service_id, _ = _offer(cloud)
    first = _create(cloud, service_id, client_token="t")
    assert _create(cloud, service_id, client_token="t") == first


def _rendered(cloud):
    """The template that ROS got for FUNCTIONS in cn-beijing, and the image it should hold."""
    service_id, artifact_id = _offer(cloud, FUNCTIONS)
    instance_id = _deploy(cloud, service_id, parameters={"Needed": "x"})
    found = _get(cloud, instance_id)
    stack_id = json.loads(found.resources)[0]["StackId"]
    shown = cloud.ros().get_template(ros.GetTemplateRequest(region_id="cn-beijing", stack_id=stack_id)).body
    return json.loads(shown.template_body), cloud.versions(artifact_id)[0].image_delivery["cn-beijing"], found


@both("substitution.follows_functions")
def test_whether_functions_are_followed(cloud, position):
    cloud.switch("substitution.follows_functions", position)
    template, image_id, found = _rendered(cloud)
    resources = template["Resources"]
    assert template["Mappings"]["Images"]["one"]["web"] == (image_id if position else "image_web")
    assert resources["Template"]["Properties"]["ImageId"] == image_id
    inner = resources["Nested"]["Properties"]["TemplateBody"]["Resources"]["Inner"]
    assert inner["Properties"]["ImageId"] == image_id
    assert resources["Group"]["Properties"]["HostName"] == "image_web"
    assert resources["Simple"]["Properties"]["ImageId"] == "image_web"
    assert template["Parameters"]["Text"]["Default"] == "image_web"
    assert found.status == ("Deployed" if position else "DeployedFailed")


@both("substitution.types")
def test_which_types_are_substituted(cloud, position):
    cloud.switch("substitution.types", position)
    template, image_id, _ = _rendered(cloud)
    shown = template["Resources"]["Template"]["Properties"]["ImageId"]
    assert shown == (image_id if position == "all" else "image_web")
    assert template["Mappings"]["Images"]["one"]["web"] == image_id


@both("instance.deleted_shows_as")
def test_how_a_deleted_instance_shows(cloud, refused, position):
    cloud.switch("instance.deleted_shows_as", position)
    service_id, _ = _offer(cloud)
    instance_id = _deploy(cloud, service_id)
    _delete(cloud, instance_id)
    if position == "status_deleted":
        assert _get(cloud, instance_id).status == "Deleted"
        _delete(cloud, instance_id)
    else:
        with refused("ServiceInstanceNotFound"):
            _get(cloud, instance_id)
