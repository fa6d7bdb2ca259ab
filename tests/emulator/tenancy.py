"""A cloud inside the test's own process with three tenants, and what one of them gets by the ids of the others.

The oracle: *another tenant's id does exactly what an id of nobody does*. Each call is made twice, once with ids of the
victims and once with ids that nobody has; the answers, and every row that the call and the time after it change, must
be the same but for the ids. Nothing is kept: each trial is undone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from computenest_cloud.errors import ServiceError
from computenest_cloud.services.ecs.records import IMAGES
from computenest_cloud.wire.params import Params
from computenest_cloud.world import Call
from emulator import offers
from emulator.container_groups import Eci
from emulator.fuzzing import Fuzzer
from emulator.harness import call
from emulator.hostile import TEMPLATE
from emulator.in_process import InProcess

REGION = "cn-hangzhou"
LATER_S = 2 * 3600.0
WALL_S = 1.8e9
CANARY = "canary"  # in every text of the victims'
ATTACKER = "stranger"
# A service says of itself that it is there and not shared. fact: inst-002
NOT_SHARED = [400, "OperationDenied.ServiceNotShared"]
_TAIL = str.maketrans("0123456789abcdefghijklmnopqrstuvwxyz", "1234567890bcdefghijklmnopqrstuvwxyza")


def nobodys(text: str) -> str:
    """An id or a name of the same form, which nobody has."""
    return text[:-4] + text[-4:].translate(_TAIL)


@dataclass(frozen=True)
class Outcome:
    answer: Any
    rows: Mapping[str, Any]
    failures: int


class Tenants:
    """`victims` and `own`: ids by the names of the parameters that take them."""

    def __init__(self, folder: Path, switches: Mapping[str, Any], patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        patch.setattr("computenest_cloud.clock.wall_now", lambda: WALL_S)
        told = {"review.approves_at_once": 1, **switches}.items()
        options = [word for key, position in told for word in ("--switch", f"{key}={position}")]
        cloud = self._cloud = InProcess(folder, "--virtual", "--seed", "7", *options)
        self.cloud, self.world = cloud.inside, cloud.inside.world
        self.victims, self.own = self._supplier("supplier"), self._supplier(ATTACKER)
        offers.share(cloud, self.victims["ServiceId"][0], cloud.uid("customer"))
        for account, found in (("customer", self.victims), (ATTACKER, self.own)):
            found.update(self._customer(account, found["ServiceId"][0]))
            found["ResourceId"] = tuple(ids[0] for name, ids in found.items() if name.endswith("Id"))
        # The first one opens Compute Nest's own registry.
        call(cloud.nest(ATTACKER), "ListAcrImageRepositories", ArtifactType="AcrImage")
        copies = [image.image_id for image in self.world.store[IMAGES] if image.role == "copy"]
        self.victims["ImageId"] += tuple(copies[:2])
        self.later(10 * LATER_S)
        self.cloud.commit()
        self.world.guard.save = lambda: None  # from now on every trial is undone

    def _supplier(self, account: str) -> dict[str, tuple[str, ...]]:
        """An image, an artifact with a delivered version, a private service that is online, uploads, a registration."""
        cloud, name = self._cloud.of(account), f"{CANARY}-{account}"
        made = {"account": account, "region": REGION, "name": name}
        image_id = cloud.control("POST", "images", made)["image_id"]
        url = offers.upload(cloud, json.dumps(TEMPLATE), name=f"{name}.json")
        artifact = cloud.released(f"{name}-web", source=image_id, regions=(REGION, "cn-beijing"))
        relation = offers.metadata(offers.relation(artifact), url)
        share_type = "Public" if account == ATTACKER else "Restricted"
        service = offers.save(cloud, relation, name=f"{name}-service", share_type=share_type)
        registration = offers.submit(cloud, service)
        offers.launch(cloud, service)
        registry = cloud.control("POST", "registries", made)
        ids = {"ArtifactId": artifact, "ServiceId": service, "ImageId": image_id, "RegistrationId": registration}
        ids |= {"InstanceId": registry["instance_id"], "Url": url, "TemplateURL": url, "StackPolicyURL": url}
        return {name: (value,) for name, value in ids.items()}

    def _customer(self, account: str, service_id: str) -> dict[str, tuple[str, ...]]:
        """A stack, an instance of the service, a container group."""
        cloud, name = self._cloud, f"{CANARY}-{account}"
        stack = {"RegionId": REGION, "StackName": f"{name}-stack", "TemplateBody": json.dumps(TEMPLATE)}
        stack_id = call(cloud.ros(account), "CreateStack", **stack).stack_id
        instance = {"RegionId": REGION, "ServiceId": service_id, "Name": name, "Parameters": {"RegionId": REGION}}
        instance_id = call(cloud.user(account), "CreateServiceInstance", **instance).service_instance_id
        ids = {"StackId": stack_id, "StackName": stack_id, "ServiceInstanceId": instance_id}
        ids["ContainerGroupId"] = Eci(cloud, account).create(name=name)
        self.later(LATER_S)
        return {key: (value,) for key, value in ids.items()}

    def close(self) -> None:
        self._cloud.stop()

    # --- calls

    def call(self, account: str, service: str, action: str, flat: Mapping[str, str]) -> Any:
        params = Params(dict(flat))
        answer = self.cloud.answer(Call(self.world, service, action, self.world.account(account), params))
        return json.loads(json.dumps(answer.body))

    def later(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.world.catch_up()

    def outcome(self, act: Callable[[], Any]) -> Outcome:
        """What an act answers, and what it and the time after it change; then all of it is undone."""
        world, clock = self.world, self.world.clock
        self._patch.setattr("computenest_cloud.ids.secrets", Random(1))  # keys of the two calls are the same
        before = (clock._base_s, clock.advanced_s, world.now, list(world.timeline._heap), world.guard.failures)
        try:
            answer = act()
        except ServiceError as refused:
            answer = [refused.status, refused.code, refused.message]
            self.cloud.roll_back()
        self.later(LATER_S)
        # A ClientToken's fingerprint is of the request, ids and all.
        rows = {
            f"{table.name}/{key}": None
            if (row := table.get(key)) is None
            else row.model_dump(mode="json", exclude={"fingerprint"})
            for table in self.cloud.store._tables
            for key in table._dirty
        }
        failures = world.guard.failures - before[4]
        self.cloud.roll_back()
        clock._base_s, clock.advanced_s, world.now, world.timeline._heap, world.guard.failures = before
        return Outcome(answer, rows, failures)


# What is everybody's, or has no owner.
OPEN = {
    "RegionId": (REGION,),
    "DestinationRegionId": ("cn-beijing",),
    "SupportRegionIds": (REGION,),
    "ArtifactVersion": ("1", "draft"),
    "ServiceVersion": ("1", "draft"),
    "TemplateName": ("t1",),
    "DeployType": ("ros",),
    "ShareType": ("Public", "Restricted"),
    "ArtifactType": ("EcsImage", "File"),
    "NextToken": ("",),
    "LaunchType": ("",),
}


def trials(tenants: Tenants, random: Random, rounds: int) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Each action some times, with ids of the victims and some of the attacker's own among its parameters."""
    known = {name: ids * 3 + tenants.own.get(name, ()) for name, ids in tenants.victims.items()}
    kinds = {"eci": "containergroup", "ros": "stack", "ecs": "image", "computenest-user": "serviceinstance"}
    for service in tenants.cloud.actions:
        types = {"ResourceType": (kinds.get(service, "artifact"), kinds.get(service, "service"))}
        fuzzer = Fuzzer(random, tenants.cloud.actions, {**OPEN, **types, **known}, is_spoiling=False)
        for action in tenants.cloud.actions[service][1]:
            for _ in range(rounds):
                yield service, action, fuzzer.parameters(service, action)


