"""From a running server to a deployed template: `alicloud.ecs` makes the image, this provider distributes it, and
`alicloud.ros` deploys the template with the image of each region.

The images are parameters of the template, not text in it: `alicloud.ros.Stack` updates a stack when its parameters (or
a few others of its properties) change, and never because `template_body` alone did, so that a new image in the template
would not be deployed. The template is JSON because that is all that `template_body` takes.

Needs the `alicloud` plugin 4.0.0 or newer, which the SDK that is locked here (`pulumi-alicloud` 4.0.0) asks for.
Not run against the real `alicloud` plugin: it is type-checked, run under Pulumi's mocks, its inputs are held against
what the plugin checks, and its stacks are deployed and updated on the embedded cloud (tests/examples).
"""

from collections.abc import Mapping

import pulumi
import pulumi_alicloud as alicloud

import pulumi_computenest as computenest

config = pulumi.Config()
REGIONS = ["cn-hangzhou", "cn-beijing"]
# Of the embedded cloud, for a try (`computenest cloud env` prints it): one address for every product, without TLS.
ENDPOINT = config.get("endpoint")


def in_region(region: str) -> pulumi.ResourceOptions:
    """Resources of a region; at the cloud's own endpoints unless the configuration has one."""
    elsewhere = ENDPOINT is not None
    provider = alicloud.Provider(
        f"in-{region}",
        region=region,
        endpoints=[alicloud.ProviderEndpointArgs(ecs=ENDPOINT, ros=ENDPOINT)] if elsewhere else None,
        protocol="HTTP" if elsewhere else None,
    )
    return pulumi.ResourceOptions(provider=provider)


def as_stack_parameters(values: Mapping[str, str]) -> list[alicloud.ros.StackParameterArgs]:
    """In one order: another one would look like a change."""
    return [alicloud.ros.StackParameterArgs(parameter_key=key, parameter_value=values[key]) for key in sorted(values)]


placed = {region: in_region(region) for region in REGIONS}

golden = alicloud.ecs.Image(
    "golden",
    instance_id=config.require("goldenInstanceId"),
    image_name="shop-web-golden",
    description="The configured server, as an image",
    opts=placed["cn-hangzhou"],
)

web = computenest.EcsImagePackage(
    "web",
    source=computenest.CustomImage(image_id=golden.id, region="cn-hangzhou"),
    regions=REGIONS,
)

images = computenest.ServiceImageAssociation(
    "shop",
    template="template.yaml",
    packages={"ecs_image_web": web},
    regions=REGIONS,
)

places = config.require_object(
    "places"
)  # region -> ZoneId, VSwitchId and SecurityGroupId, the template's own parameters
for region in REGIONS:
    shop = images.image_parameters(region)
    given = pulumi.Output.all(places[region], shop.parameters).apply(lambda both: {**both[0], **both[1]})
    deployed = alicloud.ros.Stack(
        f"shop-{region}",
        stack_name="shop",
        template_body=shop.template,
        parameters=given.apply(as_stack_parameters),
        opts=placed[region],
    )
    pulumi.export(f"stack-{region}", deployed.id)
