"""ECS's error codes with their HTTP statuses. fact: ecs-030 to ecs-032, ecs-045, ecs-046"""

from computenest_cloud.errors import ServiceError

_CODES: dict[str, tuple[int, str]] = {
    "InvalidRegionId.NotFound": (404, "The specified RegionId does not exist."),
    "SourceRegion.NotFound": (400, "The specified source region does not exist."),
    "DestinationRegion.NotFound": (400, "The specified destination region does not exist."),
    "InvalidImageId.NotFound": (404, "The specified ImageId does not exist."),
    "InvalidSnapshotId.NotFound": (400, "The specified SnapshotId does not exist."),
    "InvalidInstanceId.NotFound": (404, "The specified InstanceId does not exist."),
    "IncorrectImageStatus": (400, "The current status of the image does not support this operation."),
    "ImageCreatedNotFromCopy": (400, "The specified image was not created by CopyImage."),
    "InvalidImageName.Malformed": (400, "The specified image name is wrongly formed."),
    "InvalidImageName.Duplicated": (400, "The specified image name has already been used."),
    "InvalidDescription.Malformed": (400, "The specified description is wrongly formed."),
    "QuotaExceed.Image": (403, "The image quota of the account in this region is exceeded."),
    "QuotaExceed.ShareImageUser": (403, "An image can be shared with 50 accounts at most."),
    "InvalidAccount.NotFound": (404, "The specified account does not exist."),
    "InvalidAccount.Forbbiden": (404, "An image cannot be shared with its owner."),
    "OperationDenied.ImageCopying": (403, "The image is being copied; use CancelCopyImage."),
    "OperationDenied.SameRegionOnly": (403, "A shared image can only be copied within its region."),
    "OperationDenied.NotPublished": (403, "The corresponding marketplace image is not published in the region."),
    "OperationDeined.EncryptedSnapshot": (403, "An image encrypted with the service key cannot be shared."),
    "OperationDenied.MarketplaceImage": (403, "An image made from a marketplace image cannot be shared."),
    "OperationDenied.CommunityImage": (403, "A community image can neither be copied nor shared."),
    "IncorrectInstanceStatus": (403, "The current status of the instance does not support this operation."),
    "ImageUsingByInstance": (403, "The image is used by an instance."),
    "ImageUseShared": (403, "The image is shared with other accounts."),
    "DryRunOperation": (400, "Request validation has been passed with DryRun flag set."),
    "InvalidParameter": (400, "A parameter is not valid."),
    "InvalidResourceType.NotFound": (404, "The ResourceType provided does not exist in our records."),
    "InvalidResourceId.NotFound": (404, "The specified ResourceId does not exist."),
    "InvalidTagKey.Malformed": (400, "The specified tag key is not valid."),
    "NumberExceed.Tags": (400, "The tags of a resource exceed the limit of 20."),
}


def error(code: str, detail: str = "") -> ServiceError:
    status, message = _CODES[code]
    return ServiceError(status, code, f"{message} {detail}".rstrip())
