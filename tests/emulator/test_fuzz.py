"""Whatever a request does, the next one is served: hostile requests to every action, each followed by a healthy one."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from alibabacloud_computenest20210601 import models as user
from alibabacloud_eci20180808 import models as eci
from alibabacloud_eci20180808.client import Client as EciClient
from alibabacloud_ros20190910 import models as ros

from emulator import offers
from emulator.fuzzing import Fuzzer, send
from emulator.harness import GOLDEN, REGIONS, Cloud
from emulator.hostile import TEMPLATE

SEED = 20261129
SHARE = 1000
WHOLE = 10_000
ANEW = 250  # requests after which the cloud is emptied: a full one is only slower


def _known(cloud: Cloud) -> dict[str, tuple[str, ...]]:
    """A cloud with something of every kind, and the ids of it by the names of parameters."""
    cloud.control("POST", "reset")
    artifact_id = cloud.released()
    built = cloud.build().artifact_id
    url = offers.upload(cloud)
    service_id = offers.save(cloud, offers.metadata(offers.relation(artifact_id), url), share_type="Public")
    offers.publish(cloud, service_id)
    registration_id = offers.submit(cloud, offers.save(cloud, offers.metadata({}, url), name="other"))
    request = user.CreateServiceInstanceRequest(
        region_id="cn-hangzhou", service_id=service_id, name="mine", parameters={"RegionId": "cn-beijing"}
    )
    instance_id = cloud.user().create_service_instance(request).body.service_instance_id
    stack = ros.CreateStackRequest(region_id="cn-hangzhou", stack_name="s", template_body=json.dumps(TEMPLATE))
    stack_id = cloud.ros().create_stack(stack).body.stack_id
    image_id = cloud.copy()
    group = eci.CreateContainerGroupRequest(region_id="cn-hangzhou", container_group_name="web")
    group.container = [eci.CreateContainerGroupRequestContainer(name="web", image="nginx")]
    group_id = cloud.sdk(EciClient, "customer").create_container_group(group).body.container_group_id
    registry = cloud.control("POST", "registries", {"account": "supplier", "region": "cn-hangzhou", "name": "team"})
    cloud.advance(100)
    uids = tuple(cloud.uid(name) for name in ("supplier", "customer", "stranger", "hub"))
    regions = (*("cn-hangzhou",) * 8, *REGIONS, "ap-southeast-1")
    return {
        "RegionId": regions,
        "DestinationRegionId": regions,
        "SupportRegionIds": regions,
        "ArtifactId": (artifact_id, built),
        "ArtifactVersion": ("1", "draft"),
        "ServiceId": (service_id,),
        "ServiceVersion": ("1", "draft"),
        "ServiceInstanceId": (instance_id,),
        "RegistrationId": (registration_id,),
        "ContainerGroupId": (group_id,),
        "InstanceId": (registry["instance_id"],),
        "NamespaceName": ("team",),
        "RepoName": ("web",),
        "RepoNamespaceName": ("team",),
        "StackId": (stack_id,),
        "StackName": ("s", "t"),
        "ImageId": (image_id, GOLDEN),
        "Url": (url,),
        "TemplateURL": (url,),
        "TemplateName": ("t1",),
        "ArtifactType": ("EcsImage", "File", "AcrImage", "HelmChart"),
        "DeployType": ("ros", "operation"),
        "ShareType": ("Public", "Restricted"),
        "UserAliUid": uids,
        "AddAccount": uids,
        "ResourceType": ("artifact", "service", "serviceinstance", "image", "stack"),
        "ResourceId": (artifact_id, service_id, instance_id, image_id, stack_id),
    }


def _fuzz(cloud: Cloud, actions: Mapping[str, Any], seed: int, count: int) -> None:
    random = Random(seed)
    statuses: Counter[int] = Counter()
    asked: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    found: list[str] = []
    failures = 0
    for start in range(0, count, ANEW):
        fuzzer = Fuzzer(random, actions, _known(cloud))
        for number, sent in enumerate(fuzzer.requests(min(ANEW, count - start))):
            answered = send(cloud, sent)
            status, body = answered.status, answered.body
            statuses[status] += 1
            asked[f"{sent.version}/{sent.action}"] += 1
            answer = json.loads(body)
            fuzzer.learn(answer)
            codes[str(answer.get("Code"))] += 1
            if status >= 500 or not answer["RequestId"] or (status != 200 and not answer["Code"]):
                found.append(f"seed {seed}, request {start + number}: {status} {body[:300]!r} to {sent}")
            if number % 50 == 49:
                cloud.advance(3600)
            state = cloud.control("GET", "status")
            assert not state["is_in_transaction"], str(sent)
            if state["failures"] != failures:
                failures = state["failures"]
                found.append(f"seed {seed}, request {start + number}: a failure after {sent}")
    said = f"{statuses.total()} requests to {len(asked)} actions, answers {dict(sorted(statuses.items()))}"
    print(f"\nseed {seed}: {said}")  # noqa: T201 - the counts are part of the claim
    log = cloud.folder / "cloud.log"
    told = log.read_text()[-6000:] if log.exists() else ""
    assert not found, "\n".join([f"{len(found)} of {count}", *found[:20], told])


def test_a_share(start, in_process):
    _fuzz(start("--virtual"), in_process.inside.actions, SEED, SHARE)


@pytest.mark.wire
def test_some_over_the_wire(start, in_process):
    _fuzz(start("--virtual"), in_process.inside.actions, SEED + 2, ANEW)


@pytest.mark.wire
@pytest.mark.long
def test_all_of_it(start, in_process):
    seed = Random().randrange(2**32) if os.environ.get("HYPOTHESIS_PROFILE") == "exploring" else SEED + 1
    _fuzz(start("--virtual"), in_process.inside.actions, seed, WHOLE)
