"""Answers about container groups, as the SDK's models read them. fact: eci-021, eci-022

Lists have other names in answers than in requests (Port, Ports); logins come back in none.
"""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.catalogue import zones
from computenest_cloud.clock import format_time
from computenest_cloud.services.eci.records import Container, ContainerGroup
from computenest_cloud.wire.values import finite
from computenest_cloud.world import World

PLURAL = {"Command": "Commands", "Arg": "Args", "Port": "Ports", "VolumeMount": "VolumeMounts"}
NUMBERS = frozenset(
    {
        "Cpu",
        "Memory",
        "Gpu",
        "Port",
        "RunAsUser",
        "InitialDelaySeconds",
        "PeriodSeconds",
        "TimeoutSeconds",
        "SuccessThreshold",
        "FailureThreshold",
    }
)
FLAGS = frozenset({"ReadOnly", "Stdin", "StdinOnce", "Tty", "ReadOnlyRootFilesystem", "NFSVolumeReadOnly"})
PROBES = ("LivenessProbe", "ReadinessProbe")
AS_DECLARED = ("WorkingDir", "Image", "ImagePullPolicy", "Stdin", "StdinOnce", "Tty")
NAMESPACE = "default"
VOLUME_FIELDS = {
    "DiskVolumeDiskId": ("DiskVolume", "DiskId"),
    "DiskVolumeFsType": ("DiskVolume", "FsType"),
    "EmptyDirVolumeMedium": ("EmptyDirVolume", "Medium"),
    "EmptyDirVolumeSizeLimit": ("EmptyDirVolume", "SizeLimit"),
    "FlexVolumeDriver": ("FlexVolume", "Driver"),
    "FlexVolumeFsType": ("FlexVolume", "FsType"),
    "FlexVolumeOptions": ("FlexVolume", "Options"),
    "NFSVolumePath": ("NFSVolume", "Path"),
    "NFSVolumeReadOnly": ("NFSVolume", "ReadOnly"),
    "NFSVolumeServer": ("NFSVolume", "Server"),
}


