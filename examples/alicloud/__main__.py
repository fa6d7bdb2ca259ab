"""From a running server to a deployed template: `alicloud.ecs` makes the image, this provider distributes it, and
`alicloud.ros` deploys the template with the image of each region.

Not run against the real `alicloud` plugin: it is type-checked, and run under Pulumi's mocks (tests/examples).
"""

import pulumi
import pulumi_alicloud as alicloud

import pulumi_computenest as computenest

config = pulumi.Config()
REGIONS = ["cn-hangzhou", "cn-beijing"]

golden = alicloud.ecs.Image(
    "golden",
    instance_id=config.require("goldenInstanceId"),
    image_name="shop-web-golden",
    description="The configured server, as an image",
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

for region in REGIONS:
    provider = alicloud.Provider(f"in-{region}", region=region)
    deployed = alicloud.ros.Stack(
        f"shop-{region}",
        stack_name="shop",
        template_body=images.render(region),
        opts=pulumi.ResourceOptions(provider=provider),
    )
    pulumi.export(f"stack-{region}", deployed.id)
