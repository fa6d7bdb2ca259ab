"""Which properties carry an ECS image id, and which only look like it.

The one table that decides: the incumbent takes any key named `ImageId` and so offers desktops, edge instances and
phones for substitution. Sources: the specifications in the packages that tools/image-arguments names (ROS: ros-cdk;
Terraform: pulumi-alicloud). tests/unit/template/test_table.py holds the table against them; docs/lint.md says how it is
kept complete. Names that those do not know are of older versions. A property that is not listed is no position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Carrier:
    """A property path below `Properties`: `[]` is each item of a list. `only_if` names a sibling and its value;
    `caution` goes into every position's reason."""

    steps: tuple[str, ...]
    only_if: tuple[str, str] | None = None
    caution: str | None = None


def _at(path: str, *, only_if: tuple[str, str] | None = None, caution: str | None = None) -> Carrier:
    return Carrier(tuple(path.split(".")), only_if, caution)


_IMAGE_ID = (_at("ImageId"),)
_FUNCTION = (_at("CustomContainerConfig.Image"),)
_NODE_POOLS = (_at("NodePools.[].ScalingGroup.ImageId"), _at("ImageId"))

ROS_CARRIERS: Mapping[str, tuple[Carrier, ...]] = {
    "ALIYUN::ECS::Instance": _IMAGE_ID,
    "ALIYUN::ECS::InstanceGroup": _IMAGE_ID,
    "ALIYUN::ECS::InstanceClone": _IMAGE_ID,
    "ALIYUN::ECS::InstanceGroupClone": _IMAGE_ID,
    "ALIYUN::ECS::PrepayInstance": _IMAGE_ID,
    "ALIYUN::ECS::PrepayInstanceGroupClone": _IMAGE_ID,
    "ALIYUN::ECS::LaunchTemplate": _IMAGE_ID,
    "ALIYUN::ECS::LaunchTemplateVersion": (_at("LaunchTemplateData.ImageId"),),
    "ALIYUN::ECS::AutoProvisioningGroup": (
        _at("LaunchConfiguration.ImageId"),
        _at("LaunchTemplateConfig.[].ImageId"),
    ),
    "ALIYUN::ECS::CopyImage": _IMAGE_ID,
    "ALIYUN::ECS::ImageSharePermission": _IMAGE_ID,
    "ALIYUN::ECS::ImagePipeline": (_at("BaseImage", only_if=("BaseImageType", "IMAGE")),),
    "ALIYUN::ESS::ScalingConfiguration": _IMAGE_ID,
    "ALIYUN::CDDC::MyBase": _IMAGE_ID,
    "ALIYUN::CS::Cluster": _IMAGE_ID,
    "ALIYUN::CS::ClusterNodePool": (_at("ScalingGroup.ImageId"),),
    "ALIYUN::CS::ManagedKubernetesCluster": _NODE_POOLS,
    "ALIYUN::CS::ManagedEdgeKubernetesCluster": _NODE_POOLS,
    "ALIYUN::CS::KubernetesCluster": _NODE_POOLS,
    "ALIYUN::EHPC::Cluster": _IMAGE_ID,
    "ALIYUN::EHPC::ClusterV2": (
        _at("ComputeNodes.ImageId"),
        _at("ComputeNodes.[].ImageId"),
        _at("Manager.ImageId"),
        _at("Manager.ManagerNode.ImageId"),
        _at("Queues.[].ComputeNodes.[].ImageId"),
    ),
    "ALIYUN::EHPC::Queue": (_at("ComputeNodes.[].ImageId"), _at("ImageId")),
    "ALIYUN::EHPC::AutoScaleConfig": (_at("ImageId"), _at("Queues.[].QueueImageId")),
    "DATASOURCE::ECS::Images": _IMAGE_ID,
    "DATASOURCE::ECS::Instances": _IMAGE_ID,
}

FREE_PARAMETERS: Mapping[str, str] = {
    "ALIYUN::ROS::Stack": "Parameters",
    "ALIYUN::ROS::StackGroup": "Parameters",
    "ALIYUN::ROS::StackInstances": "ParameterOverrides",
    "ALIYUN::OOS::Execution": "Parameters",
    "ALIYUN::ComputeNest::ServiceInstance": "Parameters",
}
"""The property that holds what a resource gives to a template or task that is kept elsewhere."""

