"""The rows of ECS: images, and whom they are shared with."""

from collections.abc import Mapping
from typing import Literal

from computenest_cloud.store.records import Record
from computenest_cloud.store.tables import TableKind

ImageStatus = Literal["Waiting", "Creating", "Available", "UnAvailable", "CreateFailed", "Deprecated"]
ImageRole = Literal["own", "base", "copy", "build"]
Encryption = Literal["none", "service", "cmk"]


class Image(Record):
    image_id: str
    seq: int
    region: str
    owner_uid: str
    name: str
    size_gib: int
    created_at: float
    status: ImageStatus = "Available"
    description: str = ""
    family: str = ""
    encryption: Encryption = "none"
    is_catalogue: bool = False  # present from the beginning: not counted by the ledger
    is_public: bool = False
    is_in_use: bool = False
    tags: Mapping[str, str] = {}
    resource_group_id: str = ""
    snapshot_id: str = ""
    product_code: str = ""  # of the marketplace product that it is, or was made from
    source_image_id: str = ""
    source_region: str = ""
    started_at: float | None = None
    due_at: float | None = None
    ended_at: float | None = None  # when its copying did
    failure: str = ""  # "code: message" that its copying will end, or has ended, with
    role: ImageRole = "own"
    version_key: str = ""  # the artifact version that it was made for
    visible_at: float = 0.0

    @property
    def key(self) -> str:
        return self.image_id

    @property
    def is_copying(self) -> bool:
        return self.status in {"Waiting", "Creating"} and self.source_image_id != ""


class Share(Record):
    image_id: str
    account_uid: str
    shared_at: float
    made_by: Literal["owner", "delivery", "launch", "whitelist"] = "owner"

    @property
    def key(self) -> str:
        return f"{self.image_id}/{self.account_uid}"


IMAGES = TableKind("images", Image, group=lambda image: image.region)
SHARES = TableKind("shares", Share, group=lambda share: share.image_id)
