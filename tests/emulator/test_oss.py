"""Object storage with both official SDKs, unmodified: whole objects, parts, lists, signatures, expiry, isolation."""

from __future__ import annotations

import base64
import hashlib
import io
import resource
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import alibabacloud_oss_v2 as oss
import oss2
import pytest
from alibabacloud_computenestsupplier20210521 import models as nest

from emulator.harness import both

pytestmark = pytest.mark.wire

PART = 200 << 10
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Given:
    """What GetArtifactRepositoryCredentials gives for files."""

    def __init__(self, cloud: Any, account: str = "supplier", region: str | None = None) -> None:
        request = nest.GetArtifactRepositoryCredentialsRequest(artifact_type="File", deploy_region_id=region)
        found = cloud.nest(account).get_artifact_repository_credentials(request).body
        keys, place = found.credentials, found.available_resources[0]
        self.keys = (keys.access_key_id, keys.access_key_secret, keys.security_token)
        self.bucket, self.region, self.path = place.repository_name, place.region_id, place.path
        self.endpoint = f"http://{cloud.handle['endpoint']}"
        self.uid = cloud.handle["accounts"][account]["uid"]

    def first(self, *, version: int = 4) -> oss2.Bucket:
        """The older SDK."""
        if version == 4:
            return oss2.Bucket(self._auth4(), self.endpoint, self.bucket, region=self.region)
        return oss2.Bucket(oss2.StsAuth(*self.keys), self.endpoint, self.bucket)

    def _auth4(self) -> Any:
        return oss2.ProviderAuthV4(oss2.credentials.StaticCredentialsProvider(*self.keys))

    def second(self, *, version: str = "v4") -> oss.Client:
        """The newer one."""
        config = oss.config.load_default()
        config.credentials_provider = oss.credentials.StaticCredentialsProvider(*self.keys)
        config.region, config.endpoint, config.signature_version = self.region, self.endpoint, version
        config.use_path_style = True
        return oss.Client(config)


@pytest.fixture
def given(cloud):
    return Given(cloud)


def refused(code: str) -> Any:
    return pytest.raises(oss2.exceptions.OssError, check=lambda error: error.code == code)


@pytest.mark.parametrize("version", [1, 4])
def test_the_older_sdk(given, version):
    bucket, name = given.first(version=version), f"{given.path}/a b+ü.txt"
    assert bucket.put_object(name, b"one", headers={"x-oss-meta-kind": "x"}).status == 200  # checks the CRC itself
    assert bucket.get_object(name).read() == b"one"
    assert bucket.get_object(name, byte_range=(1, 2)).read() == b"ne"
    head = bucket.head_object(name)
    assert (head.content_length, head.headers["x-oss-meta-kind"]) == (3, "x")
    assert bucket.get_object_meta(name).content_length == 3
    assert bucket.get_bucket_info().location == "oss-cn-hangzhou"
    bucket.copy_object(given.bucket, name, f"{given.path}/copy")
    assert [found.key for found in oss2.ObjectIterator(bucket, prefix=given.path)] == [name, f"{given.path}/copy"]
    bucket.batch_delete_objects([name, f"{given.path}/copy"])
    assert not bucket.object_exists(name)
    bucket.delete_object(name)


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_the_newer_sdk(given, version):
    client, name = given.second(version=version), f"{given.path}/a b+ü.txt"
    client.put_object(oss.PutObjectRequest(bucket=given.bucket, key=name, body=b"one", metadata={"kind": "x"}))
    found = client.get_object(oss.GetObjectRequest(bucket=given.bucket, key=name))
    assert (found.body.content, found.metadata["kind"]) == (b"one", "x")
    part = oss.GetObjectRequest(bucket=given.bucket, key=name, range_header="bytes=1-1")
    assert client.get_object(part).body.content == b"n"
    listed = client.list_objects_v2(oss.ListObjectsV2Request(bucket=given.bucket, prefix=given.path))
    assert [entry.key for entry in listed.contents] == [name]
    client.delete_object(oss.DeleteObjectRequest(bucket=given.bucket, key=name))
    with pytest.raises(oss.exceptions.OperationError, match="NoSuchKey"):
        client.get_object(oss.GetObjectRequest(bucket=given.bucket, key=name))