def _typed(name: str, value: Any) -> Any:
    """Values as the models type them; everything travelled as text."""
    if isinstance(value, Mapping):
        return {key: _typed(key, held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_typed(name, held) for held in value]
    if name in FLAGS:
        return str(value).lower() == "true"
    if name in NUMBERS:
        try:
            return finite(str(value))
        except ValueError:
            return 0
    return value


def _time(moment: float | None) -> str:
    return "" if moment is None else format_time(moment)


def state_of(container: Container) -> dict[str, Any]:
    """CurrentState. What is between two runs is Waiting."""
    if container.phase == "running":
        return {"State": "Running", "StartTime": _time(container.started_at), "DetailStatus": ""}
    if container.phase == "ended":
        return {
            "State": "Terminated",
            "Reason": container.reason,
            "Message": container.message,
            "ExitCode": container.exit_code or 0,
            "Signal": container.signal or 0,
            "StartTime": _time(container.started_at),
            "FinishTime": _time(container.finished_at),
            "DetailStatus": container.reason,
        }
    reason = container.reason or "ContainerCreating"
    return {"State": "Waiting", "Reason": reason, "Message": container.message, "DetailStatus": reason}


def earlier_state_of(container: Container) -> dict[str, Any]:
    """PreviousState: the run before."""
    if container.earlier is None:
        return {}
    code = int(container.earlier["exit_code"])
    return {
        "State": "Terminated",
        "Reason": container.earlier["reason"],
        "Message": "",
        "ExitCode": code,
        "Signal": code - 128 if code > 128 else 0,
        "StartTime": _time(container.earlier["started_at"]),
        "FinishTime": _time(container.earlier["finished_at"]),
        "DetailStatus": container.earlier["reason"],
    }


def _probe(declared: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: _typed(name, value) for name, value in declared.items() if name not in {"Exec", "HttpGet"}}
    execution = declared.get("Exec") or {}
    found["Execs"] = list(execution.get("Command") or ()) if isinstance(execution, Mapping) else []
    if "HttpGet" in declared:
        found["HttpGet"] = _typed("HttpGet", declared["HttpGet"])
    return found


def _variables(declared: Mapping[str, Any]) -> list[dict[str, Any]]:
    if str(declared.get("EnvironmentVarHide", "")).lower() == "true":
        return []
    found = []
    for entry in declared.get("EnvironmentVar") or ():
        path = (entry.get("FieldRef") or {}).get("FieldPath") or entry.get("FieldRefFieldPath")
        reference = {"ValueFrom": {"FieldRef": {"FieldPath": path}}} if path else {}
        found.append({"Key": entry.get("Key", ""), "Value": entry.get("Value", ""), **reference})
    return found


def _container(container: Container) -> dict[str, Any]:
    declared = container.declared
    body: dict[str, Any] = {
        "Name": container.name,
        "Cpu": float(_typed("Cpu", declared.get("Cpu") or 0)),
        "Memory": float(_typed("Memory", declared.get("Memory") or 0)),
        "Gpu": int(_typed("Gpu", declared.get("Gpu") or 0)),
        "ImagePullPolicy": "IfNotPresent",
        "EnvironmentVars": _variables(declared),
        "Ready": container.phase == "running",
        "RestartCount": container.restarts,
        "CurrentState": state_of(container),
        "PreviousState": earlier_state_of(container),
        **{name: _typed(name, declared[name]) for name in AS_DECLARED if name in declared},
    }
    for name, plural in PLURAL.items():
        shown = "Command" if container.is_init and name == "Command" else plural
        body[shown] = [_typed(name, entry) for entry in declared.get(name) or ()]
    for name in PROBES:
        if isinstance(declared.get(name), Mapping):
            body[name] = _probe(declared[name])
    context = declared.get("SecurityContext")
    if isinstance(context, Mapping):
        shown_context = {key: _typed(key, value) for key, value in context.items() if key != "Capability"}
        added = (context.get("Capability") or {}).get("Add") or ()
        body["SecurityContext"] = {**shown_context, "Capability": {"Adds": list(added)}}
    return body


def _volume(declared: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"Name": declared.get("Name", ""), "Type": declared.get("Type", "")}
    for shown, (kind, name) in VOLUME_FIELDS.items():
        held = declared.get(kind)
        if isinstance(held, Mapping) and name in held:
            body[shown] = _typed(shown, held[name])
    files = (declared.get("ConfigFileVolume") or {}).get("ConfigFileToPath") or ()
    if files:
        body["ConfigFileVolumeConfigFileToPaths"] = [
            {"Path": entry.get("Path", ""), "Content": entry.get("Content", "")} for entry in files
        ]
    return body


def event_rows(group: ContainerGroup) -> list[dict[str, Any]]:
    return [
        {
            "Name": f"{group.name}.{index:016x}",
            "Type": event["type"],
            "Reason": event["reason"],
            "Message": event["message"],
            "Count": event["count"],
            "FirstTimestamp": format_time(event["first"]),
            "LastTimestamp": format_time(event["last"]),
        }
        for index, event in enumerate(group.events, 1)
    ]


def address(world: World, group: ContainerGroup) -> str:
    """Its private address, from when it was scheduled."""
    number = world.mint.number("eci-address", group.group_id)
    return f"172.16.{number % 250 + 1}.{number // 250 % 250 + 1}" if group.started_at is not None else ""


def _network(world: World, group: ContainerGroup) -> dict[str, Any]:
    declared, mint = group.declared, world.mint
    switch = str(declared.get("VSwitchId") or "").partition(",")[0] or mint.physical_id("vsw-", "eci", group.region)
    has_internet = str(declared.get("AutoCreateEip", "")).lower() == "true" or bool(declared.get("EipInstanceId"))
    number = mint.number("eci-eip", group.group_id)
    is_there = group.started_at is not None
    return {
        "VSwitchId": switch,
        "SecurityGroupId": declared.get("SecurityGroupId") or mint.physical_id("sg-", "eci", group.region),
        "ZoneId": declared.get("ZoneId") or zones(group.region)[0],
        "VpcId": mint.physical_id("vpc-", "eci", group.region),
        "IntranetIp": address(world, group),
        "InternetIp": f"47.{number % 200 + 1}.{number // 200 % 250}.{number // 50000 % 250 + 1}"
        if has_internet and is_there
        else "",
        "EniInstanceId": mint.physical_id("eni-", "eci", group.group_id) if is_there else "",
    }


def _dns(group: ContainerGroup) -> dict[str, Any]:
    declared = group.declared.get("DnsConfig")
    if not isinstance(declared, Mapping):
        return {}
    shown = {
        "NameServers": list(declared.get("NameServer") or ()),
        "Searches": list(declared.get("Search") or ()),
        "Options": [{"Name": o.get("Name", ""), "Value": o.get("Value", "")} for o in declared.get("Option") or ()],
    }
    return {"DnsConfig": shown}


def group_view(world: World, group: ContainerGroup, *, with_events: bool) -> dict[str, Any]:
    declared = group.declared
    body = {
        "ContainerGroupId": group.group_id,
        "ContainerGroupName": group.name,
        "RegionId": group.region,
        "Status": group.status,
        "Cpu": group.cpu,
        "Memory": group.memory_gib,
        "RestartPolicy": group.restart_policy,
        "CreationTime": format_time(group.created_at),
        "SucceededTime": _time(group.ended_at) if group.status == "Succeeded" else "",
        "FailedTime": _time(group.ended_at) if group.status == "Failed" else "",
        "ResourceGroupId": group.resource_group_id,
        "InstanceType": declared.get("InstanceType", ""),
        "RamRoleName": declared.get("RamRoleName", ""),
        "SpotStrategy": declared.get("SpotStrategy", "NoSpot"),
        "ComputeCategory": declared.get("ComputeCategory", ""),
        "EphemeralStorage": int(_typed("Gpu", declared.get("EphemeralStorage") or 0)),
        "Tags": [{"Key": key, "Value": group.tags[key]} for key in sorted(group.tags)],
        "Volumes": [_volume(entry) for entry in declared.get("Volume") or ()],
        "HostAliases": [
            {"Ip": entry.get("Ip", ""), "Hostnames": list(entry.get("Hostname") or ())}
            for entry in declared.get("HostAliase") or ()
        ],
        "Containers": [_container(entry) for entry in group.containers if not entry.is_init],
        "InitContainers": [_container(entry) for entry in group.containers if entry.is_init],
        **_network(world, group),
        **_dns(group),
    }
    # fact: eci-022: events only where they are asked for
    return {**body, "Events": event_rows(group) if with_events else []}
