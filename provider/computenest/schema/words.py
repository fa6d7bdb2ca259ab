"""What each property is, in the words of the documentation: one sentence or two, for every language at once.

The models say what is legal, this says what it means; a test sees to it that no property of theirs lacks its sentence.
"""

from __future__ import annotations

from collections.abc import Mapping

from computenest.schema import instance_words, service_words, uploads_words

__all__ = ["ASSOCIATION", "CONFIG", "FUNCTIONS", "PACKAGE", "PROPERTIES", "TYPES"]

PACKAGE = """A deployment package of type ECS image: an image, replicated to every region named.

In essence a map from region to image id (`images`). An operation that reaches only some regions keeps what there is and
fails the run, naming each region and why; the next `pulumi up` does only what is missing."""

ASSOCIATION = """Which image of a template each package stands for, region by region, before anything is deployed.

It makes no object in the cloud. `relation` is what a Compute Nest service takes as its `ArtifactRelation`."""

TYPES: Mapping[str, str] = {
    "BuiltImage": "An image that Compute Nest builds from another one with a command.",
    "CodeRepo": "A repository that a build runs in.",
    "CustomImage": "An image of the supplier's own account. Any region may be a target.",
    "DirectSpec": "How the provider itself copies, into an account of yours, without Compute Nest.",
    "MarketplaceImage": "An image sold on the cloud marketplace. Nothing is copied.",
    "PackageReference": "What stands behind a marker: a package's outputs, or `images` alone for any map of images.",
    "Partner": "What the state keeps of the package behind a marker.",
    "TemplateFacts": "What the state keeps of a template: never its text.",
    "TemplatePosition": "One place of a template where an ECS image id stands.",
    **instance_words.TYPES,
    **service_words.TYPES,
    **uploads_words.TYPES,
}

