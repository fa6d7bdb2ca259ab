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

from computenest_cloud.cloud import Cloud
from computenest_cloud.errors import ServiceError
from computenest_cloud.services.ecs import images
from computenest_cloud.services.ecs.records import IMAGES, Image
from computenest_cloud.services.oss.objects import Objects
from computenest_cloud.services.oss.records import StoredObject
from computenest_cloud.services.registry.service import Registry
from computenest_cloud.wire.params import Params
from computenest_cloud.world import Call
from emulator.fuzzing import Fuzzer, flatten
from emulator.hostile import TEMPLATE

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
        folder.mkdir(parents=True, exist_ok=True)
        state = {"seed": 7, "time_scale": 1.0, "is_virtual": True, "faults": None}
        self.cloud = Cloud(state=folder / "state", switches={"review.approves_at_once": 1, **switches}, **state)
        self.world = self.cloud.world
        self.victims: dict[str, tuple[str, ...]] = {}
        self.own: dict[str, tuple[str, ...]] = {}
        self._fill()
        self.later(10 * LATER_S)
        self.cloud.commit()
        self.world.guard.save = lambda: None  # from now on every trial is undone

    def close(self) -> None:
        self.cloud.close()

    # --- calls

    def call(self, account: str, service: str, action: str, flat: Mapping[str, str]) -> Any:
        params = Params(dict(flat))
        answer = self.cloud.answer(Call(self.world, service, action, self.world.account(account), params))
        return json.loads(json.dumps(answer.body))

    def ask(self, account: str, service: str, action: str, **given: Any) -> Any:
        flat: dict[str, str] = {}
        for name, value in given.items():
            flatten(name, value, flat)
        answer = self.call(account, service, action, flat)
        self.later(600)
        self.cloud.commit()
        return answer

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

    # --- what there is

    def _upload(self, account: str, name: str, text: str) -> str:
        bucket = f"computenest-upload-private-{REGION}"
        key = f"{self.world.account(account).uid}/{REGION}/service/{name}"
        storage = self.cloud.site.part(Objects)
        incoming = storage.bodies.receive()
        incoming.write(text.encode())
        segments = incoming.finish()
        storage.bodies.keep(segments)
        fields = {"size_bytes": len(text), "etag": incoming.etag, "segments": segments, "uploaded_at": self.world.now}
        fields |= {"content_type": "text/plain"}
        uid = self.world.account(account).uid
        storage.put(StoredObject(bucket=bucket, name=key, owner_uid=uid, **fields))
        return f"https://{bucket}.oss-{REGION}.aliyuncs.com/{key}"

    def _image(self, account: str, image_id: str) -> str:
        uid = self.world.account(account).uid
        fields = {"name": f"{CANARY}-{account}", "size_gib": 40, "created_at": self.world.now, "seq": 0}
        return images.add(self.world, Image(image_id=image_id, region=REGION, owner_uid=uid, **fields)).image_id

    def _fill(self) -> None:
        world = self.world
        victims = self._supplier("supplier", "m-bp1victim00000000001")
        own = self._supplier(ATTACKER, "m-bp1own0000000000001")
        shared = {"RegionId": REGION, "ServiceId": victims["ServiceId"][0]}
        accounts = [{"UserAliUid": world.account("customer").uid, "Permission": "Deployable"}]
        self.ask("supplier", "computenest", "AddServiceSharedAccounts", **shared, SharedAccounts=accounts)
        for account, found in (("customer", victims), (ATTACKER, own)):
            made = self.ask(
                account,
                "ros",
                "CreateStack",
                RegionId=REGION,
                StackName=f"{CANARY}-{account}-stack",
                TemplateBody=json.dumps(TEMPLATE),
            )
            found["StackId"] = found["StackName"] = (made["StackId"],)
            deployed = self.ask(
                account,
                "computenest-user",
                "CreateServiceInstance",
                RegionId=REGION,
                ServiceId=found["ServiceId"][0],
                Name=f"{CANARY}-{account}",
                Parameters=json.dumps({"RegionId": REGION}),
            )
            found["ServiceInstanceId"] = (deployed["ServiceInstanceId"],)
            group = {"ContainerGroupName": f"{CANARY}-{account}", "Container": [{"Name": "a", "Image": "nginx"}]}
            made = self.ask(account, "eci", "CreateContainerGroup", RegionId=REGION, **group)
            found["ContainerGroupId"] = (made["ContainerGroupId"],)
            found["ResourceId"] = tuple(ids[0] for name, ids in found.items() if name.endswith("Id"))
        self.ask(ATTACKER, "computenest", "ListAcrImageRepositories")  # the first one opens Compute Nest's own registry
        copies = [image.image_id for image in world.store[IMAGES] if image.role == "copy"]
        victims["ImageId"] += tuple(copies[:2])
        self.victims, self.own = victims, own

    def _supplier(self, account: str, image_id: str) -> dict[str, tuple[str, ...]]:
        """An image, an artifact with a delivered version, a private service that is online, uploads, a registration."""
        url = self._upload(account, f"{CANARY}-{account}.json", json.dumps(TEMPLATE))
        self._image(account, image_id)
        artifact = self.ask(
            account,
            "computenest",
            "CreateArtifact",
            ArtifactType="EcsImage",
            Name=f"{CANARY}-{account}-web",
            VersionName=CANARY,
            SupportRegionIds=[REGION, "cn-beijing"],
            ArtifactProperty=json.dumps({"RegionId": REGION, "ImageId": image_id}),
        )["ArtifactId"]
        self.ask(account, "computenest", "ReleaseArtifact", ArtifactId=artifact)
        self.later(LATER_S)
        relation = {"image_web": {"ArtifactId": artifact, "ArtifactVersion": "1"}}
        template = {"Name": "t1", "Url": url}
        supplier = {"ArtifactRelation": relation, "SupplierTemplateConfigs": [template]}
        metadata = json.dumps({"SupplierDeployMetadata": supplier, "TemplateConfigs": [template]})
        ids = {"RegionId": REGION, "DeployType": "ros", "DeployMetadata": metadata}
        share = {"ShareType": "Public" if account == ATTACKER else "Restricted"}
        info = [{"Locale": "zh-CN", "Name": f"{CANARY}-{account}-service", "ShortDescription": CANARY}]
        service = self.ask(account, "computenest", "CreateService", **ids, **share, ServiceInfo=info)["ServiceId"]
        asked = {"RegionId": REGION, "ServiceId": service}
        registration = self.ask(account, "computenest", "RegisterService", **asked)["RegistrationId"]
        self.ask(account, "computenest", "LaunchService", **asked, ServiceVersion="draft")
        registries = self.cloud.services["registry"]
        assert isinstance(registries, Registry)
        registry = registries.new_registry({"account": account, "region": REGION, "name": f"{CANARY}-{account}"})
        return {
            "ArtifactId": (artifact,),
            "ServiceId": (service,),
            "ImageId": (image_id,),
            "RegistrationId": (registration,),
            "InstanceId": (registry["instance_id"],),
            "Url": (url,),
            "TemplateURL": (url,),
            "StackPolicyURL": (url,),
        }


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
