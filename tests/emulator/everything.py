"""One story in which every action of the cloud is asked for, by whatever client: a supplier's year, and a customer's.

`Teller` is given a client (clients.py) and keeps every answer; the story says who asks what, and what is refused here
because it would need more than this story has (a pushed image).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from computenest_cloud.cloud import Cloud as Inside
from emulator import offers
from emulator.clients import Keys, Refused, Request
from emulator.everything_containers import containers
from emulator.harness import GOLDEN, Cloud

VERSIONS = {
    "bss": "2017-12-14",
    "computenest": "2021-05-21",
    "computenest-user": "2021-06-01",
    "cr": "2018-12-01",
    "eci": "2018-08-08",
    "ecs": "2014-05-26",
    "location": "2015-06-12",
    "market": "2015-11-01",
    "ros": "2019-09-10",
    "sts": "2015-04-01",
}
REGION = "cn-hangzhou"
STACK = json.dumps(
    {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Description": "one machine",
        "Parameters": {
            "Image": {"Type": "String", "Default": "centos_7", "Description": "which", "Label": "Image"},
            "Size": {"Type": "String", "Default": "s", "AllowedValues": ["s", "l"]},
        },
        "Resources": {
            "Web": {"Type": "ALIYUN::ECS::Instance", "Properties": {"ImageId": {"Ref": "Image"}}},
            "Net": {"Type": "ALIYUN::ECS::VPC"},
        },
        "Outputs": {"Id": {"Value": {"Ref": "Web"}, "Description": "its id"}},
    }
)
POLICY = json.dumps({"Statement": [{"Action": "Update:*", "Resource": "*", "Effect": "Allow", "Principal": "*"}]})


class Teller:
    def __init__(self, cloud: Cloud, client: Callable[[Keys, Request], dict[str, Any]]) -> None:
        self.cloud = cloud
        self._client = client
        self.answers: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.refusals: dict[tuple[str, str], str] = {}

    def ask(self, service: str, action: str, account: str = "supplier", **params: Any) -> dict[str, Any]:
        """Underlines in a parameter's name stand for the dots of its members."""
        named = {name.replace("_", "."): value for name, value in params.items()}
        keys = self.cloud.handle["accounts"][account]
        where = Keys(self.cloud.handle["endpoint"], keys["access_key_id"], keys["access_key_secret"])
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in named.items()}
        asked = Request(VERSIONS[service], action, {"RegionId": REGION, **texts})
        answer = self._client(where, asked)
        self.answers.setdefault((service, action), []).append(answer)
        return answer

    def refused(self, service: str, action: str, **params: Any) -> None:
        try:
            self.ask(service, action, **params)
        except Refused as failure:
            self.refusals[service, action] = failure.code
            return
        raise AssertionError(f"{service} {action} was not refused")


def actions_of_the_cloud() -> set[tuple[str, str]]:
    """Product and action of everything that is served."""
    with tempfile.TemporaryDirectory() as folder:
        inside = Inside(
            state=Path(folder) / "state.db", seed=1, time_scale=1, is_virtual=True, faults=None, switches={}
        )
        table = {(service, action) for service, actions in inside._actions.items() for action in actions}
        inside.close()
    return table


def tell(teller: Teller) -> None:
    machines(teller)
    images(teller)
    stacks(teller)
    artifact_id = packages(teller)
    service_id = services(teller, artifact_id)
    instances(teller, service_id)
    endings(teller, artifact_id, service_id)
    registries(teller)
    neighbours(teller)
    containers(teller)


def machines(teller: Teller) -> None:
    for action in ("DescribeRegions", "DescribeZones"):
        teller.ask("ecs", action)
    teller.ask("ros", "CreateStack", StackName="machine", TemplateBody=STACK)
    teller.cloud.advance(60)
    (machine,) = teller.ask("ecs", "DescribeInstances")["Instances"]["Instance"]
    teller.ask("ecs", "StopInstance", InstanceId=machine["InstanceId"])
    teller.ask("ecs", "CreateImage", InstanceId=machine["InstanceId"], ImageName="of-a-machine")
    teller.ask("ecs", "StartInstance", InstanceId=machine["InstanceId"])