PROPERTIES: Mapping[str, Mapping[str, str]] = {
    "BuiltImage": {
        "kind": "Tells the kind of source: `built`.",
        "region": "Where it is built.",
        "sourceImage": "An image id, a public image or family (`aliyun_3`), or an OOS parameter's name.",
        "commandType": "The language of `command`.",
        "command": "The script that is run on the source image.",
        "systemDiskSizeGib": "Size of the system disk during the build, in GiB.",
        "enableGpu": "Whether the build machine has a GPU.",
        "codeRepo": "A repository whose content the command finds.",
    },
    "CodeRepo": {
        "platform": "Where the repository lives.",
        "owner": "As in the repository's address.",
        "repoName": "As in the repository's address.",
        "branch": "The branch to build from.",
        "endpoint": "Only for platforms that need it.",
        "orgId": "Only for platforms that need it.",
        "repoId": "Only for platforms that need it.",
    },
    "CustomImage": {
        "kind": "Tells the kind of source: `custom`.",
        "imageId": "The image: `m-…`.",
        "region": "The region that the image lives in.",
    },
    "DirectSpec": {
        "hubAccount": "A key of `computenest:accounts`: the account that the copies live in; the default one if unset.",
        "hubUid": "That account's id, needed where the source image lives in another account.",
        "permit": "Ids of the accounts that may launch from the copies.",
        "topology": "`tree`: every finished copy serves others; `star`: all copies come from the source's region.",
        "kmsKeys": "Region -> key that the copy there is encrypted with.",
        "imageQuota": "Images that the account may have in a region, checked before the first copy.",
        "perSource": "Running copies that one region may serve; 0 for no limit.",
        "perDestination": "Running copies that one region may take; 0 for no limit.",
        "stack": "`project/stack`, for information.",
    },
    "MarketplaceImage": {
        "kind": "Tells the kind of source: `marketplace`.",
        "commodityCode": "The product's code, `cmjj…`, from its address on the marketplace.",
        "commodityVersion": "The version's name, `V1.0`.",
    },
    "Package": {
        "account": "A key of `computenest:accounts`, for a package of another account.",
        "artifactId": "The package's id in Compute Nest.",
        "artifactName": "The package's name in Compute Nest, with its generation after a replacement that collides.",
        "description": "Shown in the console. Another description makes a new version.",
        "direct": "Set where the provider itself copies, without Compute Nest.",
        "distribution": "Region -> what it gets, known in a preview already: `copy of m-bp1…`.",
        "edition": "A digest of what the wanted version is made of.",
        "generation": "1, and one more for each replacement.",
        "images": "Region -> image id.",
        "incarnation": "How often a create has taken the artifact over; 0 while nobody has seen it.",
        "name": "The package's name in Compute Nest, by default the resource's. Changing it replaces the package.",
        "ownerId": "The resource's identity, minted when it is first named and kept for ever.",
        "reasons": "Region -> why it has no image; empty when nothing is missing.",
        "regions": "Where customers may deploy; order and repetition do not matter. `[all]` is every region where the "
        "source may go.",
        "reissued": "Whether the cloud once gave a region that stayed another image id.",
        "release": "Publish, and so distribute, the version; or keep it a draft.",
        "resourceGroupId": "Changing it replaces the package.",
        "retainVersions": "How many superseded versions to keep beside the live one.",
        "source": "Where the image comes from. A built image instead of another kind replaces the package.",
        "status": "Available, Draft (not to be released) or Incomplete.",
        "statuses": "Region -> Available, or what it is waiting for.",
        "tags": "Tags of the package.",
        "timeoutS": "The longest that one operation may take, in seconds.",
        "version": "The version whose images these are: `draft`, `1`, `2`, …",
        "versionName": "The version's name; by default derived from what the version is made of.",
        "visible": "Regions whose copy this account has seen.",
    },
    "PackageReference": {
        "images": "Region -> image id, such as a package's `images`.",
        "artifactId": "The package's id; with it, `relation` names the package.",
        "version": "The package's version.",
        "kind": "`package` or `map`; told by the other properties where it is not given.",
        "name": "The package's name, for messages.",
        "ownerId": "The package's identity.",
        "generation": "The package's generation.",
        "distribution": "The package's `distribution`.",
        "edition": "The package's `edition`.",
        "reasons": "The package's `reasons`.",
        "reissued": "The package's `reissued`.",
    },
    "Partner": {
        "kind": "`package` for a resource of this provider, `map` for a plain map of images.",
        "ownerId": "The package's identity.",
        "generation": "The package's generation.",
        "origin": "What each region gets.",
        "edition": "A digest of what the package's version is made of.",
        "artifactId": "The package's id.",
        "version": "The package's version.",
        "reissued": "Whether the cloud once gave a region that stayed another image id.",
    },
    "Association": {
        "account": "A key of `computenest:accounts`.",
        "name": "A name for messages.",
        "ownerId": "The resource's identity, minted when it is first named and kept for ever.",
        "packages": "Marker -> what stands behind it. A marker is the whole literal of an image id in the template "
        "(`ecs_image_web`), or the path of one position (`Resources.Web.Properties.ImageId`).",
        "positions": "Marker -> the paths where it stands.",
        "regions": "Where the service may be deployed; every package must be distributed to all of them.",
        "relation": "`ArtifactRelation` of the service: marker -> ArtifactId and ArtifactVersion.",
        "substitutions": "Marker -> region -> image id.",
        "template": "The template's text: ROS YAML or JSON, or Terraform. It never enters the state.",
        "templateName": "What messages call the template; its ending helps to tell the format (`main.tf`).",
    },
    "TemplateFacts": {
        "digest": "A digest of the template's bytes.",
        "format": "The template's format.",
        "sizeBytes": "The template's size, in bytes.",
    },
    "TemplatePosition": {
        "path": "The property's path.",
        "line": "The line it stands in, from 1.",
        "form": "How the image id is written: literal, reference, mapping, …",
        "value": "The literal, empty where there is none.",
        "resourceType": "The type of the resource that it belongs to.",
        "editable": "Whether a substitution can be made here.",
        "reason": "Why not, or what to beware of.",
    },
    **instance_words.PROPERTIES,
    **service_words.PROPERTIES,
    **uploads_words.PROPERTIES,
}

CONFIG: Mapping[str, str] = {
    "cloud": "Which cloud gets changed: `local` is the embedded cloud of this machine, `aliyun` the real one.",
    "region": "The control region of Compute Nest, not a target of distribution.",
    "accessKey": "The access key's id.",
    "secretKey": "The access key's secret.",
    "securityToken": "The session token of a temporary access key.",
    "endpoints": "Product -> endpoint, instead of the cloud's own.",
    "accounts": "Other accounts by name: `{customer: {profile: …}}` or `{hub: {roleArn: …}}`.",
    "assumeStableDelivery": "Whether previews show the image ids of regions that stay as known.",
    "pollIntervalS": "Between two looks at work in progress, in seconds.",
    "noAnswerS": "How long operations bear a cloud that gives no answer at all, in seconds (default 300).",
    "organization": "The organization's name, part of every new identity; only for engines that have several.",
}

FUNCTIONS: Mapping[str, str] = {
    "getPackage": "What the cloud shows of a package, by its id.",
    "getRepositoryCredentials": uploads_words.CREDENTIALS,
    "getTemplatePositions": "Where the ECS image ids of a template stand.",
    "renderTemplate": "A template with the images of one region; every other byte stays as it is.",
}
