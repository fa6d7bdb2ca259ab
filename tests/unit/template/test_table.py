"""The table of image positions against what the official packages say of every resource (tools/image-arguments)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from computenest.templates import scan
from computenest.templates.table import (
    LOOKALIKES_TAKE,
    ROS_CARRIERS,
    ROS_LOOKALIKES,
    TERRAFORM_CARRIERS,
    TERRAFORM_LOOKALIKES,
    Carrier,
)

TOOL = Path(__file__).parents[3] / "tools" / "image-arguments"
ROWS = [tuple(line.split("\t")) for line in (TOOL / "arguments.tsv").read_text(encoding="utf-8").splitlines()]

# What is named after images and takes none, by the end of its path: the reason, and the names. `Type.Path` in full
# where the name alone would be too wide.
NO_IMAGE: dict[str, frozenset[str]] = {
    "a name, family, version, kind or owner: the image's id stands beside it": frozenset(
        {
            "ImageName",
            "ImageFamily",
            "ImageVersion",
            "ImageType",
            "ImageCategory",
            "ImageOwnerAlias",
            "BaseImageType",
            "ImageLibName",
            "CustomImageName",
            "ImageComponentName",
            "HoneypotImageName",
            "DestinationImageName",
        }
    ),
    "how containers are pulled and cached": frozenset(
        {
            "ImagePullPolicy",
            "ImagePullSecrets",
            "ImageRegistryCredential",
            "ImageRegistryCredentials",
            "ImageRegistryType",
            "AutoMatchImageCache",
            "ImageCacheName",
            "ImageCacheSize",
            "ImageConfig",
            "SaveImage",
            "IgnoreImageDefinedVolume",
            "ImageGcHighThresholdPercent",
            "ImageGcLowThresholdPercent",
            "SerializeImagePulls",
        }
    ),
    "how an instance uses or makes its image": frozenset(
        {
            "ImageOptions",
            "ImageOptionsLoginAsNonRoot",
            "DeleteAfterImageUpload",
            "DiskImageSize",
            "ImagePipelineId",
            "UrgentImageUrl",
        }
    ),
    "scanning of pictures and containers": frozenset(
        {
            "ImageScanner",
            "ContainerImageScan",
            "ContainerImageScanNew",
            "CheckRequestImage",
            "CheckResponseImage",
            "RequestImageCheckService",
            "ResponseImageCheckService",
            "ImageAdFreezeConfig",
            "ImageAutoFreezeOpened",
            "ImageLiveFreezeConfig",
            "ImageOpened",
            "ImagePornFreezeConfig",
            "ImageScanLimit",
            "ImageScenes",
            "ImageTerrorismFreezeConfig",
            "ScanImageNoFileType",
        }
    ),
    "the containers of a scaling group's other kind of instances": frozenset(
        {"alicloud_ess_instance_refresh.desired_configuration_containers.image"}
    ),
}

# Pulumi's names of resources whose Terraform name is not `alicloud_`, the service and the resource
TERRAFORM_NAMES = {
    "cloudphoneinstance/group": "alicloud_cloud_phone_instance_group",
    "cs/nodePool": "alicloud_cs_kubernetes_node_pool",
    "eds/bundle": "alicloud_ecd_bundle",
    "eci/openApiImageCache": "alicloud_eci_openapi_image_cache",
    "fc/v2Function": "alicloud_fcv2_function",
    "fc/v3Function": "alicloud_fcv3_function",
    "simpleapplicationserver/instance": "alicloud_simple_application_server_instance",
    "threatdetection/honeyPot": "alicloud_threat_detection_honey_pot",
}


def snake(name: str) -> str:
    """`ecsImagePipeline` as Terraform writes it."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def camel(name: str) -> str:
    """`image_pull_policy` as ROS writes it."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def names_of(token: str) -> tuple[str, ...]:
    """The names that a resource of Pulumi's may have in Terraform: with its service, or (ECS) without."""
    service, resource = token.split("/")
    name = TERRAFORM_NAMES.get(token) or f"alicloud_{service}_{snake(resource)}"
    return (name, f"alicloud_{snake(resource)}") if service == "ecs" else (name,)


def takes_no_image(name: str, full: str) -> bool:
    """Whether the list above has a name, or a resource with its path."""
    return any(name in names or full in names for names in NO_IMAGE.values())


