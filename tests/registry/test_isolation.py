"""A second tenant reads and changes nothing: every action of the registry, its API and the storage, tried on another's.

The actions come from the cloud's own tables; one that is added without a trial here fails the first test.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote, urlencode

import oss2
import pytest
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_cr20181201 import models
from Tea.exceptions import TeaException

from computenest_cloud.services.cr.handlers import CrHandlers
from computenest_cloud.services.oss.actions import Actions
from computenest_cloud.services.registry.calls import ACTIONS as REGISTRY_ACTIONS
from emulator.test_oss import Given
from registry.world import OCI_MANIFEST, Client, cr, nest_key

LAYER = b"layer"
DIGEST = "sha256:" + hashlib.sha256(LAYER).hexdigest()
REFUSED = {401, 403, 404, 405}

REGISTRY = {
    "CheckVersion": None,  # says nothing about anybody
    "ListCatalog": ("GET", "/v2/_catalog"),
    "PullManifest": ("GET", "/v2/{name}/manifests/v1"),
    "CheckManifest": ("HEAD", "/v2/{name}/manifests/v1"),
    "PushManifest": ("PUT", "/v2/{name}/manifests/v1"),
    "DeleteManifest": ("DELETE", "/v2/{name}/manifests/{digest}"),
    "PullBlob": ("GET", "/v2/{name}/blobs/{layer}"),
    "CheckBlob": ("HEAD", "/v2/{name}/blobs/{layer}"),
    "DeleteBlob": ("DELETE", "/v2/{name}/blobs/{layer}"),
    "StartUpload": ("POST", "/v2/{name}/blobs/uploads/"),
    "UploadChunk": ("PATCH", "{upload}"),
    "FinishUpload": ("PUT", "{upload}&digest={layer}"),
    "CheckUpload": ("GET", "{upload}"),
    "CancelUpload": ("DELETE", "{upload}"),
    "ListTags": ("GET", "/v2/{name}/tags/list"),
    "ListReferrers": ("GET", "/v2/{name}/referrers/{digest}"),
}

STORAGE = {
    "ListBuckets": None,  # nobody owns any
    "GetBucketInfo": None,  # the buckets are Compute Nest's, their region is no secret
    "GetBucketLocation": None,
    "PutBucket": ("PUT", "", {}),
    "DeleteBucket": ("DELETE", "", {}),
    "ListObjects": ("GET", "", {"prefix": "{uid}/"}),
    "ListObjectsV2": ("GET", "", {"prefix": "{uid}/", "list-type": "2"}),
    "ListMultipartUploads": ("GET", "", {"prefix": "{uid}/", "uploads": ""}),
    "PutObject": ("PUT", "{key}", {}),
    "CopyObject": ("PUT", "{mine}", {}),
    "GetObject": ("GET", "{key}", {}),
    "HeadObject": ("HEAD", "{key}", {}),
    "GetObjectMeta": ("GET", "{key}", {"objectMeta": ""}),
    "DeleteObject": ("DELETE", "{key}", {}),
    "DeleteMultipleObjects": ("POST", "", {"delete": ""}),
    "InitiateMultipartUpload": ("POST", "{key}", {"uploads": ""}),
    "UploadPart": ("PUT", "{key}", {"partNumber": "1", "uploadId": "{upload}"}),
    "UploadPartCopy": ("PUT", "{mine}", {"partNumber": "1", "uploadId": "{own_upload}"}),
    "CompleteMultipartUpload": ("POST", "{key}", {"uploadId": "{upload}"}),
    "AbortMultipartUpload": ("DELETE", "{key}", {"uploadId": "{upload}"}),
    "ListParts": ("GET", "{key}", {"uploadId": "{upload}"}),
}


def _api_actions() -> set[str]:
    return set(CrHandlers(None, None).actions())  # type: ignore[arg-type]


def test_every_action_is_tried():
    assert set(REGISTRY) == set(REGISTRY_ACTIONS)
    assert set(STORAGE) == set(Actions(None, None, None).table)  # type: ignore[arg-type]


def _seen(cloud: Any) -> Any:
    """What lies where; without the books of who has which namespace."""
    kept = [row for row in cloud.control("GET", "objects") if "/_uploads/" not in row["name"]]
    return kept, [entry["repositories"] for entry in cloud.control("GET", "registries")]


def test_the_registry(cloud):
    key, other = nest_key(cloud), nest_key(cloud, "customer")
    owner, thief = Client(key, key.host), Client(other, key.host)
    name = f"{key.namespace}/web"
    digest = owner.push(name, "v1", LAYER)
    begun = owner.send("POST", f"/v2/{name}/blobs/uploads/", owner.token(f"repository:{name}:pull,push"))
    upload = begun.headers["location"].partition(key.host)[2]
    before = _seen(cloud)
    scopes = [f"repository:{name}:pull,push,delete", "registry:catalog:*", f"repository:{other.namespace}/x:pull,push"]
    tokens = {"none": "", "the thief's": thief.token(*scopes), "anonymous": Client(None, key.host).token(scopes[0])}
    for action, trial in REGISTRY.items():
        if trial is None:
            continue
        method, path = trial[0], trial[1].format(name=name, digest=digest, layer=DIGEST, upload=upload)
        for whose, token in tokens.items():
            body = b"{}" if method in {"PUT", "PATCH"} else b""
            answer = thief.send(method, path, token, body=body, headers={"content-type": OCI_MANIFEST})
            assert answer.status in REFUSED, (action, whose, answer)
    mount = f"/v2/{other.namespace}/x/blobs/uploads/?{urlencode({'mount': DIGEST, 'from': name})}"
    assert thief.send("POST", mount, tokens["the thief's"]).status in {*REFUSED, 202}  # 202: nothing was mounted
    assert thief.send("HEAD", f"/v2/{other.namespace}/x/blobs/{DIGEST}", tokens["the thief's"]).status == 404
    after = _seen(cloud)
    assert [row for row in after[0] if row in before[0]] == before[0]
    assert owner.send("GET", f"/v2/{name}/tags/list", owner.token(f"repository:{name}:pull")).status == 200


@pytest.mark.parametrize("how", ["temporary", "permanent", "nobody"])
def test_the_storage(cloud, how):
    given, own = Given(cloud), Given(cloud, "customer")
    key = f"{given.path}/secret.txt"
    given.first().put_object(key, b"secret")
    upload = given.first().init_multipart_upload(key).upload_id
    own_upload = own.first().init_multipart_upload(f"{own.path}/mine").upload_id
    keys = cloud.handle["accounts"]["customer"]
    auth: Any = {
        "temporary": oss2.StsAuth(*own.keys),
        "permanent": oss2.Auth(keys["access_key_id"], keys["access_key_secret"]),
        "nobody": oss2.AnonymousAuth(),
    }[how]
    bucket = oss2.Bucket(auth, given.endpoint, given.bucket)
    texts = {"uid": given.uid, "key": key, "mine": f"{own.path}/mine", "upload": upload, "own_upload": own_upload}
    before = _seen(cloud)
    for action, trial in STORAGE.items():
        if trial is None:
            continue
        method, name, query = trial[0], trial[1].format(**texts), {k: v.format(**texts) for k, v in trial[2].items()}
        headers = {"x-oss-copy-source": quote(f"/{given.bucket}/{key}")} if "Copy" in action else {}
        body = {
            "PutBucket": "",
            "DeleteMultipleObjects": f"<Delete><Object><Key>{key}</Key></Object></Delete>",
            "CompleteMultipartUpload": "<CompleteMultipartUpload></CompleteMultipartUpload>",
        }.get(action, "x" if method == "PUT" else "")
        do = super(oss2.Bucket, bucket)._do
        with pytest.raises(oss2.exceptions.OssError) as caught:
            do(method, given.bucket, name, params=query, headers=headers, data=body)
        assert caught.value.status in {403, 409}, (action, caught.value)  # 409: the bucket's name is taken
    assert _seen(cloud) == before
    assert given.first().get_object(key).read() == b"secret"
    assert [found.upload_id for found in given.first().list_multipart_uploads(prefix=given.path).upload_list] == [
        upload
    ]


def test_registries_buckets_are_closed(cloud):
    key = nest_key(cloud)
    Client(key, key.host).push(f"{key.namespace}/web", "v1", LAYER)
    bucket_name = cloud.control("GET", "registries")[0]["bucket"]
    blob = next(row["name"] for row in cloud.control("GET", "objects") if row["bucket"] == bucket_name)
    for account in ("supplier", "customer", "hub"):
        keys = cloud.handle["accounts"][account]
        auth = oss2.Auth(keys["access_key_id"], keys["access_key_secret"])
        bucket = oss2.Bucket(auth, f"http://{cloud.handle['endpoint']}", bucket_name)
        for trial in (bucket.get_object, bucket.delete_object, lambda name, at=bucket: at.put_object(name, b"x")):
            with pytest.raises(oss2.exceptions.AccessDenied):
                trial(blob)


def test_the_registrys_api(cloud):
    made = cloud.control("POST", "registries", {"account": "supplier", "region": "cn-hangzhou", "name": "own"})
    instance_id, api, other = made["instance_id"], cr(cloud), cr(cloud, "customer")
    api.create_namespace(models.CreateNamespaceRequest(instance_id=instance_id, namespace_name="team"))
    place = {"instance_id": instance_id, "repo_namespace_name": "team", "repo_name": "web"}
    repo_id = api.create_repository(
        models.CreateRepositoryRequest(**place, repo_type="PRIVATE", summary="one")
    ).body.repo_id
    values = {
        "instance_id": instance_id,
        "namespace_name": "team",
        "repo_namespace_name": "team",
        "repo_name": "web",
        "repo_id": repo_id,
        "tag": "v1",
        "summary": "stolen",
        "repo_type": "PUBLIC",
        "endpoint_type": "internet",
        "enable": True,
        "entry": "0.0.0.0/0",
        "vpc_id": "vpc-1",
        "vswitch_id": "vsw-1",
    }
    before = json.dumps([cloud.ledger(), _seen(cloud)], sort_keys=True)
    for action in sorted(_api_actions() - {"ListInstance", "GetInstanceCount"}):
        request = getattr(models, f"{action}Request")()
        for name, value in values.items():
            if hasattr(request, name):
                setattr(request, name, value)
        words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in action).strip("_")
        with pytest.raises(TeaException) as caught:
            getattr(other, words)(request)
        assert caught.value.code == "INSTANCE_NOT_EXIST", (action, caught.value)
    assert not other.list_instance(models.ListInstanceRequest()).body.instances
    assert json.dumps([cloud.ledger(), _seen(cloud)], sort_keys=True) == before


def test_compute_nests_repositories(cloud):
    key = nest_key(cloud)
    Client(key, key.host).push(f"{key.namespace}/web", "v1", LAYER)
    own, other = cloud.nest(), cloud.nest("customer")
    found = own.list_acr_image_repositories(nest.ListAcrImageRepositoriesRequest()).body.repositories
    repo_id = found[0].repo_id
    assert not other.list_acr_image_repositories(nest.ListAcrImageRepositoriesRequest()).body.repositories
    place = {"region_id": "cn-hangzhou", "repo_id": repo_id}
    trials = [
        lambda: other.list_acr_image_tags(nest.ListAcrImageTagsRequest(repo_id=repo_id)),
        lambda: other.delete_acr_image_repositories(nest.DeleteAcrImageRepositoriesRequest(**place)),
        lambda: other.delete_acr_image_tags(nest.DeleteAcrImageTagsRequest(**place, tag="v1")),
    ]
    for trial in trials:
        with pytest.raises(TeaException) as caught:
            trial()
        assert caught.value.code == "EntityNotExist.Repository"
    assert [tag.tag for tag in own.list_acr_image_tags(nest.ListAcrImageTagsRequest(repo_id=repo_id)).body.images] == [
        "v1"
    ]
    own.delete_acr_image_repositories(nest.DeleteAcrImageRepositoriesRequest(**place))
    assert cloud.ledger()["is_empty"]
