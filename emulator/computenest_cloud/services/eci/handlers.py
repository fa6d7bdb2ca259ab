"""ECI's actions by name: parse, act, answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from computenest_cloud.catalogue import regions, zones
from computenest_cloud.clock import format_time, parse_time
from computenest_cloud.errors import invalid_parameter, missing_parameter
from computenest_cloud.services.eci import parsing, shapes, views
from computenest_cloud.services.eci.errors import error
from computenest_cloud.services.eci.groups import Groups
from computenest_cloud.services.eci.monitoring import Monitoring
from computenest_cloud.services.eci.records import Container, ContainerGroup
from computenest_cloud.tokens import replay_or_run
from computenest_cloud.wire.params import Params
from computenest_cloud.world import Answer, Call, Handler

PAGE = 20
LOG_LINES, LOG_LINES_MOST, LOG_BYTES = 500, 2000, 1 << 20


class EciHandlers:
    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    def actions(self) -> Mapping[str, Handler]:
        return {
            "CreateContainerGroup": self.create,
            "UpdateContainerGroup": self.update,
            "RestartContainerGroup": self.restart,
            "DeleteContainerGroup": self.delete,
            "DescribeContainerGroups": self.describe,
            "DescribeContainerLog": self.log,
            "DescribeContainerGroupPrice": price,
            "DescribeRegions": describe_regions,
            "ListUsage": self.usage,
            "TagResources": self.tag,
            "UntagResources": self.untag,
            "ListTagResources": self.list_tags,
            **Monitoring(self._groups).actions(),
        }

    def create(self, call: Call) -> Answer:
        """fact: eci-001, eci-013"""
        region, name = parsing.region_of(call.params), parsing.name_of(call.params)
        request = parsing.group_request(call.params, is_new=True)

        def run() -> Answer:
            cpu, _ = self._groups.size(region, request)
            self._groups.check_quota(call.account, region, cpu)
            if call.params.flag("DryRun"):
                raise error(str(call.world.rules.position("eci.dry_run_code")))
            group = self._groups.create(call.account, region, name, request)
            return Answer({"ContainerGroupId": group.group_id}, group.group_id)

        return replay_or_run(call, run)

    def _on_group(self, call: Call, act: Callable[[ContainerGroup], None]) -> Answer:
        region, group_id = parsing.region_of(call.params), call.params.required("ContainerGroupId")

        def run() -> Answer:
            act(self._groups.find(call.account, region, group_id))
            return Answer({}, group_id)

        return replay_or_run(call, run)

    def update(self, call: Call) -> Answer:
        kind = call.params.text("UpdateType") or "RenewUpdate"
        if kind not in {"RenewUpdate", "IncrementalUpdate"}:
            raise invalid_parameter("UpdateType", f"{kind[:40]!r} is not RenewUpdate or IncrementalUpdate.")
        request = parsing.group_request(call.params, is_new=False)
        is_renewal = kind == "RenewUpdate"
        return self._on_group(
            call, lambda group: self._groups.update(call.account, group, request, is_renewal=is_renewal)
        )

    def restart(self, call: Call) -> Answer:
        return self._on_group(call, self._groups.restart)

    def delete(self, call: Call) -> Answer:
        return self._on_group(call, self._groups.delete)

    # --- looking

    def describe(self, call: Call) -> Answer:
        """fact: eci-020"""
        params = call.params
        found = self._wanted(call)
        shown, more = page(params, found, most=PAGE, default=PAGE)
        with_events = params.flag("WithEvent")
        return Answer(
            {
                **more,
                "TotalCount": len(found),
                "ContainerGroups": [views.group_view(call.world, group, with_events=with_events) for group in shown],
            }
        )

    def _wanted(self, call: Call) -> list[ContainerGroup]:
        params, ids = call.params, parsing.ids_of(call.params)
        region, name, status = parsing.region_of(params), params.text("ContainerGroupName"), params.text("Status")
        tags = params.tags()
        newest_s = call.world.now - call.take_lag_s()
        return [
            group
            for group in self._groups.of(call.account, region)
            if (not ids or group.group_id in ids)
            and name in {"", group.name}
            and status in {"", group.status}
            and all(group.tags.get(key) == value if value else key in group.tags for key, value in tags.items())
            and params.text("ResourceGroupId") in {"", group.resource_group_id}
            and params.text("VSwitchId") in {"", *str(group.declared.get("VSwitchId", "")).split(",")}
            and params.text("SecurityGroupId") in {"", str(group.declared.get("SecurityGroupId", ""))}
            and group.created_at <= newest_s
        ]

    def _container(self, call: Call) -> tuple[ContainerGroup, Container]:
        region, params = parsing.region_of(call.params), call.params
        group = self._groups.find(call.account, region, params.required("ContainerGroupId"))
        name = params.required("ContainerName")
        for container in group.containers:
            if container.name == name:
                return group, container
        raise error("InvalidParameter.ContainerName", f"({name[:80]!r})")

    def log(self, call: Call) -> Answer:
        """fact: eci-038"""
        params = call.params
        group, container = self._container(call)
        del group
        wanted = params.number("Tail", default=LOG_LINES, low=1, high=LOG_LINES_MOST)
        limit = params.number("LimitBytes", default=LOG_BYTES, low=1, high=LOG_BYTES)
        lines: Sequence[tuple[float, str]] = (
            container.earlier_log if params.flag("LastTime") else self._groups.containers.log(container)
        )
        since_s = _since(call)
        stamped = params.flag("Timestamps")
        kept = [f"{format_time(at)} {text}" if stamped else text for at, text in lines if at >= since_s][-wanted:]
        content = "\n".join(kept)
        if len(content.encode()) > limit:
            content = content.encode()[-limit:].decode(errors="ignore")
        return Answer({"ContainerName": container.name, "Content": content})

    def usage(self, call: Call) -> Answer:
        """fact: eci-051"""
        region = parsing.region_of(call.params)
        attributes = {
            "UsedCpu": self._groups.used_cpu(call.account, region),
            "MaxCpu": call.world.rules.number("eci.cpu_quota"),
            "UsedImageCacheCount": 0,
            "MaxImageCacheCount": 0,
        }
        return Answer({"Attributes": attributes})

    # --- tags

    def _tagged(self, call: Call, *, ignores_missing: bool = False) -> list[ContainerGroup]:
        region, kind = parsing.region_of(call.params), call.params.required("ResourceType")
        if kind.lower() != "containergroup":
            raise error("InvalidResourceType.NotFound", f"({kind[:40]!r}; containergroup is expected)")
        ids = call.params.items("ResourceId")
        if ignores_missing:
            return [group for group in self._groups.of(call.account, region) if not ids or group.group_id in ids]
        if not ids:
            raise missing_parameter("ResourceId")
        return [self._groups.find(call.account, region, group_id) for group_id in ids]

    def tag(self, call: Call) -> Answer:
        """fact: eci-050"""
        tags = call.params.tags()
        if not tags:
            raise missing_parameter("Tag")
        found = self._tagged(call)
        for group in found:
            if len({**group.tags, **tags}) > parsing.TAGS:
                raise invalid_parameter("Tag", f"a container group has at most {parsing.TAGS}.")
        for group in found:
            group.tags = {**group.tags, **tags}
        return Answer({})

    def untag(self, call: Call) -> Answer:
        keys = call.params.items("TagKey")
        is_all = call.params.flag("All") and not keys
        for group in self._tagged(call):
            group.tags = {key: value for key, value in group.tags.items() if not is_all and key not in keys}
        return Answer({})

    def list_tags(self, call: Call) -> Answer:
        wanted = call.params.tags()
        listed = [
            {"ResourceId": group.group_id, "ResourceType": "containergroup", "TagKey": key, "TagValue": value}
            for group in self._tagged(call, ignores_missing=True)
            for key, value in sorted(group.tags.items())
            if not wanted or wanted.get(key) in {"", value}
        ]
        return Answer({"TagResources": listed})


def page(
    params: Params, found: Sequence[ContainerGroup], *, most: int, default: int
) -> tuple[list[ContainerGroup], dict[str, Any]]:
    """`NextToken` names the last one shown; there is none on the last page."""
    limit = params.number("Limit", default=default, low=1, high=most)
    after = params.text("NextToken")
    start = next((index + 1 for index, group in enumerate(found) if group.group_id == after), 0)
    if after and not start:
        raise invalid_parameter("NextToken", "it names no page.")
    shown = list(found[start : start + limit])
    return shown, {"NextToken": shown[-1].group_id} if len(found) > start + limit else {}


def _since(call: Call) -> float:
    text = call.params.text("StartTime")
    if text:
        found = parse_time(text)
        if found is None:
            raise invalid_parameter("StartTime", f"{text[:40]!r} is no time as 2026-01-01T00:00:00Z.")
        return found
    seconds = call.params.number("SinceSeconds", default=0, low=0, high=10**9)
    return call.world.now - seconds if seconds else 0.0


def price(call: Call) -> Answer:
    """fact: eci-060"""
    region, params = parsing.region_of(call.params), call.params
    cpu, memory = parsing.size(params, "Cpu"), parsing.size(params, "Memory")
    found = shapes.shape_for(region, cpu or shapes.DEFAULT[0], memory or shapes.DEFAULT[1])
    if found is None:
        raise error("InvalidParameter.Size", f"({cpu:g} vCPUs with {memory:g} GiB)")
    amount = shapes.price_an_hour(*found, is_economy=params.text("ComputeCategory") == "economy")
    said = {"OriginalPrice": amount, "TradePrice": amount, "DiscountPrice": 0.0}
    detail = {"Resource": "InstanceType", **said, "Rules": {"Rule": []}}
    priced = {"Currency": "CNY", **said, "DetailInfos": {"DetailInfo": [detail]}}
    return Answer({"PriceInfo": {"Price": priced, "Rules": {"Rule": []}, "SpotPrices": {"SpotPrice": []}}})


def describe_regions(call: Call) -> Answer:
    listed = [
        {"RegionId": name, "RegionEndpoint": call.host, "Zones": zones(name), "RecommendZones": zones(name)[:1]}
        for name in sorted(regions())
        if call.params.text("RegionId") in {"", name}
    ]
    return Answer({"Regions": listed})
