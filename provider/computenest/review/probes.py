"""How a RAM action is tried without any effect: a call that only reads, or one that says DryRun. Pure.

The ids are of nothing: whoever may read is told that there is no such thing, and who may not, that it is denied. That
rights are looked at before ids is how the products' gateway works, and unverified for Compute Nest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ARTIFACT = {"ArtifactId": "artifact-00000000000000000000"}
_SERVICE = {"ServiceId": "service-00000000000000000000"}
_IMAGE = {"ImageId": "m-00000000000000000000"}
_STACK = {"StackId": "00000000-0000-0000-0000-000000000000"}


@dataclass(frozen=True, slots=True)
class Probe:
    """A call that changes nothing. `with_region`: it names the control region."""

    parameters: Mapping[str, Any]
    with_region: bool = True


PROBES: Mapping[str, Probe] = {
    "computenestsupplier:GetArtifact": Probe(_ARTIFACT, with_region=False),
    "computenestsupplier:GetService": Probe(_SERVICE),
    "computenestsupplier:ListAcrImageRepositories": Probe({"ArtifactType": "AcrImage"}, with_region=False),
    "computenestsupplier:ListAcrImageTags": Probe({"ArtifactType": "AcrImage", "RepoId": "crr-0"}, with_region=False),
    "computenestsupplier:ListArtifactRisks": Probe({**_ARTIFACT, "ArtifactVersion": "1"}, with_region=False),
    "computenestsupplier:ListArtifactVersions": Probe(_ARTIFACT, with_region=False),
    "computenestsupplier:ListArtifacts": Probe({"MaxResults": 1}, with_region=False),
    "computenestsupplier:ListServiceInstances": Probe({"MaxResults": 1}),
    "computenestsupplier:ListServiceRegistrations": Probe({"MaxResults": 1}),
    "computenestsupplier:ListServiceSharedAccounts": Probe(_SERVICE),
    "computenestsupplier:ListServices": Probe({"MaxResults": 1}),
    "computenest:GetService": Probe(_SERVICE),
    "computenest:GetServiceInstance": Probe({"ServiceInstanceId": "si-00000000000000000000"}),
    "computenest:ListServiceInstances": Probe({"MaxResults": 1}),
    "ecs:CopyImage": Probe({**_IMAGE, "DestinationRegionId": "cn-beijing", "DryRun": True}),
    "ecs:DeleteImage": Probe({**_IMAGE, "DryRun": True}),
    "ecs:DescribeImageSharePermission": Probe(_IMAGE),
    "ecs:DescribeImages": Probe({"PageSize": 1}),
    "ecs:DescribeInstances": Probe({"PageSize": 1}),
    "ecs:DescribeRegions": Probe({}, with_region=False),
    "ecs:ModifyImageSharePermission": Probe({**_IMAGE, "DryRun": True}),
    "market:DescribeProduct": Probe({"Code": "cmjj00000000"}, with_region=False),
    "ros:GetStackResource": Probe({**_STACK, "LogicalResourceId": "Web"}),
    "ros:ListStackResources": Probe(_STACK),
}
