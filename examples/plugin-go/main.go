// A package in three regions, and the images of a template it stands for.
package main

import (
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"pulumi-computenest/sdk/go/computenest"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		template, err := os.ReadFile("template.yaml")
		if err != nil {
			return err
		}
		web, err := computenest.NewEcsImagePackage(ctx, "web", &computenest.EcsImagePackageArgs{
			Source: computenest.CustomImageArgs{
				Kind:    pulumi.String("custom"),
				ImageId: pulumi.String("m-bp1gold0000000000001"),
				Region:  pulumi.String("cn-hangzhou"),
			},
			Regions: pulumi.ToStringArray([]string{"cn-beijing", "cn-hangzhou", "cn-shanghai"}),
		})
		if err != nil {
			return err
		}
		shop, err := computenest.NewServiceImageAssociation(ctx, "shop", &computenest.ServiceImageAssociationArgs{
			Template:     pulumi.String(string(template)),
			TemplateName: pulumi.String("template.yaml"),
			Packages: computenest.PackageReferenceMap{
				"ecs_image_web": computenest.PackageReferenceArgs{
					Images:     web.Images,
					ArtifactId: web.ArtifactId,
					Version:    web.Version,
				},
			},
		})
		if err != nil {
			return err
		}
		rendered := computenest.RenderTemplateOutput(ctx, computenest.RenderTemplateOutputArgs{
			Template: pulumi.String(string(template)),
			Packages: shop.Substitutions,
			Region:   pulumi.String("cn-beijing"),
		})
		ctx.Export("images", web.Images)
		ctx.Export("rendered", rendered.Text())
		return nil
	})
}
