"""The part of the story (everything.py) about container groups: one that declares whatever is shown again."""

from __future__ import annotations

from typing import Any, Protocol


class Teller(Protocol):
    """everything.Teller"""

    cloud: Any

    def ask(self, service: str, action: str, account: str = "supplier", **params: Any) -> dict[str, Any]: ...


PROBE = {"HttpGet_Path": "/", "HttpGet_Port": 80, "HttpGet_Scheme": "HTTP", "PeriodSeconds": 5, "TimeoutSeconds": 1}
PROBE |= {"InitialDelaySeconds": 1, "SuccessThreshold": 1, "FailureThreshold": 3, "TcpSocket_Port": 80}
PROBE |= {"TcpSocket_Host": "a", "Exec_Command_1": "true"}
COMMON = {
    "Image": "busybox",
    "Command_1": "sh",
    "Command_2": "-c",
    "Arg_1": "echo hello; sleep 1000; exit 1",
    "Cpu": "1",
    "Memory": "2",
    "Gpu": 0,
    "EnvironmentVar_1_Key": "A",
    "EnvironmentVar_1_Value": "b",
    "EnvironmentVar_2_Key": "IP",
    "EnvironmentVar_2_FieldRef_FieldPath": "status.podIP",
    "VolumeMount_1_Name": "files",
    "VolumeMount_1_MountPath": "/files",
    "VolumeMount_1_ReadOnly": "true",
    "VolumeMount_1_SubPath": "a",
    "VolumeMount_1_MountPropagation": "None",
    "SecurityContext_RunAsUser": 1000,
    "SecurityContext_ReadOnlyRootFilesystem": "true",
    "SecurityContext_Capability_Add_1": "NET_ADMIN",
    "WorkingDir": "/",
    "ImagePullPolicy": "Always",
}
OWN = {"Name": "web", "Port_1_Port": 80, "Port_1_Protocol": "TCP", "Stdin": "false", "StdinOnce": "false"}
OWN |= {
    "Tty": "false",
    **{f"{kind}_{name}": value for kind in ("LivenessProbe", "ReadinessProbe") for name, value in PROBE.items()},
}
INIT = {**COMMON, "Name": "first", "Arg_1": "exit 0", "Port_1_Port": 81, "Port_1_Protocol": "TCP"}
VOLUMES = (
    {
        "Type": "ConfigFileVolume",
        "ConfigFileVolume_ConfigFileToPath_1_Path": "a",
        "ConfigFileVolume_ConfigFileToPath_1_Content": "eA==",
    },
    {"Type": "NFSVolume", "NFSVolume_Server": "s", "NFSVolume_Path": "/", "NFSVolume_ReadOnly": "false"},
    {"Type": "DiskVolume", "DiskVolume_DiskId": "d-1", "DiskVolume_FsType": "ext4"},
    {"Type": "EmptyDirVolume", "EmptyDirVolume_Medium": "Memory", "EmptyDirVolume_SizeLimit": "1Gi"},
    {
        "Type": "FlexVolume",
        "FlexVolume_Driver": "alicloud/oss",
        "FlexVolume_FsType": "a",
        "FlexVolume_Options": "{}",
    },
)
GROUP = {
    "RestartPolicy": "OnFailure",
    "Tag_1_Key": "team",
    "Tag_1_Value": "shop",
    "DnsConfig_NameServer_1": "10.0.0.1",
    "DnsConfig_Search_1": "a",
    "DnsConfig_Option_1_Name": "ndots",
    "DnsConfig_Option_1_Value": "2",
    "HostAliase_1_Ip": "10.0.0.2",
    "HostAliase_1_Hostname_1": "b",
    "AutoCreateEip": "true",
    "ComputeCategory": "general",
    **{f"Container_1_{name}": value for name, value in {**COMMON, **OWN}.items()},
    **{f"InitContainer_1_{name}": value for name, value in INIT.items()},
    **{
        f"Volume_{n}_{name}": value
        for n, held in enumerate(VOLUMES, 1)
        for name, value in {"Name": f"v{n}", **held}.items()
    },
}


def containers(teller: Teller) -> None:
    cloud = teller.cloud

    def ask(action: str, **params: Any) -> dict[str, Any]:
        return teller.ask("eci", action, "customer", **params)

    made = {"ContainerGroupId": ask("CreateContainerGroup", ContainerGroupName="web", **GROUP)["ContainerGroupId"]}
    ask("CreateContainerGroup", ContainerGroupName="other", Container_1_Name="a", Container_1_Image="nginx")
    cloud.advance(6)
    ask("DescribeContainerGroupStatus")
    cloud.advance(54)
    ask("DescribeContainerGroups", WithEvent="true")
    ask("DescribeContainerGroups", Limit=1)
    ask("DescribeContainerGroupStatus")
    ask("DescribeContainerGroupStatus", Limit=1)
    ask("DescribeContainerGroupMetric", **made)
    ask("DescribeMultiContainerGroupMetric", ContainerGroupIds=[made["ContainerGroupId"]])
    ask("DescribeContainerLog", **made, ContainerName="web")
    cloud.advance(1000)
    for action in ("DescribeContainerGroupStatus", "DescribeContainerGroupEvents"):
        ask(action)
    ask("DescribeContainerGroups")
    tags = {"ResourceType": "containergroup", "ResourceId_1": made["ContainerGroupId"]}
    ask("TagResources", **tags, Tag_1_Key="a", Tag_1_Value="b")
    ask("ListTagResources", **tags)
    ask("UntagResources", **tags, TagKey_1="a")
    ask("UpdateContainerGroup", **made, RestartPolicy="Never")
    cloud.advance(60)
    ask("DescribeContainerGroupStatus")
    ask("RestartContainerGroup", **made)
    cloud.advance(1100)
    ask("DescribeContainerGroupStatus")
    ask("DescribeContainerGroups")
    ask("DescribeContainerGroupPrice", Cpu="2", Memory="4")
    ask("DescribeRegions")
    ask("ListUsage")
    ask("DeleteContainerGroup", **made)
