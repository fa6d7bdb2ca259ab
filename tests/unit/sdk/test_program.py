"""What a stack's program imports, run under Pulumi's mocks: types and names that the engine sees, and values."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_computenest as computenest
import pulumi_computenest.plugin
from computenest.kernel.identity import mint_owner_id
from unit.sdk.conftest import Program, package_outputs

HOME, AWAY = "cn-hangzhou", "cn-beijing"
GOLD = computenest.CustomImage(image_id="m-bp1abcdefghij", region=HOME)
TEMPLATE = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: "ecs_image_web"  # é
"""


def package(name: str = "web", **options: Any) -> computenest.EcsImagePackage:
    return computenest.EcsImagePackage(name, **{"source": GOLD, "regions": [HOME, AWAY], **options})


def association(**options: Any) -> computenest.ServiceImageAssociation:
    return computenest.ServiceImageAssociation("images", **{"template": computenest.Template(TEMPLATE), **options})


def test_all_is_what_there_is() -> None:
    assert list(computenest.__all__) == sorted(computenest.__all__)
    assert set(computenest.__all__) <= set(dir(computenest))
    for name in computenest.__all__:
        assert getattr(computenest, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'EcsImagePackge'"):
        _ = computenest.EcsImagePackge


def test_a_program_gets_images_and_a_rendered_template(program: Program) -> None:
    def main() -> Any:
        web = package()
        images = association(packages={"ecs_image_web": web}, regions=[HOME, AWAY])
        return pulumi.Output.all(
            web.images, images.substitutions, images.positions, images.relation, images.render(AWAY)
        )

    delivered, substitutions, positions, relation, rendered = program.run(main)
    assert sorted(delivered) == [AWAY, HOME]
    assert substitutions == {"ecs_image_web": delivered}
    assert positions == {"ecs_image_web": ["Resources.Web.Properties.ImageId"]}
    assert relation == {"ecs_image_web": {"ArtifactId": "artifact-1", "ArtifactVersion": "1"}}
    assert rendered == TEMPLATE.replace("ecs_image_web", delivered[AWAY])


@pytest.mark.parametrize("kind", ["EcsImagePackage", "ServiceImageAssociation"])
def test_types_and_the_later_plugins_aliases_are_fixed(program: Program, kind: str) -> None:
    program.run(lambda: association(packages={"ecs_image_web": package()}).substitutions)
    [request] = program.registered(kind)
    assert request.type == f"pulumi-python:dynamic/computenest:{kind}"
    assert [alias.urn for alias in request.aliases] == [
        f"urn:pulumi:dev::shop::computenest:index:{kind}::{request.name}"
    ]


def test_aliases_of_the_user_are_kept(program: Program) -> None:
    program.run(lambda: package(opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="former")])).images)
    [request] = program.registered("EcsImagePackage")
    assert {(alias.spec.name, alias.urn) for alias in request.aliases} == {
        ("former", ""),
        ("", "urn:pulumi:dev::shop::computenest:index:EcsImagePackage::web"),
    }


def test_below_a_parent_the_alias_names_the_type_alone(program: Program) -> None:
    def main() -> Any:
        parent = pulumi.ComponentResource("shop:index:Shop", "shop")
        return package(opts=pulumi.ResourceOptions(parent=parent)).images

    program.run(main)
    [request] = program.registered("EcsImagePackage")
    assert [(alias.urn, alias.spec.type) for alias in request.aliases] == [("", "computenest:index:EcsImagePackage")]


def test_the_provider_in_the_inputs_is_no_secret(program: Program) -> None:
    program.run(lambda: package().images)
    [request] = program.registered("EcsImagePackage")
    assert isinstance(request.object["__provider"], str)


def test_identity_is_minted_from_the_stack_and_the_name(program: Program) -> None:
    program.run(lambda: package(name="web").images)
    [request] = program.registered("EcsImagePackage")
    where = {"organization": "acme", "project": "shop", "stack": "dev"}
    assert request.object["ownerId"] == mint_owner_id(**where, type_token="EcsImagePackage", name="web")


def test_unset_arguments_are_not_sent(program: Program) -> None:
    program.run(lambda: package().images)
    [request] = program.registered("EcsImagePackage")
    assert set(request.object) == {"__provider", "logicalName", "ownerId", "regions", "source"}
    assert dict(request.object["source"]) == {"kind": "custom", "imageId": "m-bp1abcdefghij", "region": HOME}


def test_every_argument_reaches_the_provider(program: Program) -> None:
    source = computenest.BuiltImage(
        region=HOME,
        source_image="aliyun_3",
        command="true",
        command_type="RunShellScript",
        system_disk_size_gib=40,
        enable_gpu=False,
        code_repo=computenest.CodeRepo(platform="github", owner="acme", repo_name="shop", branch="v1"),
    )
    program.run(
        lambda: (
            package(
                source=source,
                description="d",
                version_name="v1",
                tags={"a": "1"},
                resource_group_id="rg-1",
                release=True,
                retain_versions=3,
                timeout_s=60,
                account="hub",
            ).images
        )
    )
    [request] = program.registered("EcsImagePackage")
    sent = request.object
    assert dict(sent["source"]["codeRepo"]) == {
        "platform": "github",
        "owner": "acme",
        "repoName": "shop",
        "branch": "v1",
    }
    assert (sent["source"]["systemDiskSizeGib"], sent["source"]["enableGpu"]) == (40, False)
    assert (sent["description"], sent["versionName"], sent["resourceGroupId"]) == ("d", "v1", "rg-1")
    assert (sent["release"], sent["retainVersions"], sent["timeoutS"], sent["account"]) == (True, 3, 60, "hub")


