"""Which RAM actions a stack needs: a table by adapter, and the policy document for what a preview declares. Pure.

An adapter is one module that calls the cloud. That the table names what the adapters call, no more and no less, is a
test (tests/unit/permissions), and another runs a stack and compares. Of a RAM policy only actions are said: which
resources Compute Nest's actions may be limited to is unverified (docs/cloud/open-questions.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from computenest.kernel.errors import Invalid
from computenest.review.documents import inputs_of, kind_of, map_in

_RESOURCES = "computenest.resources"
_SUPPLIER, _USER = "computenestsupplier", "computenest"

ADAPTERS: Mapping[str, tuple[str, ...]] = {
    f"{_RESOURCES}._packages.api": (
        f"{_SUPPLIER}:CreateArtifact",
        f"{_SUPPLIER}:DeleteArtifact",
        f"{_SUPPLIER}:GetArtifact",
        f"{_SUPPLIER}:ListArtifactBuildLogs",
        f"{_SUPPLIER}:ListArtifactRisks",
        f"{_SUPPLIER}:ListArtifactVersions",
        f"{_SUPPLIER}:ListArtifacts",
        f"{_SUPPLIER}:ReleaseArtifact",
        f"{_SUPPLIER}:UpdateArtifact",
    ),
    f"{_RESOURCES}._packages.repositories": (
        f"{_SUPPLIER}:DeleteAcrImageRepositories",
        f"{_SUPPLIER}:DeleteAcrImageTags",
        f"{_SUPPLIER}:GetArtifact",
        f"{_SUPPLIER}:GetArtifactRepositoryCredentials",
        f"{_SUPPLIER}:ListAcrImageRepositories",
        f"{_SUPPLIER}:ListAcrImageTags",
        f"{_SUPPLIER}:UpdateArtifact",
    ),
    f"{_RESOURCES}.service.api": (
        f"{_SUPPLIER}:AddServiceSharedAccounts",
        f"{_SUPPLIER}:CancelServiceRegistration",
        f"{_SUPPLIER}:CreateService",
        f"{_SUPPLIER}:DeleteService",
        f"{_SUPPLIER}:GetService",
        f"{_SUPPLIER}:GetServiceRegistration",
        f"{_SUPPLIER}:LaunchService",
        f"{_SUPPLIER}:ListServiceInstances",
        f"{_SUPPLIER}:ListServiceRegistrations",
        f"{_SUPPLIER}:ListServiceSharedAccounts",
        f"{_SUPPLIER}:ListServices",
        f"{_SUPPLIER}:PreLaunchService",
        f"{_SUPPLIER}:RegisterService",
        f"{_SUPPLIER}:RemoveServiceSharedAccounts",
        f"{_SUPPLIER}:UpdateService",
        f"{_SUPPLIER}:UpdateSharedAccountPermission",
        f"{_SUPPLIER}:WithdrawService",
    ),
    f"{_RESOURCES}.service.template_store": (f"{_SUPPLIER}:GetUploadCredentials",),
    f"{_RESOURCES}.service.marks": (f"{_SUPPLIER}:ListServices",),
    "computenest.cli.examination": (f"{_SUPPLIER}:ListArtifacts",),
    "computenest.cloud.tagging": (f"{_SUPPLIER}:TagResources", f"{_SUPPLIER}:UnTagResources"),
    f"{_RESOURCES}.service_instance.api": (
        f"{_USER}:ContinueDeployServiceInstance",
        f"{_USER}:CreateServiceInstance",
        f"{_USER}:DeleteServiceInstances",
        f"{_USER}:GetService",
        f"{_USER}:GetServiceInstance",
        f"{_USER}:ListServiceInstanceLogs",
        f"{_USER}:ListServiceInstances",
        f"{_USER}:RollbackServiceInstance",
        f"{_USER}:StartServiceInstance",
        f"{_USER}:StopServiceInstance",
        f"{_USER}:UpdateServiceInstanceSpec",
        f"{_USER}:UpgradeServiceInstance",
        "ecs:DescribeInstances",
        "ros:GetStackResource",
        "ros:ListStackEvents",
        "ros:ListStackResources",
    ),
    f"{_RESOURCES}.service_instance.quotes_api": (
        f"{_USER}:CheckServiceDeployable",
        f"{_USER}:GetServiceEstimateCost",
        f"{_USER}:ValidateServiceInstanceName",
    ),
    f"{_RESOURCES}.container_group.api": (
        "eci:CreateContainerGroup",
        "eci:DeleteContainerGroup",
        "eci:DescribeContainerGroupPrice",
        "eci:DescribeContainerGroups",
        "eci:DescribeContainerLog",
        "eci:DescribeRegions",
        "eci:ListUsage",
        "eci:TagResources",
        "eci:UntagResources",
        "eci:UpdateContainerGroup",
    ),
    f"{_RESOURCES}._packages.images_api": ("ecs:DescribeImages", "ecs:DescribeRegions"),
    f"{_RESOURCES}.ecs_image_package.copies_api": (
        "ecs:CancelCopyImage",
        "ecs:CopyImage",
        "ecs:DeleteImage",
        "ecs:DescribeImageSharePermission",
        "ecs:DescribeImages",
        "ecs:ModifyImageSharePermission",
        "ecs:TagResources",
        "ecs:UntagResources",
    ),
    f"{_RESOURCES}._packages.market_api": ("market:DescribeProduct",),
    # Whose keys these are: an identity may always ask that of itself, so no policy has to say so.
    "computenest.cloud.caller": ("sts:GetCallerIdentity",),
}
_UNASKED = frozenset({"sts:GetCallerIdentity"})

_ARTIFACTS = (f"{_RESOURCES}._packages.api", "computenest.cloud.tagging")
_USES = (f"{_SUPPLIER}:GetService", f"{_SUPPLIER}:ListServiceInstances", f"{_SUPPLIER}:ListServices")
"""Whether a version may be deleted: which services name it, and what runs them."""
_CONTENT = (*_ARTIFACTS, f"{_RESOURCES}._packages.repositories")
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "ContainerGroup": (f"{_RESOURCES}.container_group.api", f"{_SUPPLIER}:GetArtifactRepositoryCredentials"),
    "ContainerImagePackage": (*_CONTENT, *_USES),
    "FilePackage": (*_CONTENT, *_USES),
    "HelmChartPackage": (*_CONTENT, *_USES),
    "Service": (f"{_RESOURCES}.service.api", f"{_RESOURCES}.service.template_store", *_ARTIFACTS),
    "ServiceInstance": (
        f"{_RESOURCES}.service_instance.api",
        f"{_RESOURCES}.service_instance.quotes_api",
        f"{_USER}:TagResources",
        f"{_USER}:UnTagResources",
    ),
}
_SOURCES = {
    "custom": (f"{_RESOURCES}._packages.images_api",),
    "built": (f"{_RESOURCES}._packages.images_api",),
    "marketplace": (f"{_RESOURCES}._packages.market_api",),
}
_SHARES = ("ecs:DescribeImages", "ecs:DescribeImageSharePermission", "ecs:ModifyImageSharePermission")
"""Of the source's account in direct distribution: its image is shared with the hub."""


