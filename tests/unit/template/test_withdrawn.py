"""Which dated public images are asked for where, and what lint says of those that the cloud offers no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from computenest.cli.template import app
from computenest.resources._packages.images_api import CloudImages
from unit.template.test_lint import files, instance, linted


class _Cloud:
    """A session that offers some images and remembers what it was asked."""

    def __init__(self, offered: set[str]) -> None:
        self.offered, self.asked = offered, list[tuple[str, str]]()

    def port(self, make: type[object]) -> _Cloud:
        assert make is CloudImages
        return self

    async def describe(self, *, region: str, ids: list[str]) -> dict[str, None]:
        self.asked += [(region, name) for name in ids]
        return dict.fromkeys(self.offered.intersection(ids))

    def close(self) -> None:
        self.asked.append(("closed", ""))


def test_where_a_region_is_asked_withdrawn_images_are_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = "centos_7_9_x64_20G_alibase_20240403.vhd", "aliyun_3_x64_20G_alibase_20240819.vhd"
    cloud = _Cloud({new})
    monkeypatch.setattr("computenest.resources._program.session.open_session", lambda _: cloud)
    default = f"Parameters: {{P: {{Type: String, Default: {old}}}}}\n"
    files(
        tmp_path,
        a_yaml=instance(old),
        b_yaml=instance(new),
        c_yaml=instance("centos_7"),
        d_yaml=instance("!Ref P", head=default),
    )
    assert linted(tmp_path) == []
    result = linted(tmp_path, "--region", "cn-beijing", "--config", "computenest:cloud=local")
    assert result == [("a.yaml", 5, "withdrawn-image"), ("d.yaml", 6, "withdrawn-image")]
    assert cloud.asked == [("cn-beijing", new), ("cn-beijing", old), ("closed", "")]


CONFIGURATION = """Service:
  RegionId: cn-hangzhou
  DeployMetadata:
    TemplateConfigs:
      - {Name: a, Url: t.yaml, AllowedRegions: [cn-beijing, us-east-1]}
Artifact:
  Image:
    ArtifactType: EcsImage
    ArtifactProperty: {RegionId: cn-qingdao, ImageId: centos_7}
    SupportRegionIds: [cn-shanghai, '${Parameters.More}']
"""


def test_withdrawn_images_are_asked_for_where_the_configuration_deploys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = "centos_7_9_x64_20G_alibase_20240403.vhd"
    cloud = _Cloud(set())
    monkeypatch.setattr("computenest.resources._program.session.open_session", lambda _: cloud)
    files(tmp_path, config_yaml=CONFIGURATION, t_yaml=instance(old))
    assert linted(tmp_path) == []
    assert linted(tmp_path, "--config", "computenest:cloud=local") == [("t.yaml", 5, "withdrawn-image")]
    regions = ["cn-beijing", "cn-qingdao", "cn-shanghai", "us-east-1"]
    assert cloud.asked == [*((region, old) for region in regions), ("closed", "")]
    (tmp_path / "config.yaml").unlink()
    result = CliRunner().invoke(app, ["lint", str(tmp_path), "--config", "computenest:cloud=local"])
    assert (result.exit_code, "no configuration names a region" in result.stderr) == (0, True)
