"""A package in three regions, and the images of a template it stands for: Python through the plugin."""

import pulumi

import pulumi_computenest.plugin as computenest

web = computenest.EcsImagePackage(
    "web",
    source=computenest.CustomImage(image_id="m-bp1gold0000000000001", region="cn-hangzhou"),
    regions=["cn-beijing", "cn-hangzhou", "cn-shanghai"],
)
shop = computenest.ServiceImageAssociation("shop", template="template.yaml", packages={"ecs_image_web": web})

pulumi.export("images", web.images)
pulumi.export("rendered", shop.render("cn-beijing"))
