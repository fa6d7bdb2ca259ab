"""The registry's API with the official SDK, and Compute Nest's own side of its registries. Nothing is pushed here."""

from __future__ import annotations

from typing import Any

import pytest
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_cr20181201 import models
from alibabacloud_cr20181201.client import Client as CrClient

from emulator.harness import both
from emulator.test_oss import Given


def cr(cloud: Any, account: str = "supplier") -> Any:
    return cloud.sdk(CrClient, account)


@pytest.fixture
def instance_id(cloud):
    body = {"account": "supplier", "region": "cn-hangzhou", "name": "own"}
    return cloud.control("POST", "registries", body)["instance_id"]


def test_instances_namespaces_and_repositories(cloud, instance_id, refused):
    api = cr(cloud)
    listed = api.list_instance(models.ListInstanceRequest()).body
    assert [entry.instance_id for entry in listed.instances] == [instance_id]
    assert api.get_instance(models.GetInstanceRequest(instance_id=instance_id)).body.instance_status == "RUNNING"
    space = {"instance_id": instance_id, "namespace_name": "team"}
    api.create_namespace(models.CreateNamespaceRequest(**space, auto_create_repo=False, default_repo_type="PUBLIC"))
    with refused("NAMESPACE_ALREADY_EXIST"):
        api.create_namespace(models.CreateNamespaceRequest(**space))
    found = api.get_namespace(models.GetNamespaceRequest(**space)).body
    assert (found.auto_create_repo, found.default_repo_type) == (False, "PUBLIC")
    place = {"instance_id": instance_id, "repo_namespace_name": "team", "repo_name": "web"}
    made = api.create_repository(models.CreateRepositoryRequest(**place, repo_type="PRIVATE", summary="one")).body
    assert api.get_repository(models.GetRepositoryRequest(**place)).body.repo_id == made.repo_id
    by_id = {"instance_id": instance_id, "repo_id": made.repo_id}
    api.update_repository(models.UpdateRepositoryRequest(**by_id, repo_type="PUBLIC", summary="two"))
    listed = api.list_repository(models.ListRepositoryRequest(instance_id=instance_id)).body.repositories
    assert [(entry.repo_name, entry.repo_type, entry.summary) for entry in listed] == [("web", "PUBLIC", "two")]
    assert not api.list_repo_tag(models.ListRepoTagRequest(**by_id)).body.images
    assert cloud.ledger()["accounts"]["supplier"]["repositories_outstanding"]
    with refused("NAMESPACE_NOT_EMPTY"):
        api.delete_namespace(models.DeleteNamespaceRequest(**space))
    api.delete_repository(models.DeleteRepositoryRequest(**by_id))
    api.delete_namespace(models.DeleteNamespaceRequest(**space))
    assert cloud.ledger()["is_empty"]


def test_others_instances_do_not_exist(cloud, instance_id, refused):
    other = cr(cloud, "customer")
    assert not other.list_instance(models.ListInstanceRequest()).body.instances
    for call in (
        lambda: other.get_instance(models.GetInstanceRequest(instance_id=instance_id)),
        lambda: other.get_authorization_token(models.GetAuthorizationTokenRequest(instance_id=instance_id)),
        lambda: other.create_namespace(models.CreateNamespaceRequest(instance_id=instance_id, namespace_name="mine")),
    ):
        with refused("INSTANCE_NOT_EXIST"):
            call()


@both("cr.refusals")
def test_how_a_refusal_looks(cloud, instance_id, refused, position):
    cloud.switch("cr.refusals", position)
    request = models.GetNamespaceRequest(instance_id=instance_id, namespace_name="none")
    if position == "status":
        with refused("NAMESPACE_NOT_EXIST"):
            cr(cloud).get_namespace(request)
    else:
        body = cr(cloud).get_namespace(request).body
        assert (body.is_success, body.code) == (False, "NAMESPACE_NOT_EXIST")


def _file(cloud: Any, *regions: str) -> tuple[str, str]:
    """A released file artifact, and its name in the buckets."""
    given = Given(cloud)
    name = f"{given.path}/app.tgz"
    given.first().put_object(name, b"content")
    request = nest.CreateArtifactRequest(
        artifact_type="File",
        name="app",
        version_name="one",
        support_region_ids=list(regions),
        artifact_property=nest.CreateArtifactRequestArtifactProperty(
            url=f"https://{given.bucket}.oss-{given.region}.aliyuncs.com/{name}"
        ),
    )
    artifact_id = cloud.nest().create_artifact(request).body.artifact_id
    cloud.release(artifact_id)
    cloud.advance(60)
    return artifact_id, name


@pytest.mark.wire
@both("file.regions")
def test_a_file_is_copied_to_its_regions(cloud, position):
    cloud.switch("file.regions", position)
    artifact_id, name = _file(cloud, "cn-beijing", "cn-shanghai")
    version = cloud.versions(artifact_id)[0]
    assert version.status == "Available"
    assert not version.image_delivery  # no API tells where it lies
    found = {entry["bucket"] for entry in cloud.control("GET", "objects") if entry["name"] == name}
    delivered = {bucket for bucket in found if "draft" not in bucket}
    if position == "all":
        assert len(delivered) == len(cloud.control("GET", "status")["regions"])
    else:
        assert delivered == {"computenest-artifacts-cn-beijing", "computenest-artifacts-cn-shanghai"}
    cloud.delete(artifact_id)
    assert cloud.ledger()["is_empty"]


@pytest.mark.wire
@both("file.end")
def test_a_file_ends_with_its_last_version(cloud, position):
    cloud.switch("file.end", position)
    artifact_id, name = _file(cloud, "cn-beijing")
    cloud.delete(artifact_id)
    left = [entry["bucket"] for entry in cloud.control("GET", "objects") if entry["name"] == name]
    assert bool(left) == (position == "stays")
    assert not [bucket for bucket in left if "draft" not in bucket]


def test_a_file_that_is_not_there_fails_the_delivery(cloud):
    given = Given(cloud)
    request = nest.CreateArtifactRequest(
        artifact_type="File",
        name="app",
        version_name="one",
        support_region_ids=["cn-beijing"],
        artifact_property=nest.CreateArtifactRequestArtifactProperty(
            url=f"https://{given.bucket}.oss-cn-hangzhou.aliyuncs.com/{given.path}/none"
        ),
    )
    artifact_id = cloud.nest().create_artifact(request).body.artifact_id
    cloud.release(artifact_id)
    cloud.advance(60)
    found = cloud.get(artifact_id)
    assert "NoSuchKey" in found.status_detail


@pytest.mark.parametrize("kind", ["AcrImage", "HelmChart"])
def test_a_tag_that_is_not_there_fails_the_delivery(cloud, kind):
    request = nest.CreateArtifactRequest(
        artifact_type=kind,
        name="web",
        version_name="one",
        artifact_property=nest.CreateArtifactRequestArtifactProperty(repo_name="web", tag="v1"),
    )
    artifact_id = cloud.nest().create_artifact(request).body.artifact_id
    cloud.release(artifact_id)
    cloud.advance(60)
    assert "EntityNotExist.Repository" in cloud.get(artifact_id).status_detail