ROS_LOOKALIKES: Mapping[str, tuple[Carrier, ...]] = {
    "ALIYUN::SWAS::Instance": _IMAGE_ID,
    "ALIYUN::SWAS::Instances": _IMAGE_ID,
    "ALIYUN::ENS::Instance": _IMAGE_ID,
    "ALIYUN::ENS::InstanceGroup": _IMAGE_ID,
    "ALIYUN::ECD::Bundle": _IMAGE_ID,
    "ALIYUN::ECD::DesktopGroup": _IMAGE_ID,
    "ALIYUN::CloudPhone::InstanceGroup": _IMAGE_ID,
    "ALIYUN::GWS::Instance": _IMAGE_ID,
    "ALIYUN::ThreatDetection::HoneyPot": (_at("HoneypotImageId"),),
    "ALIYUN::ThreatDetection::ContainerDefenseRule": (_at("Whitelist.Image.[]"), _at("Whitelist.Image")),
    "ALIYUN::ECI::ContainerGroup": (
        _at("Container.[].Image"),
        _at("Containers.[].Image"),
        _at("ContainerGroup.Containers.[].Image"),
        _at("InitContainer.[].Image"),
        _at("InitContainers.[].Image"),
        _at("ImageSnapshotId"),
    ),
    "ALIYUN::ECI::ImageCache": (_at("Image.[]"),),
    "ALIYUN::ESS::EciScalingConfiguration": (
        _at("Containers.[].Image"),
        _at("InitContainers.[].Image"),
        _at("ImageSnapshotId"),
    ),
    "ALIYUN::SAE::Application": (
        _at("ImageUrl"),
        _at("InitContainersConfig.[].ImageUrl"),
        _at("SidecarContainersConfig.[].ImageUrl"),
    ),
    "ALIYUN::EDAS::K8sApplication": (_at("ImageUrl"),),
    "ALIYUN::BPStudio::Application": (_at("ImageUrl"),),
    "ALIYUN::PAI::Image": (_at("ImageUri"),),
    "ALIYUN::PAIDLC::Job": (_at("JobSpecs.[].Image"),),
    "ALIYUN::PaiDswApi::Instance": (_at("ImageUrl"),),
    "ALIYUN::ACS::ApplicationPod": (_at("Image"),),
    "ALIYUN::AgentRun::Template": (_at("ContainerConfiguration.Image"),),
    "ALIYUN::FC::Function": _FUNCTION,
    "ALIYUN::FC3::Function": (*_FUNCTION, _at("CustomContainerConfig.ResolvedImageUri")),
    "ALIYUN::ComputeNest::ServiceInstance": (_at("Service.ServiceInfos.[].Image"),),
    "ALIYUN::MarketPlace::Image": (_at("ImageId"), _at("ProductCode")),
    "ALIYUN::MarketPlace::ImageSubscription": (_at("ImageId"), _at("ProductCode")),
    "ALIYUN::ECS::CustomImage": (_at("ImageName"),),
    "DATASOURCE::CloudPhone::Image": _IMAGE_ID,
    "DATASOURCE::CloudPhone::Images": _IMAGE_ID,
    "DATASOURCE::ENS::Image": _IMAGE_ID,
    "DATASOURCE::ECI::ImageCache": (_at("ImageCacheId"),),
    "DATASOURCE::ECI::ImageCaches": (_at("ImageCacheId"),),
}

_ARGUMENT = frozenset({"image_id"})
_CONTAINER = frozenset({"image"})

# Arguments at any block depth below the resource: the provider has no resource in which `image_id` of a nested
# block is anything but what it is at the top.
TERRAFORM_CARRIERS: Mapping[str, frozenset[str]] = {
    "alicloud_instance": _ARGUMENT,
    "alicloud_ecs_instance_set": _ARGUMENT,
    "alicloud_ecs_launch_template": _ARGUMENT,
    "alicloud_launch_template": _ARGUMENT,
    "alicloud_auto_provisioning_group": _ARGUMENT,
    "alicloud_ess_scaling_configuration": _ARGUMENT,
    "alicloud_ess_instance_refresh": frozenset({"desired_configuration_image_id"}),
    "alicloud_cs_kubernetes": _ARGUMENT,
    "alicloud_cs_managed_kubernetes": _ARGUMENT,
    "alicloud_cs_edge_kubernetes": _ARGUMENT,
    "alicloud_cs_kubernetes_node_pool": _ARGUMENT,
    "alicloud_ehpc_cluster": _ARGUMENT,
    "alicloud_ehpc_cluster_v2": _ARGUMENT,
    "alicloud_ehpc_queue": _ARGUMENT,
    "alicloud_image_share_permission": _ARGUMENT,
    "alicloud_image_export": _ARGUMENT,
    "alicloud_image_copy": frozenset({"source_image_id"}),
    "alicloud_copy_image": frozenset({"source_image_id"}),
    "alicloud_ecs_image_pipeline": frozenset({"base_image"}),
    "alicloud_rds_custom": _ARGUMENT,
    "alicloud_cddc_dedicated_propre_host": _ARGUMENT,
}