def actions_of(*uses: str) -> frozenset[str]:
    """The actions of adapters, by module, and of single actions as they are."""
    return frozenset(action for use in uses for action in ADAPTERS.get(use, (use,)))


def needed(document: Any) -> dict[str, frozenset[str]]:
    """Account ("" for the default one) -> the RAM actions that the resources of a preview need, over their whole life.

    Args:
        document: what `pulumi preview --json` printed, parsed.

    Raises:
        Invalid: it is none.
    """
    steps = document.get("steps") if isinstance(document, Mapping) else None
    if not isinstance(steps, list):
        raise Invalid("this is not the output of `pulumi preview --json`", hint="run it with --json into a file")
    found: dict[str, set[str]] = {}
    for step in steps:
        kind = kind_of(str(step.get("urn", ""))) if isinstance(step, Mapping) else ""
        if not kind:
            continue
        # Those that are to be; of what is deleted, those that were.
        for account, actions in _of(kind, inputs_of(step.get("newState")) or inputs_of(step.get("oldState"))):
            found.setdefault(account, set()).update(actions - _UNASKED)
    return {account: frozenset(actions) for account, actions in sorted(found.items()) if actions}


def _of(kind: str, inputs: Mapping[str, Any]) -> Iterable[tuple[str, frozenset[str]]]:
    account = str(inputs.get("account") or "")
    if kind in ("CloudServiceDeployment", "ClusterComponent", "ProjectComponent"):
        yield from _of_charts(inputs)
        return
    if kind != "EcsImagePackage":
        yield account, actions_of(*_NEEDS.get(kind, ()))
        return
    source, direct = inputs.get("source"), inputs.get("direct")
    of_source = _SOURCES.get(str(map_in(source).get("kind")), ())
    if not isinstance(direct, Mapping):
        yield account, actions_of(*_ARTIFACTS, *_USES, *of_source)
        return
    hub = str(direct.get("hubAccount") or "")
    yield hub, actions_of(f"{_RESOURCES}._packages.images_api", f"{_RESOURCES}.ecs_image_package.copies_api")
    if hub != account:
        yield account, frozenset(_SHARES)


def _of_charts(inputs: Mapping[str, Any]) -> Iterable[tuple[str, frozenset[str]]]:
    """Of what is made of charts: the keys for those that are packages; clusters have rights of their own."""
    components = map_in(inputs.get("service")).get("components")
    for one in components if isinstance(components, list) else (inputs,):
        chart = map_in(map_in(one).get("chart"))
        if chart.get("kind") == "package":
            yield str(chart.get("account") or ""), frozenset({f"{_SUPPLIER}:GetArtifactRepositoryCredentials"})


def policy(actions: Iterable[str]) -> dict[str, Any]:
    """A RAM policy that allows just these actions."""
    return {"Version": "1", "Statement": [{"Effect": "Allow", "Action": sorted(set(actions)), "Resource": "*"}]}
