"""Another tenant's ids, in every action: they do exactly what ids of nobody do, whatever the switches are."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from alibabacloud_ros20190910 import models as ros

from computenest_cloud.rules import all_facts
from emulator import offers
from emulator.tenancy import ATTACKER, STORIES, Tenants, difference, trials

SEED = 20261129
FLIPPED: dict[str, tuple[str, Any]] = {"as it is": ("", None)} | {
    f"{fact.switch.key}={position}": (fact.switch.key, position)
    for fact in all_facts()
    if fact.switch
    for position in fact.switch.positions
    if position != fact.switch.default
}
SHARE = ("as it is", "service.checks_relations=False")


def _try(patch: pytest.MonkeyPatch, folder: Path, key: str, position: Any, *, rounds: int, seed: int) -> None:
    tenants = Tenants(folder, {key: position} if key else {}, patch)
    done: Counter[str] = Counter()
    found = []
    for service, action, flat in trials(tenants, Random(seed), rounds):
        done[f"{service}/{action}"] += 1
        differs = difference(tenants, flat, partial(tenants.call, ATTACKER, service, action))
        if differs:
            found.append(f"{service}/{action} {flat}: {differs}"[:1500])
    for name, (parameter, act) in STORIES.items():
        done[name] += 1
        differs = difference(tenants, {parameter: tenants.victims[parameter][0]}, partial(act, tenants))
        if differs:
            found.append(f"{name}: {differs}")
    tenants.close()
    print(f"\n{key}={position}: {done.total()} trials of {len(done)} actions, seed {seed}")  # noqa: T201
    assert found == [], "\n".join([f"{len(found)} differ", *found[:20]])


@pytest.mark.parametrize("flipped", SHARE)
def test_a_share(flipped, tmp_path, monkeypatch):
    _try(monkeypatch, tmp_path / "cloud", *FLIPPED[flipped], rounds=6, seed=SEED)


@pytest.mark.long
@pytest.mark.parametrize("flipped", FLIPPED)
def test_every_switch(flipped, tmp_path, monkeypatch):
    seed = Random().randrange(2**32) if os.environ.get("HYPOTHESIS_PROFILE") == "exploring" else SEED + 1
    _try(monkeypatch, tmp_path / "cloud", *FLIPPED[flipped], rounds=20, seed=seed)


@pytest.mark.parametrize("visibility", ["private", "public"])
def test_ros_reads_a_template_of_another_account_where_it_is_public_or_signed(cloud, refused, visibility):
    """The URL's own signature opens it to whoever has it, as it does for a browser; one that is spoilt does not."""
    url = offers.upload(cloud, visibility=visibility)
    bucket, _, name = url.removeprefix("https://").partition(".oss-cn-hangzhou.aliyuncs.com/")
    keys, expires = cloud.handle["accounts"]["supplier"], "4102444800"  # whatever the cloud's clock was advanced to
    text = f"GET\n\n\n{expires}\n/{bucket}/{name}"
    digest = hmac.new(keys["access_key_secret"].encode(), text.encode(), hashlib.sha1).digest()
    signature = quote(base64.b64encode(digest).decode(), safe="")
    signed = f"{url}?OSSAccessKeyId={keys['access_key_id']}&Expires={expires}&Signature={signature}"
    for asked, is_open in ((signed, True), (url, visibility == "public"), (f"{signed}x", visibility == "public")):
        request = ros.ValidateTemplateRequest(region_id="cn-hangzhou", template_url=asked)
        if is_open:
            assert cloud.ros().validate_template(request).status_code == 200
        else:
            with refused("InvalidSchema"):
                cloud.ros().validate_template(request)