TERRAFORM_LOOKALIKES: Mapping[str, frozenset[str]] = {
    "alicloud_ens_instance": _ARGUMENT,
    "alicloud_simple_application_server_instance": _ARGUMENT,
    "alicloud_ecp_instance": _ARGUMENT,
    "alicloud_cloud_phone_instance_group": _ARGUMENT,
    "alicloud_cloud_phone_instance": _ARGUMENT,
    "alicloud_ecd_bundle": _ARGUMENT,
    "alicloud_eflo_node": _ARGUMENT,
    "alicloud_eflo_node_group": _ARGUMENT,
    "alicloud_eflo_cluster": _ARGUMENT,
    "alicloud_live_caster": frozenset({"urgent_image_id", "urgent_image_url"}),
    "alicloud_threat_detection_honey_pot": frozenset({"honeypot_image_id"}),
    "alicloud_eais_instance": _CONTAINER,
    "alicloud_eci_container_group": _CONTAINER | {"image_snapshot_id"},
    "alicloud_eci_image_cache": frozenset({"images"}),
    "alicloud_eci_openapi_image_cache": frozenset({"images"}),
    "alicloud_ess_eci_scaling_configuration": _CONTAINER | {"image_snapshot_id"},
    "alicloud_edas_k8s_application": frozenset({"image_url"}),
    "alicloud_sae_application": frozenset({"image_url"}),
    "alicloud_fc_function": _CONTAINER,
    "alicloud_fcv2_function": _CONTAINER,
    "alicloud_fcv3_function": _CONTAINER | {"resolved_image_uri"},
}

_TAKE: Mapping[str, tuple[str, ...]] = {
    "an image of simple application servers": (
        "ALIYUN::SWAS::Instance",
        "ALIYUN::SWAS::Instances",
        "alicloud_simple_application_server_instance",
    ),
    "an image of edge nodes": (
        "ALIYUN::ENS::Instance",
        "ALIYUN::ENS::InstanceGroup",
        "DATASOURCE::ENS::Image",
        "alicloud_ens_instance",
    ),
    "a cloud desktop's image": (
        "ALIYUN::ECD::Bundle",
        "ALIYUN::ECD::DesktopGroup",
        "ALIYUN::GWS::Instance",
        "alicloud_ecd_bundle",
    ),
    "a cloud phone's image": (
        "ALIYUN::CloudPhone::InstanceGroup",
        "DATASOURCE::CloudPhone::Image",
        "DATASOURCE::CloudPhone::Images",
        "alicloud_ecp_instance",
        "alicloud_cloud_phone_instance_group",
        "alicloud_cloud_phone_instance",
    ),
    "an image of Lingjun nodes": ("alicloud_eflo_node", "alicloud_eflo_node_group", "alicloud_eflo_cluster"),
    "a honeypot's image": ("ALIYUN::ThreatDetection::HoneyPot", "alicloud_threat_detection_honey_pot"),
    "a picture": ("ALIYUN::BPStudio::Application", "ALIYUN::ComputeNest::ServiceInstance", "alicloud_live_caster"),
    "a product of the marketplace": ("ALIYUN::MarketPlace::Image", "ALIYUN::MarketPlace::ImageSubscription"),
    "the name of an image that is to be made": ("ALIYUN::ECS::CustomImage",),
    "a cache of container images": ("DATASOURCE::ECI::ImageCache", "DATASOURCE::ECI::ImageCaches"),
}

MANIFESTS = "ALIYUN::CS::ClusterApplication"
"""The type that applies manifests, whose containers may run an image package too."""
CONTAINER_GROUPS = frozenset({"ALIYUN::ECI::ContainerGroup", "ALIYUN::ESS::EciScalingConfiguration"})
"""Types whose containers may run an image package: its placeholder stands there as an ECS image's marker elsewhere."""

LOOKALIKES_TAKE: Mapping[str, str] = {
    **dict.fromkeys((*ROS_LOOKALIKES, *TERRAFORM_LOOKALIKES), "a container image"),
    **{kind: what for what, kinds in _TAKE.items() for kind in kinds},
}
"""What each type of look-alike takes instead of an ECS image."""

TERRAFORM_TEMPLATES = frozenset(
    f"alicloud_ros_{name}"
    for name in ("stack", "stack_group", "stack_instance", "stack_instances", "change_set", "template")
)
"""Resources that hold a ROS template (`template_body`), or give parameters to one."""
