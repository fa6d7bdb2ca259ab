"""Things of one's own: what a seed file puts in is as real as what was there; all of a file or nothing; folders."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oss2
import pytest
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_market20151101 import models as market

from computenest_cloud.seeding import PARTS
from emulator.harness import Cloud

CODE, TOLD = "cmjj00000077", "m-bp1product0000000077"
PRODUCT = f"""
products:
  - {{code: {CODE}, name: Mine, versions: [V1.0, V2.0], regions: [cn-beijing, cn-hangzhou],
     images: {{V2.0: {{cn-hangzhou: {TOLD}}}}}}}
"""
PARTNER = 'accounts: [{name: partner, uid: "1234567890123456"}]\n'


def written(folder: Path, text: str, name: str = "seed.yaml") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def seeded(cloud: Cloud, file: Path) -> dict[str, Any]:
    answer = cloud.control("POST", "seed", {"file": str(file)})
    assert answer["refused"] == []
    return answer["made"]


def storage(cloud: Cloud, account: str, bucket: str) -> oss2.Bucket:
    return oss2.Bucket(oss2.Auth(*cloud.keys(account)), f"http://{cloud.endpoint}", bucket)


def init_of(cloud: Cloud) -> list[tuple[str, str]]:
    return [(each["name"], each["state"]) for each in cloud.control("GET", "status")["init"]["files"]]


def test_a_product_is_sold_seen_and_delivered_where_it_says(cloud: Cloud, tmp_path: Path) -> None:
    (made,) = seeded(cloud, written(tmp_path, PRODUCT))["products"]
    assert made["images"]["V2.0"]["cn-hangzhou"] == TOLD
    assert made["images"]["V1.0"]["cn-beijing"].startswith("m-2ze")
    told = cloud.market().describe_product(market.DescribeProductRequest(code=CODE)).body
    assert (told.name, [sku.name for sku in told.product_skus.product_sku]) == ("Mine", ["V1.0", "V2.0"])

    asked = ecs.DescribeImagesRequest(region_id="cn-hangzhou", image_id=TOLD, image_owner_alias="marketplace")
    (image,) = cloud.ecs("customer").describe_images(asked).body.images.image
    assert (image.product_code, image.size) == (CODE, 40)

    sold = nest.CreateArtifactRequestArtifactProperty(commodity_code=CODE, commodity_version="V2.0")
    request = nest.CreateArtifactRequest(
        artifact_type="EcsImage",
        name="sold",
        version_name="one",
        support_region_ids=["cn-beijing", "cn-hangzhou"],
        artifact_property=sold,
    )
    artifact_id = cloud.nest().create_artifact(request).body.artifact_id
    cloud.release(artifact_id)
    cloud.advance(60)
    assert cloud.versions(artifact_id)[0].image_delivery == made["images"]["V2.0"]

    cloud.control("POST", "reset")
    assert cloud.control("POST", "seed", {"file": str(tmp_path / "seed.yaml")})["refused"] == [], (
        "a reset takes it away"
    )


@pytest.mark.wire
def test_an_account_has_keys_of_its_own_and_stays(start: Callable[..., Cloud], tmp_path: Path) -> None:
    cloud = start("--virtual")
    text = PARTNER + "images: [{account: partner, region: cn-hangzhou, name: theirs}]\n"
    made = seeded(cloud, written(tmp_path, text))
    assert made["accounts"] == [{"name": "partner", "uid": "1234567890123456"}]
    cloud.wait_until_answering()  # its handle is another one now
    image_id = made["images"][0]["image_id"]
    assert image_id in cloud.images("cn-hangzhou", "partner")
    assert image_id not in cloud.images("cn-hangzhou", "supplier")
    keys = cloud.keys("partner")
    assert len({cloud.keys(name) for name in cloud.handle["accounts"]}) == 5

    cloud.control("POST", "reset")
    assert cloud.images("cn-hangzhou", "partner") == {}
    assert seeded(cloud, tmp_path / "seed.yaml")["accounts"] == made["accounts"], "the same again is no fault"
    cloud.stop()
    assert start("--virtual").keys("partner") == keys


@pytest.mark.wire
def test_an_upload_is_the_accounts_own_object(cloud: Cloud, tmp_path: Path) -> None:
    content = bytes(range(256)) * 3000
    (tmp_path / "wares").mkdir()
    (tmp_path / "wares" / "app.tar").write_bytes(content)
    text = """
    uploads:
      - {account: supplier, bucket: mine-of-beijing, region: cn-beijing, name: app/app.tar, path: wares/app.tar}
      - {account: supplier, bucket: mine-of-beijing, name: again, path: PATH, content_type: text/plain}
    """.replace("PATH", str(tmp_path / "wares" / "app.tar"))
    made = seeded(cloud, written(tmp_path, text))["uploads"]
    assert [each["size_bytes"] for each in made] == [len(content)] * 2
    found = storage(cloud, "supplier", "mine-of-beijing").get_object("app/app.tar")
    assert (found.read(), found.etag) == (content, made[0]["etag"])
    assert storage(cloud, "supplier", "mine-of-beijing").head_object("again").content_type == "text/plain"
    assert storage(cloud, "supplier", "mine-of-beijing").get_bucket_info().location == "oss-cn-beijing"
    with pytest.raises(oss2.exceptions.AccessDenied):
        storage(cloud, "customer", "mine-of-beijing").get_object("app/app.tar")


@dataclass(frozen=True)
class Bad:
    text: str
    at: str
    says: str


BAD = [
    Bad("accounts: [{name: Bad Name}]", "accounts[0].name", "lower-case letters"),
    Bad("accounts: [{name: other, uid: 1234567890123456}]", "accounts[0].uid", "in quotes"),
    Bad("accounts: [{name: hub, uid: '1234567890123456'}]", "accounts[0].uid", "give that, or none"),
    Bad(
        "accounts: [{name: a1, uid: '1234567890123456'}, {name: a2, uid: '1234567890123456'}]", "accounts[1].uid", "a1"
    ),
    Bad("products: [{code: mine, versions: [V1], regions: [cn-beijing]}]", "products[0].code", "cmjj00000077"),
    Bad(
        "products: [{code: cmjj00000001, versions: [V1], regions: [cn-beijing]}]", "products[0].code", "exists already"
    ),
    Bad("products: [{code: cmjj00000077, versions: [], regions: [cn-beijing]}]", "products[0].versions", "at least 1"),
    Bad(
        "products: [{code: cmjj00000077, versions: [1.0], regions: [cn-beijing]}]", "products[0].versions[0]", "quotes"
    ),
    Bad(
        "products: [{code: cmjj00000077, versions: [V1], regions: [beijing]}]", "products[0].regions[0]", "cn-beijing?"
    ),
    Bad(
        "products: [{code: cmjj00000077, versions: [V1.0, V10], regions: [cn-beijing]}]",
        "products[0].versions[1]",
        "name others in `images`",
    ),
    Bad(PRODUCT.replace("V2.0: {", "V3.0: {"), "products[0].images.V3.0", "there are V1.0, V2.0"),
    Bad(PRODUCT.replace(TOLD, "m-2ze"), "products[0].images.V2.0.cn-hangzhou", "give m-bp1 and 17 more"),
    Bad(PRODUCT.replace(TOLD, "m-bp1gold0000000000001"), "products[0].versions[1]", "another image already"),
    Bad("images: [{account: nobody, region: cn-hangzhou, name: a}]", "images[0].account", "there are customer, hub"),
    Bad(
        "images: [{account: hub, regoin: cn-hangzhou, region: cn-beijing, name: a}]", "images[0].regoin", "mean region?"
    ),
    Bad("images: [{account: hub, region: cn-beijin, name: a}]", "images[0].region", "mean cn-beijing?"),
    Bad("images: [7]", "images[0]", "a map is expected"),
    Bad("registries: [{account: nobody, region: cn-hangzhou, name: a}]", "registries[0].account", "there are"),
    Bad("uploads: [{account: hub, bucket: mine-own, name: /a, path: seed.yaml}]", "uploads[0].name", "no slash"),
    Bad(
        "uploads: [{account: hub, bucket: mine-own, name: a, path: nope}]", "uploads[0].path", "begin at the seed file"
    ),
    Bad("uploads: [{account: hub, bucket: mine-own, name: a, path: .}]", "uploads[0].path", "there is no file"),
    Bad("uploads: [{account: hub, bucket: UP, name: a, path: seed.yaml}]", "uploads[0].bucket", "3 to 63"),
    Bad(
        "uploads: [{account: hub, bucket: computenest-artifacts-cn-beijing, name: a, path: seed.yaml}]",
        "uploads[0].bucket",
        "a bucket of its own",
    ),
    Bad(
        "uploads: [{account: hub, bucket: mine-own, name: a, path: seed.yaml},"
        " {account: hub, bucket: mine-own, name: a, path: seed.yaml}]",
        "uploads[1].name",
        "exists already",
    ),
    Bad("switches: {nope: 1}", "switches.nope", "known:"),
    Bad("faults: [{match: {acton: a}, effect: {kind: throttle}}]", "faults[0].match.acton", "docs/embedded-cloud.md"),
    Bad("faults: [{effect: {kind: throttl}}]", "faults[0].effect.kind", "known: drop"),
    Bad("images: 7", "images", "a list is expected"),
    Bad("imagse: []", "imagse", "mean images?"),
    Bad("- a", "", "no map"),
    Bad("{", "", "it is no YAML"),
    Bad("[" * 5000, "", "it is no YAML"),
]


def everything(cloud: Cloud) -> list[Any]:
    told = ("ledger", "objects", "registries", "faults", "facts")
    status = cloud.control("GET", "status")
    return [status["accounts"], status["counts"], *(cloud.control("GET", each) for each in told)]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: f"{bad.at or 'file'}: {bad.says}")
def test_what_is_wrong_is_told_at_its_place_and_nothing_changes(cloud: Cloud, tmp_path: Path, bad: Bad) -> None:
    before = everything(cloud)
    good = "\nimages: [{account: supplier, region: cn-hangzhou, name: good}]\n" if "images: [" not in bad.text else ""
    text = bad.text + good if bad.at not in {"", "images"} else bad.text
    answer = cloud.control("POST", "seed", {"file": str(written(tmp_path, text))})
    assert [each["at"] for each in answer["refused"]] == [bad.at], answer
    assert bad.says in answer["refused"][0]["why"]
    assert answer["made"] == {}
    assert everything(cloud) == before
    assert cloud.control("GET", "status")["failures"] == 0


def test_all_that_is_wrong_is_told_at_once(cloud: Cloud, tmp_path: Path) -> None:
    text = "images: [{account: nobody, region: cn-hangzhou, name: a}, {region: mars, name: a}]\nswitches: {nope: 1}\n"
    answer = cloud.control("POST", "seed", {"file": str(written(tmp_path, text))})
    assert [each["at"] for each in answer["refused"]] == [
        "images[0].account",
        "images[1].account",
        "images[1].region",
        "switches.nope",
    ]


def test_the_example_of_the_page_is_put_in(start: Callable[..., Cloud], tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "embedded-cloud.md"
    (example,) = re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    written(tmp_path, "name: shop", "Pulumi.yaml")
    made = seeded(start("--virtual"), written(tmp_path, example))
    assert sorted(made) == sorted(PARTS), "the page shows every part"


def test_a_file_that_is_not_there_is_told(cloud: Cloud, tmp_path: Path) -> None:
    (refused,) = cloud.control("POST", "seed", {"file": str(tmp_path / "none.yaml")})["refused"]
    assert refused["why"].startswith("it cannot be read: No such file")


def test_a_folder_is_put_in_by_name_once_for_each_state(start: Callable[..., Cloud], tmp_path: Path) -> None:
    folder = tmp_path / "init"
    written(folder, "images: [{account: partner, region: cn-hangzhou, name: theirs}]", "20-images.json.yaml")
    written(folder, PARTNER, "10-accounts.yaml")
    written(folder, json.dumps({"switches": {"review.approves_at_once": 1}}), "30.json")
    written(folder, "images: 7", ".hidden.yaml")
    written(folder, "images: 7", "notes.txt")
    options = ("--virtual", "--init", str(folder))
    names = ["10-accounts.yaml", "20-images.json.yaml", "30.json"]
    cloud = start(*options)
    assert init_of(cloud) == [(name, "done") for name in names]
    assert len(cloud.images("cn-hangzhou", "partner")) == 1

    written(folder, PARTNER + "# other", "10-accounts.yaml")
    written(folder, "images: [{account: partner, region: cn-beijing, name: theirs}]", "05-later.yaml")
    assert init_of(cloud) == [("10-accounts.yaml", "changed"), *((name, "done") for name in names[1:]),
                              ("05-later.yaml", "waiting")]  # fmt: skip
    cloud.stop()
    cloud = start(*options)
    assert len(cloud.images("cn-hangzhou", "partner")) == 1, "not twice"
    assert len(cloud.images("cn-beijing", "partner")) == 1, "what is new is put in"

    cloud.control("POST", "reset")
    assert init_of(cloud) == [(name, "done") for name in ["05-later.yaml", *names]]
    assert len(cloud.images("cn-hangzhou", "partner")) == 1, "as a new one"
    assert cloud.control("GET", "facts")["positions"]["review.approves_at_once"] == 1


@pytest.mark.wire
def test_a_bad_file_of_a_folder_ends_the_start_and_the_next_one_goes_on(
    start: Callable[..., Cloud], tmp_path: Path
) -> None:
    folder = tmp_path / "init"
    written(folder, "images: [{account: supplier, region: cn-qingdao, name: one}]", "1.yaml")
    bad = written(folder, "images: [{account: partnr, region: cn-qingdao, name: two}]", "2.yaml")
    with pytest.raises(AssertionError) as failed:
        start("--virtual", "--init", str(folder))
    assert f"computenest_cloud: {bad}: images[0].account: there is no account 'partnr'" in str(failed.value)
    assert "Traceback" not in str(failed.value)
    bad.write_text("images: [{account: supplier, region: cn-qingdao, name: two}]")
    cloud = start("--virtual", "--init", str(folder))
    assert len(cloud.images("cn-qingdao")) == 2
    cloud.stop()
    with pytest.raises(AssertionError, match="there is no such folder; make it, or start without --init"):
        start("--virtual", "--init", str(tmp_path / "nowhere"))
