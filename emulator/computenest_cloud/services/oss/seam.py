"""What the object storage has for other services: objects, uploads, signed URLs."""

from computenest_cloud.services.oss.buckets import FILES, HOME
from computenest_cloud.services.oss.front import BUCKET
from computenest_cloud.services.oss.multipart import Multipart
from computenest_cloud.services.oss.objects import Objects, Uploads, split_url
from computenest_cloud.services.oss.records import OBJECTS, StoredObject
from computenest_cloud.services.oss.signing import SignedRequest, sign, string_to_sign

__all__ = [
    "BUCKET",
    "FILES",
    "HOME",
    "OBJECTS",
    "Multipart",
    "Objects",
    "SignedRequest",
    "StoredObject",
    "Uploads",
    "sign",
    "split_url",
    "string_to_sign",
]
