"""What direct distribution is told, and the names, tokens and tags that follow from it.

The copies of one package in one region differ only in what they are made of: the source image and the key that they
are encrypted with. A digest of that, the `edition`, is part of name, token and tags; so another source makes other
copies beside the old ones, and a second run finds what a first one began.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from computenest.kernel import identity
from computenest.kernel.arguments import quoted
from computenest.kernel.fields import About
from computenest.kernel.names import AccountName, ImageId, RegionId, Token
from computenest.kernel.unknown import Known
from computenest.kernel.values import Model

if TYPE_CHECKING:
    from computenest.resources._packages import image_package

    Package: TypeAlias = image_package.Package[Known]

EDITION_TAG = "computenest:edition"
SOURCE_TAG = "computenest:source"
STACK_TAG = "computenest:stack"
SHARE_TAG_PREFIX = "computenest:share-"
ENDED_TAG_PREFIX = "computenest:was-shared-"
PUBLIC = "public"
"""Stands among the accounts that a copy is shared with where somebody made it public: everybody may launch from it."""
MAX_PERMITTED = 50  # accounts that one image may be shared with (facts §4); more needs a ticket
_MAX_STEM = 100
_RESOURCE_ID = re.compile(r"o-[0-9a-f]{24}-g\d+")
_MARKED = re.compile(r".+-[0-9a-f]{12}")
_MAX_TAG_VALUE = 128


def _uid(text: str) -> str:
    if not (text.isascii() and text.isdigit() and 10 <= len(text) <= 20):
        raise ValueError(
            f"{quoted(text)} is not an account's id: a number of 16 digits, from the console's account page"
        )
    return text


Uid = Annotated[str, AfterValidator(_uid)]
Permitted = Annotated[str, AfterValidator(lambda text: text if text == PUBLIC else _uid(text))]


class DirectSpec(Model):
    """How the provider itself copies, into an account of yours, without Compute Nest.

    PUBLIC is among `permit` only in what a refresh saw.
    """

    hub_account: Annotated[
        AccountName,
        About("A key of `computenest:accounts`: the account that the copies live in; the default one if unset."),
    ] = AccountName("")
    hub_uid: Annotated[
        Uid | None, About("That account's id, needed where the source image lives in another account.")
    ] = None
    permit: Annotated[tuple[Permitted, ...], About("Ids of the accounts that may launch from the copies.")] = ()
    topology: Annotated[
        Literal["tree", "star"],
        About("`tree`: every finished copy serves others; `star`: all copies come from the source's region."),
    ] = "tree"
    kms_keys: Annotated[Mapping[RegionId, str], About("Region -> key that the copy there is encrypted with.")] = Field(
        default_factory=dict
    )
    image_quota: Annotated[
        int | None, About("Images that the account may have in a region, checked before the first copy."), Field(ge=1)
    ] = None
    per_source: Annotated[
        int, About("Running copies that one region may serve; 0 for no limit."), Field(ge=0, le=1000)
    ] = 5
    per_destination: Annotated[
        int, About("Running copies that one region may take; 0 for no limit."), Field(ge=0, le=1000)
    ] = 5
    stack: Annotated[str, About("`project/stack`, for information.")] = ""


def is_root_shared(package: Package) -> bool:
    """Whether the source image belongs to another account than the copies, and has to be shared with it first."""
    return package.direct is not None and package.direct.hub_account != package.account


def resource_id(package: Package) -> str:
    """The id of a package in direct distribution: known before anything exists, so it cannot be lost."""
    return f"{package.owner_id}-g{package.generation}"


def is_resource_id(text: object) -> bool:
    """Whether this is the id of a package in direct distribution, which the cloud knows nothing of."""
    return isinstance(text, str) and _RESOURCE_ID.fullmatch(text) is not None


def edition(package: Package, region: RegionId) -> str:
    """A digest of what the copy in a region is made of."""
    key = package.direct.kms_keys.get(region, "") if package.direct else ""
    return identity.digest(json.dumps([package.source.artifact_property(), key], sort_keys=True), length=12)


def copy_name(package: Package, region: RegionId) -> str:
    """The image's name in every region: readable, unique to owner, generation and edition, legal whatever the user's
    own name is (facts §4: 2 to 128 characters, a letter first)."""
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in package.name)[:_MAX_STEM]
    if not stem[:1].isalpha() or stem.lower().startswith(("http", "aliyun", "acs")):
        stem = f"i-{stem}"
    mark = identity.digest(package.owner_id, str(package.generation), edition(package, region), length=12)
    return f"{stem}-{mark}"


def is_copy_name(name: str) -> bool:
    """Whether a name has the form that `copy_name` gives."""
    return _MARKED.fullmatch(name) is not None


def copy_token(package: Package, region: RegionId, predecessor: str) -> Token:
    """The ClientToken of one copy. `predecessor` is the copy that this one follows (it failed, or got lost), "" for
    the first: a token answers with its first copy for ever, even after that is gone, so the chain leads to the last."""
    return identity.token(package.owner_id, package.generation, "copy", edition(package, region), region, predecessor)


def copy_tags(package: Package, region: RegionId, *, incarnation: int = 1) -> dict[str, str]:
    """The tags of the copy in a region: the user's own, and what makes it ours."""
    tags = {
        **package.tags,
        **identity.owner_tags(package.owner_id, package.generation),
        EDITION_TAG: edition(package, region),
        SOURCE_TAG: str(package.source.artifact_property().get("ImageId", "")),
    }
    if package.direct and package.direct.stack:
        tags[STACK_TAG] = package.direct.stack
    if incarnation > 1:
        tags[identity.INCARNATION_TAG] = str(incarnation)
    return tags


def share_tag(package: Package) -> str:
    """The tag that the source image carries while it is shared on our behalf: ours to take back, and only then."""
    return share_tag_of(package.owner_id, package.generation)


def share_tag_of(owner_id: str, generation: int) -> str:
    """The same, from an owner's identity alone."""
    return SHARE_TAG_PREFIX + identity.digest(owner_id, str(generation), length=12)


def ended_tag_of(share: str) -> str:
    """The tag that a source keeps after a share which another run began, from the tag of that share. That run may be
    alive still, and share the source once more at a moment when nobody knows. Whoever comes by next looks, and takes
    share and tag away."""
    return ENDED_TAG_PREFIX + share.removeprefix(SHARE_TAG_PREFIX)


def share_mark(package: Package, account: str = "") -> dict[str, str]:
    """That tag with its value: the account that the image is shared with (the hub's where none is named), and the
    stack, for `computenest orphans`."""
    direct = package.direct
    parts = [account or direct.hub_uid or "", direct.stack] if direct else [account]
    return {share_tag(package): "/".join(part for part in parts if part)[:_MAX_TAG_VALUE]}


def ended_tag(package: Package) -> str:
    """The tag of this package's share after it was ended for another run."""
    return ended_tag_of(share_tag(package))


def ended_mark(package: Package, account: str = "") -> dict[str, str]:
    """That tag with its value, the same as that of the share."""
    return {ended_tag(package): share_mark(package, account)[share_tag(package)]}


def origin_of(image_id: ImageId | str) -> str:
    """What previews say of a region that holds a copy of this image."""
    return f"copy of {image_id}"