def has_path(carriers: Iterable[Carrier], path: str) -> bool:
    """Whether a row's path is one of the table's; a list may be written as the item that stands for it."""
    plain = path.replace(".[]", "")
    return any(".".join(step for step in carrier.steps if step != "[]") == plain for carrier in carriers)


def test_every_property_of_ros_that_is_named_after_an_image_is_decided() -> None:
    missing = []
    for language, kind, path in ROWS:
        if language != "ros":
            continue
        known = (*ROS_CARRIERS.get(kind, ()), *ROS_LOOKALIKES.get(kind, ()))
        if not has_path(known, path) and not takes_no_image(path.rsplit(".", 1)[-1], f"{kind}.{path}"):
            missing.append((kind, path))
    assert missing == [], "an image position, a look-alike, or neither: say which in the table or here"


def test_every_argument_of_terraform_that_is_named_after_an_image_is_decided() -> None:
    missing = []
    for language, token, path in ROWS:
        if language != "terraform":
            continue
        argument = path.rsplit(".", 1)[-1]
        for kind in names_of(token):
            tables = (TERRAFORM_CARRIERS.get(kind, frozenset()), TERRAFORM_LOOKALIKES.get(kind, frozenset()))
            if any(argument in names for names in tables) or takes_no_image(camel(argument), f"{kind}.{path}"):
                break
        else:
            missing.append((token, path))
    assert missing == [], "an image argument, a look-alike, or neither: say which in the table or here"


def test_the_list_knows_what_the_table_was_found_to_lack() -> None:
    assert ("ros", "ALIYUN::CDDC::MyBase", "ImageId") in ROWS
    assert ("terraform", "ess/instanceRefresh", "desired_configuration_image_id") in ROWS
    assert len(ROWS) > 200


def test_no_reason_is_left_of_a_name_that_nothing_has() -> None:
    names = {path.rsplit(".", 1)[-1] for language, _, path in ROWS if language == "ros"}
    names |= {camel(path.rsplit(".", 1)[-1]) for language, _, path in ROWS if language == "terraform"}
    listed = {name for names in NO_IMAGE.values() for name in names if "." not in name}
    assert listed <= names


def test_every_look_alike_says_what_it_takes() -> None:
    assert set(LOOKALIKES_TAKE) == {*ROS_LOOKALIKES, *TERRAFORM_LOOKALIKES}
    assert not {*ROS_CARRIERS, *TERRAFORM_CARRIERS} & set(LOOKALIKES_TAKE)


@pytest.mark.parametrize("kind", sorted(ROS_CARRIERS))
def test_every_path_of_ros_is_found_where_it_stands(kind: str) -> None:
    """Each position's bytes are those of the literal that was written there."""
    for carrier in ROS_CARRIERS[kind]:
        value: object = "ecs_image_x"
        for step in reversed(carrier.steps):
            value = [value] if step == "[]" else {step: value}
        properties = dict(value) if isinstance(value, dict) else {}
        if carrier.only_if:
            properties[carrier.only_if[0]] = carrier.only_if[1]
        data = yaml_of(
            {"ROSTemplateFormatVersion": "2015-09-01", "Resources": {"R": {"Type": kind, "Properties": properties}}}
        )
        found = scan(data).positions
        assert [data[p.start : p.end] for p in found] == [b"ecs_image_x"], (kind, carrier.steps)


@pytest.mark.parametrize("kind", sorted(TERRAFORM_CARRIERS))
def test_every_argument_of_terraform_is_found_where_it_stands(kind: str) -> None:
    for argument in sorted(TERRAFORM_CARRIERS[kind]):
        data = f'resource "{kind}" "r" {{\n  inner {{\n    {argument} = "ecs_image_x"\n  }}\n}}\n'.encode()
        found = scan(data, name="main.tf").positions
        assert [data[p.start : p.end] for p in found] == [b"ecs_image_x"], (kind, argument)


def yaml_of(tree: object) -> bytes:
    """A template's text; JSON is YAML."""
    return json.dumps(tree, indent=1).encode()


@pytest.mark.long
def test_the_list_is_what_the_packages_say() -> None:
    derived = subprocess.run([TOOL / "derive"], check=True, capture_output=True, timeout=500).stdout.decode()
    assert derived.splitlines() == ["\t".join(row) for row in ROWS]