def images(teller: Teller) -> None:
    cloud, uid = teller.cloud, teller.cloud.uid("customer")
    ecs = {"ImageId": GOLDEN}
    disk = {"DiskDeviceMapping_1_OSSBucket": "b", "DiskDeviceMapping_1_OSSObject": "o"}
    teller.ask("ecs", "ImportImage", ImageName="imported", **disk)
    first = teller.ask("ecs", "CopyImage", **ecs, DestinationRegionId="cn-beijing")["ImageId"]
    teller.ask("ecs", "CancelCopyImage", ImageId=first, RegionId="cn-beijing")
    copy = teller.ask("ecs", "CopyImage", **ecs, DestinationRegionId=REGION, DestinationImageName="a-copy")["ImageId"]
    cloud.advance(3600)
    tags = {"ResourceType": "image", "ResourceId_1": copy}
    teller.ask("ecs", "TagResources", **tags, Tag_1_Key="a", Tag_1_Value="b")
    teller.ask("ecs", "ListTagResources", **tags)
    teller.ask("ecs", "DescribeTags", ResourceType="image")
    teller.ask("ecs", "ModifyImageAttribute", ImageId=copy, Description="described", ImageFamily="family")
    teller.ask("ecs", "DescribeImageFromFamily", ImageFamily="family")
    teller.ask("ecs", "ModifyImageSharePermission", ImageId=copy, AddAccount_1=uid)
    teller.ask("ecs", "DescribeImages", ImageOwnerAlias="self")
    teller.ask("ecs", "DescribeImageSharePermission", ImageId=copy)
    teller.ask("ecs", "ModifyImageSharePermission", ImageId=copy, RemoveAccount_1=uid)
    for is_public in ("true", "false"):
        teller.ask("ecs", "ModifyImageSharePermission", ImageId=copy, IsPublic=is_public)
        teller.ask("ecs", "DescribeImageSharePermission", ImageId=copy)
    teller.ask("ecs", "UntagResources", **tags, TagKey_1="a")
    teller.ask("ecs", "DeleteImage", ImageId=copy)


def stacks(teller: Teller) -> None:
    ask, cloud = teller.ask, teller.cloud
    parameters = {"Parameters_1_ParameterKey": "Image", "Parameters_1_ParameterValue": "centos_7"}
    for action in ("ValidateTemplate", "GetTemplateParameterConstraints", "GetTemplateEstimateCost"):
        ask("ros", action, TemplateBody=STACK)
    ask("ros", "DescribeRegions")
    ask("ros", "PreviewStack", StackName="shop", TemplateBody=STACK, **parameters, StackPolicyBody=POLICY)
    extra = {"Tags_1_Key": "a", "Tags_1_Value": "b", "NotificationURLs_1": "https://example.invalid/told"}
    stack_id = ask("ros", "CreateStack", StackName="shop", TemplateBody=STACK, **parameters, **extra)["StackId"]
    cloud.advance(60)
    for action in ("GetStack", "ListStackResources", "ListStackEvents", "GetTemplate"):
        ask("ros", action, StackId=stack_id)
    ask("ros", "GetStackResource", StackId=stack_id, LogicalResourceId="Web")
    ask("ros", "SetStackPolicy", StackId=stack_id, StackPolicyBody=POLICY)
    ask("ros", "GetStackPolicy", StackId=stack_id)
    ask("ros", "SetDeletionProtection", StackId=stack_id, DeletionProtection="Disabled")
    tags = {"ResourceType": "stack", "ResourceId_1": stack_id}
    ask("ros", "TagResources", **tags, Tag_1_Key="c", Tag_1_Value="d")
    ask("ros", "ListTagResources", **tags)
    ask("ros", "ListStacks")
    ask("ros", "UntagResources", **tags, TagKey_1="a", TagKey_2="c")
    ask("ros", "UpdateStack", StackId=stack_id, TemplateBody=STACK, **parameters, DryRun="true")
    ask("ros", "UpdateStack", StackId=stack_id, TemplateBody=STACK, **parameters)
    cloud.advance(60)
    ask("ros", "DeleteStack", StackId=stack_id)
    cloud.advance(60)


