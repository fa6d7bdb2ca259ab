"""A service of three images, one of each kind of source, distributed to four regions, published, and deployed by a
customer in one of them.

Change one line (a region, an image id, a marker's package, the service's visibility) and run `pulumi preview --diff`.
"""

import pulumi

import pulumi_computenest as computenest

REGIONS = ["cn-hangzhou", "cn-beijing", "cn-shanghai", "ap-southeast-1"]
CUSTOMER_REGION = "cn-beijing"

web = computenest.EcsImagePackage(
    "web",
    source=computenest.CustomImage(image_id="m-bp1gold0000000000001", region="cn-hangzhou"),
    regions=REGIONS,
    description="The shop's web server",
    tags={"team": "shop"},
)
gateway = computenest.EcsImagePackage(
    "gateway",
    source=computenest.MarketplaceImage(commodity_code="cmjj00000001", commodity_version="V1.0"),
    regions=REGIONS,
)
worker = computenest.EcsImagePackage(
    "worker",
    source=computenest.BuiltImage(
        region="cn-hangzhou",
        source_image="aliyun_3_x64_20G_alibase_20240528.vhd",
        command="yum install -y python3 && systemctl enable crond",
    ),
    regions=REGIONS,
)

images = computenest.ServiceImageAssociation(
    "shop",
    template="examples/shop/template.yaml",
    packages={"ecs_image_web": web, "ecs_image_gateway": gateway, "ecs_image_worker": worker},
    regions=REGIONS,
)

shop = computenest.Service(
    "shop",
    infos={"en-US": "The shop", "zh-CN": "商店"},
    templates={"main": images},
    visibility="public",
    publishing="online",
)
# An example's; `pulumi config set --secret instancePassword …` gives another.
password = pulumi.Config().get_secret("instancePassword") or pulumi.Output.secret("Example-only-1")
first = computenest.ServiceInstance(
    "first",
    service=shop,
    account="customer",
    region=CUSTOMER_REGION,
    parameters={"ZoneId": f"{CUSTOMER_REGION}-h", "InstancePassword": password},
)

pulumi.export("images", {"web": web.images, "gateway": gateway.images, "worker": worker.images})
pulumi.export("substitutions", images.substitutions)
pulumi.export(
    "instance",
    {
        "instanceId": first.instance_id,
        "serviceVersion": first.service_version,
        "region": CUSTOMER_REGION,
        "status": first.status,
        "images": first.images,
    },
)