def test_lists_page_and_group(given):
    bucket = given.first()
    names = [f"{given.path}/{folder}/{n}" for folder in "ab" for n in range(3)] + [f"{given.path}/top"]
    for name in names:
        bucket.put_object(name, b"")
    pages, marker = [], ""
    while True:
        found = bucket.list_objects(prefix=f"{given.path}/", delimiter="/", marker=marker, max_keys=1)
        pages += [entry.key for entry in found.object_list] + found.prefix_list
        if not found.is_truncated:
            break
        marker = found.next_marker
    assert pages == [f"{given.path}/a/", f"{given.path}/b/", f"{given.path}/top"]
    assert [entry.key for entry in oss2.ObjectIteratorV2(bucket, prefix=given.path, max_keys=2)] == names


def test_multipart_with_both(given, tmp_path):
    content = bytes(range(256)) * (3 * PART // 256)
    source = tmp_path / "source"
    source.write_bytes(content)
    bucket, name = given.first(), f"{given.path}/large"
    oss2.resumable_upload(bucket, name, str(source), multipart_threshold=PART, part_size=PART, num_threads=2)
    assert bucket.get_object(name).read() == content
    uploader = given.second().uploader(part_size=PART)
    uploader.upload_from(oss.PutObjectRequest(bucket=given.bucket, key=name + "2"), io.BytesIO(content))
    assert bucket.get_object(name + "2").read() == content


def test_parts_survive_and_are_checked(given):
    bucket, name = given.first(), f"{given.path}/large"
    upload_id = bucket.init_multipart_upload(name).upload_id
    first = bucket.upload_part(name, upload_id, 1, b"a" * PART)
    again = bucket.upload_part(name, upload_id, 1, b"b" * PART)
    last = bucket.upload_part(name, upload_id, 2, b"c")
    assert first.etag != again.etag
    assert [(p.part_number, p.size) for p in bucket.list_parts(name, upload_id).parts] == [(1, PART), (2, 1)]
    assert [found.key for found in bucket.list_multipart_uploads(prefix=given.path).upload_list] == [name]
    parts = [oss2.models.PartInfo(1, first.etag), oss2.models.PartInfo(2, last.etag)]
    with refused("InvalidPart"):
        bucket.complete_multipart_upload(name, upload_id, parts)
    parts[0] = oss2.models.PartInfo(1, again.etag)
    bucket.complete_multipart_upload(name, upload_id, parts)
    assert bucket.get_object(name).read() == b"b" * PART + b"c"
    with refused("NoSuchUpload"):
        bucket.list_parts(name, upload_id)
    gone = bucket.init_multipart_upload(name).upload_id
    bucket.upload_part(name, gone, 1, b"x")
    bucket.abort_multipart_upload(name, gone)
    with refused("NoSuchUpload"):
        bucket.upload_part(name, gone, 2, b"x")


def test_a_wrong_md5_is_refused(given):
    digest = base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()
    with refused("InvalidDigest"):
        given.first().put_object(f"{given.path}/x", b"one", headers={"Content-MD5": digest})


def _get(url: str) -> tuple[int, bytes]:
    try:
        with _OPENER.open(url, timeout=100) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def _signed(given: Given, name: str, way: str) -> str:
    if way in {"older-1", "older-4"}:
        return str(given.first(version=int(way[-1])).sign_url("GET", name, 600, slash_safe=True))
    client = given.second(version=f"v{way[-1]}")
    request = oss.GetObjectRequest(bucket=given.bucket, key=name)
    return str(client.presign(request, expires=timedelta(seconds=600)).url)


def test_signed_urls_expire(start):
    cloud = start("--virtual")  # of its own: clients sign by a clock that no earlier test has left behind
    given = Given(cloud)
    name = f"{given.path}/a.txt"
    given.first().put_object(name, b"one")
    urls = {way: _signed(given, name, way) for way in ("older-1", "older-4", "newer-1", "newer-4")}
    for way, url in urls.items():
        assert _get(url) == (200, b"one"), way
        assert _get(url.replace("a.txt", "b.txt"))[0] == 403, way
        assert _get(url.partition("?")[0])[0] == 403, way
    cloud.advance(601)
    for way, url in urls.items():
        status, body = _get(url)
        assert (status, b"expired" in body) == (403, True), way


def test_temporary_keys_expire_and_know_their_prefix(cloud, given):
    bucket = given.first()
    bucket.put_object(f"{given.path}/x", b"")
    for name in ("x", "1/x", f"{given.uid}/other-region/x"):
        with refused("AccessDenied"):
            bucket.put_object(name, b"")
    with refused("AccessDenied"):
        bucket.list_objects()
    cloud.advance(3601)
    with refused("SecurityTokenExpired"):
        bucket.put_object(f"{given.path}/x", b"")


def test_a_wrong_region_or_secret_is_refused(given):
    given.keys = (given.keys[0], "wrong", given.keys[2])
    for version in (1, 4):
        with refused("SignatureDoesNotMatch"):
            given.first(version=version).put_object(f"{given.path}/x", b"")
    given.region = "cn-beijing"
    with refused("InvalidArgument"):
        given.first().put_object(f"{given.path}/x", b"")


def test_a_region_has_its_bucket(cloud):
    beijing = Given(cloud, region="cn-beijing")
    assert (beijing.region, beijing.bucket) == ("cn-beijing", "computenest-artifacts-draft-cn-beijing")
    beijing.first().put_object(f"{beijing.path}/x", b"one")
    inside = cloud.control("POST", "networks", {"region": "cn-beijing"})
    elsewhere = cloud.control("POST", "networks", {"region": "cn-shanghai"})
    public = beijing.endpoint
    for host, works in ((inside["storage"], True), (elsewhere["storage"], False)):
        beijing.endpoint = f"http://{host}"
        if works:
            assert beijing.first().get_object(f"{beijing.path}/x").read() == b"one"
        else:
            with refused("AccessDenied"):
                beijing.first().get_object(f"{beijing.path}/x")
    beijing.endpoint = public
    assert beijing.first().object_exists(f"{beijing.path}/x")


@both("file.upload_path")
def test_the_path_of_an_upload(cloud, position):
    cloud.switch("file.upload_path", position)
    first, second = Given(cloud), Given(cloud)
    assert (first.path == second.path) == (position == "stable")
    name = f"{first.path}/begun"
    upload_id = first.first().init_multipart_upload(name).upload_id
    part = first.first().upload_part(name, upload_id, 1, b"x")
    parts = [oss2.models.PartInfo(1, part.etag)]
    second.first().complete_multipart_upload(name, upload_id, parts)  # the next key may finish it
    assert first.first().object_exists(name)


def test_what_is_stored_survives_a_restart(start):
    cloud = start("--virtual")
    given = Given(cloud)
    given.first().put_object(f"{given.path}/x", b"one")
    cloud.stop(9)
    cloud = start("--virtual")
    given.endpoint = f"http://{cloud.handle['endpoint']}"
    assert given.first().get_object(f"{given.path}/x").read() == b"one"


def test_memory_stays_flat(cloud, given, tmp_path):
    """64 MiB in and out, and the server has not grown by half of it."""

    def resident_kib() -> int:
        with open(f"/proc/{cloud.handle['pid']}/status") as status:  # noqa: PTH123 - a file of the kernel's
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

    source = tmp_path / "large"
    with source.open("wb") as file:
        file.truncate(64 << 20)
    given.first().put_object(f"{given.path}/warm", b"x" * (1 << 20))
    before = resident_kib()
    given.first().put_object_from_file(f"{given.path}/large", str(source))
    given.first().get_object_to_file(f"{given.path}/large", str(tmp_path / "back"))
    assert (tmp_path / "back").stat().st_size == 64 << 20
    assert resident_kib() - before < 32 << 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