def packages(teller: Teller) -> str:
    ask, cloud = teller.ask, teller.cloud
    image = {"RegionId": REGION, "ImageId": GOLDEN}
    draft = {"ArtifactType": "EcsImage", "VersionName": "one", "ArtifactProperty": image}
    regions = {"SupportRegionIds_1": REGION, "SupportRegionIds_2": "cn-beijing"}
    tag = {"Tag_1_Key": "a", "Tag_1_Value": "b"}
    artifact_id = str(ask("computenest", "CreateArtifact", Name="web", **draft, **regions, **tag)["ArtifactId"])
    ask("computenest", "UpdateArtifact", ArtifactId=artifact_id, VersionName="two", ArtifactProperty=image, **regions)
    ask("computenest", "ReleaseArtifact", ArtifactId=artifact_id)
    cloud.advance(3600)
    ask("computenest", "GetArtifact", ArtifactId=artifact_id, ArtifactVersion="1")
    for action in ("ListArtifactVersions", "ListArtifactRisks", "ListArtifactBuildLogs"):
        ask("computenest", action, ArtifactId=artifact_id, ArtifactVersion="1")
    command = {
        "RegionId": REGION,
        "SourceImageId": "centos_7",
        "CommandType": "RunShellScript",
        "CommandContent": "true",
    }
    built = {"ArtifactBuildType": "EcsImage", "ArtifactBuildProperty": command}
    built = {"ArtifactType": "EcsImage", "VersionName": "one", "ArtifactProperty": {"RegionId": REGION}, **built}
    built_id = ask("computenest", "CreateArtifact", Name="built", **built, **regions)["ArtifactId"]
    cloud.advance(3600)
    ask("computenest", "GetArtifact", ArtifactId=built_id)
    for action in ("ListArtifactVersions", "ListArtifactBuildLogs"):
        ask("computenest", action, ArtifactId=built_id, ArtifactVersion="draft", MaxResults=1)
    ask("computenest", "UpdateArtifact", ArtifactId=built_id, VersionName="two", ArtifactProperty={"RegionId": REGION},
        ArtifactBuildType="EcsImage", ArtifactBuildProperty=command, **regions)  # fmt: skip
    cloud.advance(3600)
    for size in (1, 10):
        ask("computenest", "ListArtifacts", MaxResults=size)
    tags = {"ResourceType": "artifact", "ResourceId_1": artifact_id}
    ask("computenest", "TagResources", **tags, Tag_1_Key="c", Tag_1_Value="d")
    ask("computenest", "ListTagResources", **tags)
    ask("computenest", "UnTagResources", **tags, TagKey_1="c")
    ask("computenest", "GetArtifactRepositoryCredentials", ArtifactType="AcrImage", DeployRegionId=REGION)
    ask("computenest", "GetArtifactRepositoryCredentials", ArtifactType="File", DeployRegionId=REGION)
    ask("computenest", "ListAcrImageRepositories", ArtifactType="AcrImage")
    for action in ("ListAcrImageTags", "DeleteAcrImageTags", "DeleteAcrImageRepositories"):
        teller.refused("computenest", action, ArtifactType="AcrImage", RepoId="crr-none", Tag="latest")
    ask("computenest", "GetUploadCredentials", FileName="t.yaml", Visibility="private")
    ask("computenest", "GetSupplierInformation")
    ask("computenest", "GetNetworkAvailableZones", ServiceRegionId=REGION)
    return artifact_id


def services(teller: Teller, artifact_id: str) -> str:
    ask, cloud, uid = teller.ask, teller.cloud, teller.cloud.uid("customer")
    deployed = offers.metadata(offers.relation(artifact_id), offers.upload(cloud), offers.upload(cloud))
    info = {
        "ServiceInfo_1_Locale": "zh-CN",
        "ServiceInfo_1_Name": "shop",
        "ServiceInfo_1_ShortDescription": "of things",
    }
    info |= {"ServiceInfo_1_Softwares_1_Name": "nginx", "ServiceInfo_1_Softwares_1_Version": "1"}
    saved = {"DeployType": "ros", "DeployMetadata": deployed, "ShareType": "Restricted", **info}
    saved |= {"OperationMetadata": offers.OPERATIONS, "UpgradeMetadata": offers.UPGRADES}
    ask("computenest", "CreateService", VersionName="one", **saved, DryRun="true")
    tag = {"Tag_1_Key": "a", "Tag_1_Value": "b"}
    service_id = str(ask("computenest", "CreateService", VersionName="one", **saved, **tag)["ServiceId"])
    cloud.advance(5)
    named = {"ServiceId": service_id}
    ask("computenest", "UpdateService", **named, VersionName="first", **saved, DryRun="true")
    ask("computenest", "UpdateService", **named, VersionName="first", **saved)
    cloud.advance(5)
    ask("computenest", "PreLaunchService", **named)
    cloud.advance(10)
    canceled = ask("computenest", "RegisterService", **named)["RegistrationId"]
    ask("computenest", "CancelServiceRegistration", RegistrationId=canceled)
    registered = ask("computenest", "RegisterService", **named)["RegistrationId"]
    cloud.control("POST", "registrations/review", {"registration_id": registered})
    ask("computenest", "GetServiceRegistration", RegistrationId=registered)
    ask("computenest", "ListServiceRegistrations", MaxResults=1)
    ask("computenest", "LaunchService", **named, ServiceVersion="draft")
    cloud.advance(10)
    ask("computenest", "CreateService", **named, VersionName="second", **saved)
    cloud.advance(5)
    registered = ask("computenest", "RegisterService", **named)["RegistrationId"]
    cloud.control("POST", "registrations/review", {"registration_id": registered})
    ask("computenest", "LaunchService", **named, ServiceVersion="draft")
    cloud.advance(10)
    sharing = {"Type": "SharedAccount", "SharedAccounts_1_UserAliUid": uid, "SharedAccounts_1_Permission": "Accessible"}
    ask("computenest", "AddServiceSharedAccounts", **named, **sharing)
    permission = {"Type": "SharedAccount", "UserAliUid": uid, "Permission": "Deployable"}
    ask("computenest", "UpdateSharedAccountPermission", **named, **permission)
    ask("computenest", "ListServiceSharedAccounts", **named, Permission="Deployable")
    ask("computenest", "GetService", **named, ServiceVersion="1")
    ask("computenest", "ListServices", AllVersions="true", MaxResults=1)
    ask("computenest", "ListServiceTestCases", **named, ServiceVersion="1")
    return service_id


