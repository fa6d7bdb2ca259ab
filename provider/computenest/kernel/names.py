"""The identifiers of the domain, each a type of its own so that no bare string crosses a layer."""

from __future__ import annotations

from typing import NewType

RegionId = NewType("RegionId", str)  # cn-hangzhou
ImageId = NewType("ImageId", str)  # m-bp1…
ArtifactId = NewType("ArtifactId", str)  # artifact-…
VersionId = NewType("VersionId", str)  # "draft", "1", "2", …
OwnerId = NewType("OwnerId", str)  # minted once for a resource, see identity
Token = NewType("Token", str)  # ClientToken: ASCII, at most 64 characters
AccountName = NewType("AccountName", str)  # a key of computenest:accounts, "" for the default account
