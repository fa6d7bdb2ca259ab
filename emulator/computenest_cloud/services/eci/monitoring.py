"""Statuses and events in the form of Kubernetes, and measurements. fact: eci-023, eci-037, eci-061"""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.clock import format_time
from computenest_cloud.errors import invalid_parameter
from computenest_cloud.services.eci import parsing, views
from computenest_cloud.services.eci.groups import Groups
from computenest_cloud.services.eci.records import Container, ContainerGroup
from computenest_cloud.world import Answer, Call, Handler, World

LIMIT = 200
PHASES = {"Succeeded": "Succeeded", "Failed": "Failed", "ScheduleFailed": "Failed", "Running": "Running"}
PERIOD_S = 60
SHARE = 0.1  # of what it may use, a container that runs uses this


class Monitoring:
    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    def actions(self) -> Mapping[str, Handler]:
        return {
            "DescribeContainerGroupStatus": self.statuses,
            "DescribeContainerGroupEvents": self.events,
            "DescribeContainerGroupMetric": self.metric,
            "DescribeMultiContainerGroupMetric": self.metrics,
        }

    def _found(self, call: Call) -> list[ContainerGroup]:
        params, ids = call.params, parsing.ids_of(call.params)
        since = params.number("SinceSecond", default=0, low=0, high=10**9)
        tags = params.tags()
        return [
            group
            for group in self._groups.of(call.account, parsing.region_of(params))
            if (not ids or group.group_id in ids)
            and (not since or group.changed_at >= call.world.now - since)
            and all(group.tags.get(key) == value if value else key in group.tags for key, value in tags.items())
            and params.text("ResourceGroupId") in {"", group.resource_group_id}
        ]

    def _page(self, call: Call) -> tuple[list[ContainerGroup], dict[str, Any]]:
        found = self._found(call)
        limit = call.params.number("Limit", default=LIMIT, low=1, high=LIMIT)
        after = call.params.text("NextToken")
        start = next((index + 1 for index, group in enumerate(found) if group.group_id == after), 0)
        if after and not start:
            raise invalid_parameter("NextToken", "it names no page.")
        shown = found[start : start + limit]
        more = {"NextToken": shown[-1].group_id} if len(found) > start + limit else {}
        return shown, {**more, "TotalCount": len(found)}

    def statuses(self, call: Call) -> Answer:
        shown, body = self._page(call)
        data = [
            {
                "ContainerGroupId": group.group_id,
                "Name": group.name,
                "Namespace": views.NAMESPACE,
                "uuid": group.group_id,
                "Status": group.status,
                "PodStatus": _pod(call.world, group),
            }
            for group in shown
        ]
        return Answer({**body, "Data": data})

    def events(self, call: Call) -> Answer:
        shown, body = self._page(call)
        data = [
            {
                "ContainerGroupId": group.group_id,
                "Name": group.name,
                "Namespace": views.NAMESPACE,
                "uuid": group.group_id,
                "Events": [_event(group, index) for index in range(len(group.events))],
            }
            for group in shown
        ]
        return Answer({**body, "Data": data})

    def metric(self, call: Call) -> Answer:
        region = parsing.region_of(call.params)
        group = self._groups.find(call.account, region, call.params.required("ContainerGroupId"))
        return Answer({"ContainerGroupId": group.group_id, "Records": _records(call.world, group)})

    def metrics(self, call: Call) -> Answer:
        call.params.required("ContainerGroupIds")
        found = self._found(call)
        return Answer(
            {
                "MonitorDatas": [
                    {"ContainerGroupId": group.group_id, "Records": _records(call.world, group)} for group in found
                ]
            }
        )