def instances(teller: Teller, service_id: str) -> None:
    """The customer's actions, and the supplier's on his own instance of it."""
    ask, cloud = teller.ask, teller.cloud
    for service, account in (("computenest-user", "customer"), ("computenest", "supplier")):

        def act(action: str, account: str = account, service: str = service, **params: Any) -> dict[str, Any]:
            return ask(service, action, account, **params)

        def create(act: Callable[..., dict[str, Any]] = act, **more: Any) -> dict[str, str]:
            deployed = {"ServiceId": service_id, "TemplateName": "t1", "Parameters": {"RegionId": REGION, **more}}
            deployed["ServiceVersion"] = "1"
            instance_id = act("CreateServiceInstance", **deployed, Tag_1_Key="a", Tag_1_Value="b")["ServiceInstanceId"]
            cloud.advance(120)
            return {"ServiceInstanceId": instance_id}

        cloud.fault({"kind": "fail_stack"}, match={"service": "ros"}, times=1)
        failed = create()
        act("ContinueDeployServiceInstance", **failed, DryRun="true")
        act("ContinueDeployServiceInstance", **failed)
        cloud.advance(120)
        one = create(Amount=3)
        for action in ("GetServiceInstance", "ListServiceInstanceResources", "ListServiceInstanceLogs"):
            act(action, **one)
        for action in ("StopServiceInstance", "StartServiceInstance", "RestartServiceInstance"):
            act(action, **one)
        act("UpdateServiceInstanceSpec", **one, OperationName="resize", Parameters={"Amount": 1})
        cloud.advance(120)
        act("UpgradeServiceInstance", **one, ServiceVersion="2", DryRun="true")
        act("UpgradeServiceInstance", **one, ServiceVersion="2")
        cloud.advance(120)
        act("RollbackServiceInstance", **one)
        cloud.advance(120)
        act("ListServiceInstanceUpgradeHistory", **one, MaxResults=1)
        act("ListServiceInstanceLogs", **one, MaxResults=1)
        act("ListServiceInstanceResources", **one, MaxResults=1)
        act("ListServiceInstances", MaxResults=1)
        act("DeleteServiceInstances", ServiceInstanceId_1=one["ServiceInstanceId"])
        act("DeleteServiceInstances", ServiceInstanceId_1=failed["ServiceInstanceId"])
        cloud.advance(300)
    user = "computenest-user"
    tagged = ask(user, "CreateServiceInstance", "customer", ServiceId=service_id, TemplateName="t1",
                 Parameters={"RegionId": REGION})["ServiceInstanceId"]  # fmt: skip
    tags = {"ResourceType": "serviceinstance", "ResourceId_1": tagged}
    ask(user, "TagResources", "customer", **tags, Tag_1_Key="c", Tag_1_Value="d")
    ask(user, "ListTagResources", "customer", **tags)
    ask(user, "UnTagResources", "customer", **tags, TagKey_1="c")
    cloud.advance(120)
    ask(user, "DeleteServiceInstances", "customer", ServiceInstanceId_1=tagged)
    cloud.advance(300)
    ask(user, "GetService", "customer", ServiceId=service_id)
    ask(user, "ListServices", "customer")
    ask(user, "GetUserInformation", "customer")
    ask(user, "GetNetworkAvailableZones", "customer", ServiceRegionId=REGION)
    named = {"ServiceId": service_id, "TemplateName": "t1"}
    ask(user, "GetServiceEstimateCost", "customer", **named, Parameters={"RegionId": REGION})
    ask(user, "CheckServiceDeployable", "customer", **named)
    ask(user, "ValidateServiceInstanceName", "customer", **named, ServiceInstanceName="shop")


