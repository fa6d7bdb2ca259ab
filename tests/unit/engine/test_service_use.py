"""Which superseded versions a refresh may promise to remove: those that no version of any service names."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from computenest.kernel.errors import Permanent, Transient
from computenest.kernel.names import ArtifactId, VersionId
from computenest.resources._packages.content_model import Kind
from computenest.resources.service.package_use import ServiceUse
from computenest.resources.service.seen import Content, Version
from lifecycle.images import check, diff, inputs_of
from lifecycle.kinds import CONTENT_DIFFS

CUSTOM = {"kind": "custom", "imageId": "m-bp1abcdefghij", "region": "cn-hangzhou"}
WEB = ArtifactId("artifact-web")
ASKED = (VersionId("1"), VersionId("2"))


class _Services:
    """Services of an account: id and version -> the relations of that version."""

    def __init__(self, relations: Mapping[tuple[str, str], Any], refusal: Exception | None = None) -> None:
        self.relations, self.refusal, self.calls = relations, refusal, 0

    async def owned_versions(self, *, tags: Mapping[str, str]) -> Mapping[str, tuple[Version, ...]]:
        self.calls += 1
        assert not tags, "of whomever: it need not be a stack's service that uses it"
        ids = sorted({service_id for service_id, _ in self.relations})
        return {
            i: tuple(Version(version=VersionId(v), status="Online") for s, v in self.relations if s == i) for i in ids
        }

    async def get(self, *, service_id: str, version: str) -> Content | None:
        self.calls += 1
        if self.refusal is not None:
            raise self.refusal
        found = self.relations[service_id, version]
        if found is None:
            return None  # deleted since it was listed
        document = {"SupplierDeployMetadata": found}
        return Content(service_id=service_id, version=VersionId(version), status="Online", metadata=document)


def unused(services: Any, versions: tuple[VersionId, ...] = ASKED) -> tuple[str, ...]:
    return asyncio.run(ServiceUse(services).unused(WEB, versions))


def test_what_any_version_of_any_service_names_stays() -> None:
    target = {"ArtifactId": WEB, "ArtifactVersion": "1"}
    other = {"ArtifactId": "artifact-other", "ArtifactVersion": "2"}
    services = {
        ("service-a", "draft"): {"ArtifactRelation": {"web": {**target, "ArtifactVersion": "3"}}},
        ("service-a", "1"): {"FileArtifactRelation": [{"{{ computenest::file::x }}": target}]},
        ("service-b", "1"): {"ArtifactRelation": {"web": other}},
        ("service-b", "2"): None,
    }
    assert unused(_Services(services)) == ("2",)


def test_nothing_is_asked_where_nothing_is_superseded() -> None:
    services = _Services({("service-a", "1"): None})
    assert unused(services, ()) == ()
    assert services.calls == 0


@pytest.mark.parametrize("refusal", [Permanent("NoPermission"), Transient("Throttling")])
def test_where_it_cannot_be_told_nothing_is_promised(refusal: Exception) -> None:
    assert unused(_Services({("service-a", "1"): {}}, refusal)) == ()


def test_what_a_refresh_found_is_a_change_until_it_is_gone() -> None:
    wanted = {"ownerId": "o-1", "name": "web", "source": CUSTOM, "regions": ["cn-hangzhou"]}
    news = dict(check({}, wanted, recorded=None).inputs)
    known = {**news, "status": "Available", "images": {"cn-hangzhou": "m-x"}}
    found = {**known, "superseded": {"1": "no service uses it any more"}}
    assert inputs_of(found)["superseded"] == {"1": "no service uses it any more"}
    assert (diff(known, news).changes, diff(found, news).changes) == ((), ("superseded",))
    assert not diff(found, news).replaces
    file = {"ownerId": "o-1", "name": "web", "content": "c"}
    assert CONTENT_DIFFS[Kind.FILE]({**file, "superseded": found["superseded"]}, file).changes == ("superseded",)