Act = Callable[[Mapping[str, str]], Any]
"""What somebody does with ids: parameter -> value. Given the victims', or nobody's."""


def difference(tenants: Tenants, flat: Mapping[str, str], act: Act) -> str:
    """What an act with the victims' ids does, or tells, that one with nobody's does not; "" for nothing."""
    ids = sorted({text for ids in tenants.victims.values() for text in ids}, key=len, reverse=True)
    with_nobodys = {name: _replaced(value, ids) for name, value in flat.items()}
    found, expected = tenants.outcome(lambda: act(flat)), tenants.outcome(lambda: act(with_nobodys))
    said = json.loads(_replaced(json.dumps([found.answer, found.rows], sort_keys=True), ids))
    meant = json.loads(_replaced(json.dumps([expected.answer, expected.rows], sort_keys=True), ids))
    # Time goes on in both, and with it what a row says: the same rows have to change, not none.
    is_not_shared = isinstance(said[0], list) and said[0][:2] == NOT_SHARED and said[1] == meant[1]
    if found.failures or (said != meant and not is_not_shared):
        rows = sorted(key for key in {*said[1], *meant[1]} if said[1].get(key) != meant[1].get(key))
        return f"{said[0]!s:.300} instead of {meant[0]!s:.300}; rows that differ: {rows}; failures: {found.failures}"
    return ""


def _replaced(text: str, ids: list[str]) -> str:
    for known in ids:
        text = text.replace(known, nobodys(known))
    return text


# --- what takes more than one call


def _publish(tenants: Tenants, flat: Mapping[str, str]) -> list[Any]:
    """A public service of the attacker's whose relation or template is another's, online, and an instance of it."""
    template = {"Name": "t1", "Url": flat.get("Url", tenants.own["Url"][0])}
    target = {"ArtifactId": flat.get("ArtifactId", tenants.own["ArtifactId"][0]), "ArtifactVersion": "1"}
    supplier = {"ArtifactRelation": {"image_web": target}, "SupplierTemplateConfigs": [template]}
    metadata = json.dumps({"SupplierDeployMetadata": supplier, "TemplateConfigs": [template]})
    asked = {"RegionId": REGION}
    made = {"DeployType": "ros", "ServiceInfo.1.Locale": "zh-CN", "ServiceInfo.1.Name": "new", "ShareType": "Public"}
    answers: list[Any] = []
    for service, action, more in (
        ("computenest", "CreateService", {"DeployMetadata": metadata, **made}),
        ("computenest", "RegisterService", {}),
        ("computenest", "LaunchService", {"ServiceVersion": "draft"}),
        ("computenest-user", "CreateServiceInstance", {"Name": "n", "Parameters": json.dumps({"RegionId": REGION})}),
    ):
        answers.append(tenants.call(ATTACKER, service, action, {**asked, **more}))
        asked["ServiceId"] = answers[0]["ServiceId"]
        tenants.later(600)
    return answers


def _nested(tenants: Tenants, flat: Mapping[str, str]) -> Any:
    nested = {"Type": "ALIYUN::ROS::Stack", "Properties": {"TemplateURL": flat["Url"]}}
    body = json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": {"N": nested}})
    return tenants.call(ATTACKER, "ros", "CreateStack", {"RegionId": REGION, "StackName": "n", "TemplateBody": body})


STORIES: Mapping[str, tuple[str, Callable[[Tenants, Mapping[str, str]], Any]]] = {
    "a public service on another's artifact": ("ArtifactId", _publish),
    "a public service of another's template": ("Url", _publish),
    "a stack of another's template in a stack": ("Url", _nested),
}