def endings(teller: Teller, artifact_id: str, service_id: str) -> None:
    ask, cloud, uid = teller.ask, teller.cloud, teller.cloud.uid("customer")
    ask("computenest", "RemoveServiceSharedAccounts", ServiceId=service_id, Type="SharedAccount", UserAliUids_1=uid)
    ask("computenest", "WithdrawService", ServiceId=service_id, ServiceVersion="1")
    cloud.advance(60)
    ask("computenest", "WithdrawService", ServiceId=service_id, ServiceVersion="2")
    cloud.advance(60)
    for version in ("beta", "1", "2"):
        ask("computenest", "DeleteService", ServiceId=service_id, ServiceVersion=version)
    ask("computenest", "DeleteArtifact", ArtifactId=artifact_id, ArtifactVersion="1")
    cloud.advance(3600)


def registries(teller: Teller) -> None:
    body = {"account": "supplier", "region": REGION, "name": "own"}
    instance = {"InstanceId": teller.cloud.control("POST", "registries", body)["instance_id"]}

    def ask(action: str, **params: Any) -> dict[str, Any]:
        return teller.ask("cr", action, **instance, **params)

    for action in ("ListInstance", "GetInstanceCount", "GetInstance", "GetInstanceUsage", "GetAuthorizationToken"):
        ask(action)
    ask("UpdateInstanceEndpointStatus", EndpointType="internet", Enable="true")
    ask("CreateInstanceEndpointAclPolicy", EndpointType="internet", Entry="127.0.0.1/32", Comment="here")
    vpc = {"VpcId": "vpc-1", "VswitchId": "vsw-1"}
    ask("CreateInstanceVpcEndpointLinkedVpc", **vpc)
    for action in ("GetInstanceEndpoint", "ListInstanceEndpoint", "GetInstanceVpcEndpoint"):
        ask(action, EndpointType="internet")
    ask("DeleteInstanceVpcEndpointLinkedVpc", **vpc)
    ask("DeleteInstanceEndpointAclPolicy", EndpointType="internet", Entry="127.0.0.1/32")
    ask("CreateNamespace", NamespaceName="shop")
    for action in ("GetNamespace", "ListNamespace", "UpdateNamespace"):
        ask(action, NamespaceName="shop")
    named = {"RepoNamespaceName": "shop", "RepoName": "web"}
    ask("CreateRepository", **named, RepoType="PRIVATE", Summary="short", Detail="long")
    repository = {"RepoId": ask("GetRepository", **named)["RepoId"]}
    ask("CreateRepository", **{**named, "RepoName": "other"}, RepoType="PRIVATE", Summary="short")
    ask("ListRepository")
    ask("ListRepository", MaxResults=1)
    ask("UpdateRepository", **repository, RepoType="PUBLIC", Summary="other")
    ask("ListRepoTag", **repository)
    for action in ("GetRepoTag", "DeleteRepoTag"):
        teller.refused("cr", action, **instance, **repository, Tag="latest")
    ask("DeleteRepository", **repository)
    ask("DeleteRepository", **{**named, "RepoName": "other"})
    ask("DeleteNamespace", NamespaceName="shop")


def neighbours(teller: Teller) -> None:
    teller.ask("sts", "GetCallerIdentity")
    teller.ask("location", "DescribeEndpoints", Id=REGION, ServiceCode="ecs", Type="openAPI")
    teller.ask("location", "DescribeRegions", ServiceCode="ecs")
    teller.ask("bss", "QueryAvailableInstances", ProductCode="acr")
    products = teller.cloud.control("GET", "status")
    assert products
    teller.ask("market", "DescribeProduct", Code="cmjj00000001")
