// A package in three regions, and the images of a template it stands for.
import { readFileSync } from "fs";
import * as computenest from "pulumi-computenest";

const template = readFileSync("template.yaml", "utf8");

const web = new computenest.EcsImagePackage("web", {
    source: { kind: "custom", imageId: "m-bp1gold0000000000001", region: "cn-hangzhou" },
    regions: ["cn-beijing", "cn-hangzhou", "cn-shanghai"],
});

const shop = new computenest.ServiceImageAssociation("shop", {
    template,
    templateName: "template.yaml",
    packages: {
        ecs_image_web: { images: web.images, artifactId: web.artifactId, version: web.version },
    },
});

export const images = web.images;
export const rendered = computenest.renderTemplateOutput({
    template,
    packages: shop.substitutions,
    region: "cn-beijing",
}).text;
