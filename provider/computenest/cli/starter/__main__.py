"""One image for every region, the template that it stands in, and the service that offers it."""

import pulumi

import pulumi_computenest as computenest

REGIONS = ["cn-hangzhou", "cn-beijing"]

web = computenest.EcsImagePackage(
    "web",
    source=computenest.CustomImage(image_id=pulumi.Config().require("image"), region="cn-hangzhou"),
    regions=REGIONS,
)
images = computenest.ServiceImageAssociation(
    "app",
    template="template.yaml",
    packages={"ecs_image_web": web},  # the marker of the template -> what stands for it
    regions=REGIONS,
)
service = computenest.Service(
    "app",
    infos={"en-US": "My first service"},
    templates={"main": images},
    publishing="draft",  # "online" asks for a review by people
)

pulumi.export("images", {"web": web.images})
pulumi.export("service", service.service_id)