def test_one_name_twice_in_one_run_is_refused(program: Program) -> None:
    def main() -> Any:
        one = pulumi.ComponentResource("test:Part", "one")
        other = pulumi.ComponentResource("test:Part", "other")
        package("same", opts=pulumi.ResourceOptions(parent=one))
        return package("same", opts=pulumi.ResourceOptions(parent=other)).images

    with pytest.raises(pulumi.RunError, match="two resources of type EcsImagePackage are named 'same'"):
        program.run(main)


def test_one_name_in_two_runs_and_of_two_types_is_fine(program: Program) -> None:
    def main() -> Any:
        web = package("images")
        return association(packages={"ecs_image_web": web}).substitutions

    assert program.run(main) == program.run(main)


def test_a_plain_map_stands_for_a_package(program: Program) -> None:
    images = {HOME: "m-bp1abcdefghij"}
    found = program.run(lambda: association(packages={"ecs_image_web": pulumi.Output.from_input(images)}).substitutions)
    assert found == {"ecs_image_web": images}


def incomplete(attempted_at_s: float) -> Any:
    def answer(inputs: dict[str, Any]) -> dict[str, Any]:
        made = package_outputs(inputs)
        gap = {"status": "Incomplete", "reasons": {AWAY: "DeliverFailed: QuotaExceed.Image"}}
        return {**made, **gap, "images": {HOME: made["images"][HOME]}, "attemptedAt": attempted_at_s}

    return answer


def test_a_gap_of_this_run_fails_it_and_names_region_and_cause(program: Program) -> None:
    program.provider.answers["EcsImagePackage"] = incomplete(time.time() + 60)
    with pytest.raises(pulumi.RunError, match="package 'web' is incomplete: cn-beijing: DeliverFailed: QuotaExceed"):
        program.run(lambda: package().images)


def test_a_gap_fails_a_run_that_does_not_use_the_images_too(program: Program) -> None:
    program.provider.answers["EcsImagePackage"] = incomplete(time.time() + 60)
    with pytest.raises(pulumi.RunError, match="is incomplete"):
        program.run(lambda: package().artifact_id)


def test_a_gap_of_an_earlier_run_stops_nobody(program: Program) -> None:
    program.provider.answers["EcsImagePackage"] = incomplete(time.time() - 60)
    assert program.run(lambda: package().delivered) == {HOME: "m-0000000001"}


def test_rendering_for_a_region_without_an_image_is_refused(program: Program) -> None:
    with pytest.raises(pulumi.RunError, match="cannot be rendered for cn-shanghai: no image for ecs_image_web"):
        program.run(lambda: association(packages={"ecs_image_web": package()}).render("cn-shanghai"))


def test_a_template_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError, match=r"nowhere\.yaml' cannot be read"):
        computenest.Template.read(tmp_path / "nowhere.yaml")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"a: \xff")
    with pytest.raises(pulumi.RunError, match="is not UTF-8: byte 3"):
        computenest.Template.read(binary)


def test_a_template_file_is_read_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_bytes(TEMPLATE.replace("\n", "\r\n").encode())
    assert computenest.Template.read(file).text == TEMPLATE.replace("\n", "\r\n")


@pytest.mark.parametrize("option", ["provider", "providers", "named"])
def test_a_dynamic_resource_refuses_a_provider_and_names_the_account(program: Program, option: str) -> None:
    def main() -> Any:
        other = pulumi_computenest.plugin.Provider("other", cloud="local")
        options: dict[str, Any] = {
            "provider": {"provider": other},
            "providers": {"providers": [other]},
            "named": {"providers": {"computenest": other}},
        }[option]
        return package(opts=pulumi.ResourceOptions(**options)).artifact_id

    with pytest.raises(
        pulumi.RunError, match=r'takes no `provider=`.*`account="customer"`.*pulumi_computenest\.plugin'
    ):
        program.run(main)


def test_a_parents_provider_of_another_package_is_no_matter(program: Program) -> None:
    def main() -> Any:
        aws = pulumi.ProviderResource("aws", "aws")
        return package(opts=pulumi.ResourceOptions(providers=[aws])).images

    assert sorted(program.run(main)) == [AWAY, HOME]


def test_what_a_provider_is_given_reaches_the_engine_as_it_takes_it(program: Program) -> None:
    def main() -> Any:
        return pulumi_computenest.plugin.Provider(
            "other",
            cloud="aliyun",
            access_key="id",
            secret_key="key",
            accounts={"hub": {"profile": "hub"}},
            poll_interval_s=2,
            assume_stable_delivery=False,
        ).urn

    program.run(main)
    [request] = [one for one in program.monitor.requests if one.type == "pulumi:providers:computenest"]
    sent = request.object
    assert (sent["cloud"], sent["accounts"], sent["pollIntervalS"]) == ("aliyun", '{"hub": {"profile": "hub"}}', "2")
    assert sent["assumeStableDelivery"] == "false"
    for secret, value in {"accessKey": "id", "secretKey": "key"}.items():
        assert sent[secret]["value"] == value
        assert sent[secret]["4dabf18193072939515e22adb298388d"] == "1b47061264138c4ac30d75fd1eb44270", "a secret"


@pytest.mark.parametrize("name", ["template", "packages"])
def test_none_where_something_is_needed_is_named(program: Program, name: str) -> None:
    given: dict[str, Any] = {"template": computenest.Template(TEMPLATE), "packages": {}} | {name: None}
    with pytest.raises(pulumi.RunError, match=f"ServiceImageAssociation 'images': `{name}` has no value"):
        program.run(lambda: association(**given).substitutions)