def _pod(world: World, group: ContainerGroup) -> dict[str, Any]:
    address = views.address(world, group)
    ready = all(entry.phase == "running" for entry in group.containers if not entry.is_init)
    done = all(entry.phase == "ended" for entry in group.containers if entry.is_init)
    conditions = {
        "PodScheduled": group.started_at is not None,
        "Initialized": done,
        "ContainersReady": ready,
        "Ready": ready,
    }
    return {
        "Phase": PHASES.get(group.status, "Pending"),
        "PodIp": address,
        "PodIps": [{"Ip": address}] if address else [],
        "HostIp": address,
        "QosClass": "Guaranteed",
        "StartTime": "" if group.started_at is None else format_time(group.started_at),
        "Conditions": [
            {
                "type": name,
                "status": str(is_true),
                "lastTransitionTime": format_time(group.changed_at),
                "Reason": "",
                "Message": "",
            }
            for name, is_true in conditions.items()
        ],
        "ContainerStatuses": [_status(entry) for entry in group.containers if not entry.is_init],
    }


def _status(container: Container) -> dict[str, Any]:
    return {
        "Name": container.name,
        "Image": container.declared.get("Image", ""),
        "ImageID": container.digest,
        "Ready": container.phase == "running",
        "Started": container.phase == "running",
        "RestartCount": container.restarts,
        "State": _kubernetes(views.state_of(container)),
        "LastState": _kubernetes(views.earlier_state_of(container)),
    }


def _kubernetes(state: Mapping[str, Any]) -> dict[str, Any]:
    match state.get("State"):
        case "Running":
            return {"Running": {"StartedAtstartedAt": state["StartTime"]}}  # named so in the SDK's model
        case "Terminated":
            return {
                "Terminated": {
                    "ExitCode": state["ExitCode"],
                    "Signal": state["Signal"],
                    "Reason": state["Reason"],
                    "Message": state["Message"],
                    "StartedAt": state["StartTime"],
                    "FinishedAt": state["FinishTime"],
                }
            }
        case "Waiting":
            return {"Waiting": {"Reason": state["Reason"], "Message": state["Message"]}}
        case _:
            return {}


def _event(group: ContainerGroup, index: int) -> dict[str, Any]:
    event, row = group.events[index], views.event_rows(group)[index]
    where = {
        "ApiVersion": "v1",
        "Kind": "Pod",
        "Name": group.name,
        "Namespace": views.NAMESPACE,
        "Uid": group.group_id,
    }
    return {
        "Type": row["Type"],
        "Reason": row["Reason"],
        "Message": row["Message"],
        "Count": row["Count"],
        "FirstTimestamp": row["FirstTimestamp"],
        "LastTimestamp": row["LastTimestamp"],
        "Metadata": {"Name": row["Name"], "Namespace": views.NAMESPACE},
        "Source": {"Component": "kubelet", "Host": "eci"},
        "ReportingComponent": "kubelet" if event["container"] else "EciService",
        "ReportingInstance": "eci",
        "involvedObject": where,
    }


def _records(world: World, group: ContainerGroup) -> list[dict[str, Any]]:
    """One, of now, while something runs; none otherwise."""
    running = [entry for entry in group.containers if entry.phase == "running"]
    if not running:
        return []
    ran_s = world.now - min(entry.started_at or world.now for entry in running)
    whole = _usage(group.cpu, group.memory_gib, ran_s)
    share = 1 / len(running)
    each = _usage(group.cpu * share, group.memory_gib * share, ran_s)
    record = {
        "Timestamp": format_time(world.now - world.now % PERIOD_S),
        **whole,
        "Containers": [{"Name": entry.name, **each} for entry in running],
        "Network": {"Interfaces": []},
        "Disk": [],
        "Filesystem": [],
    }
    return [record]


def _usage(cpu: float, memory_gib: float, ran_s: float) -> dict[str, Any]:
    cores, memory = int(cpu * SHARE * 10**9), int(memory_gib * SHARE * 2**30)
    return {
        "CPU": {
            "Limit": int(cpu * 1000),
            "Load": 0,
            "UsageNanoCores": cores,
            "UsageCoreNanoSeconds": int(cores * ran_s),
        },
        "Memory": {
            "AvailableBytes": int(memory_gib * 2**30) - memory,
            "Cache": 0,
            "Rss": memory,
            "UsageBytes": memory,
            "WorkingSet": memory,
        },
    }
