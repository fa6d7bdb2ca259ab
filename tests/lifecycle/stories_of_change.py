"""More stories: what fails and is run again, what others change, what is replaced and deleted."""

from __future__ import annotations

import pytest

from computenest.kernel import identity
from computenest.kernel.names import ArtifactId, Token, VersionId
from lifecycle.driver import HOME, OWNER, Failed, custom, wish
from lifecycle.telling import fails, images, ours, story, versions
from lifecycle.world import MARKET, SERVICE, World

BEIJING, SHANGHAI = "cn-beijing", "cn-shanghai"
QUOTA = "QuotaExceed.Image"


@story("the security scan fails: named, kept, released again by the next run")
def a_failed_scan_is_released_again(world: World) -> None:
    world.fail_scan("AtRisk: CVE-2024-3094")
    reason = fails(world, wish(HOME))
    assert "CVE-2024-3094" in reason
    assert "ScanFailed" in reason
    assert world.life.up(wish(HOME)) == "update"
    world.fail_scan("AtRisk: CVE-2024-3095")
    assert "CVE-2024-3095" in fails(world, wish(HOME, source=custom(2)))
    assert world.life.up(wish(HOME, source=custom(2))) == "update"
    assert world.copies() == 2


@story("a draft that somebody deleted after a failed run is made again, although its token was used")
def a_draft_deleted_by_hand_is_made_again(world: World) -> None:
    world.life.up(wish(HOME))
    world.fail_scan("AtRisk")
    fails(world, wish(HOME, source=custom(2)))
    artifact_id = ArtifactId(world.life.state["artifactId"])
    world.artifacts.delete(artifact_id=artifact_id, version=VersionId("draft"), token=Token("by-hand"))
    world.life.up(wish(HOME, source=custom(2)))
    assert versions(world) == ["2", "1"]


@story("tags of ours are added, changed and removed in place; those of others stay")
def tags_are_updated_in_place(world: World) -> None:
    world.life.up(wish(HOME, tags={"team": "a", "stage": "x"}))
    artifact_id = ArtifactId(world.life.state["artifactId"])
    world.artifacts.tag(artifact_id=artifact_id, tags={"cost": "42"})
    assert world.life.up(wish(HOME, tags={"stage": "x", "team": "a"})) == "same"
    world.life.up(wish(HOME, tags={"team": "b"}))
    artifact = world.artifacts.get(artifact_id=artifact_id)
    assert artifact is not None
    assert artifact.tags == {"team": "b", "cost": "42", **identity.owner_tags(OWNER, 1)}
    assert world.copies() == 1


@story("an edit by hand is drift: refresh shows it, the next run repairs it with a new version")
def an_edit_by_hand_is_repaired(world: World) -> None:
    world.life.up(wish(HOME, description="ours"))
    before = images(world)
    world.describe_by_hand("theirs")
    world.life.refresh()
    assert world.life.inputs["description"] == "theirs"
    assert world.life.up(wish(HOME, description="ours")) == "update"
    assert world.life.up(wish(HOME, description="ours")) == "same"
    assert images(world) == before


@story("another name is another artifact: the new one first, then the old one goes")
def a_new_name_replaces(world: World) -> None:
    world.life.up(wish(HOME))
    former = world.life.state["artifactId"]
    assert world.life.up(wish(HOME, name="shop")) == "replace"
    assert world.life.state["artifactId"] != former
    assert world.artifacts.get(artifact_id=ArtifactId(former)) is None
    assert ours(world, "shop") == 1
    assert world.life.up(wish(HOME, name="shop")) == "same"
    world.life.destroy()
    assert not world.leftovers()


@story("a replacement that keeps its name carries the generation, so that old and new can stand side by side")
def a_replacement_carries_the_generation(world: World) -> None:
    world.life.up(wish(HOME))
    assert world.life.up(wish(HOME, resourceGroupId="rg-2")) == "replace"
    assert world.life.state["artifactName"] == "web-g2"
    assert world.life.up(wish(HOME, resourceGroupId="rg-3")) == "replace"
    assert world.life.state["artifactName"] == "web-g3"
    world.life.destroy()
    assert not world.leftovers()


@story("an artifact deleted by hand is gone after refresh, and made anew")
def a_deleted_artifact_is_made_anew(world: World) -> None:
    world.life.up(wish(HOME))
    artifact_id = ArtifactId(world.life.state["artifactId"])
    world.artifacts.delete(artifact_id=artifact_id, version=None, token=Token("by-hand"))
    assert "is gone" in fails(world, wish(HOME, source=custom(2)))
    assert not world.life.refresh()
    assert world.life.up(wish(HOME)) == "create"
    assert world.life.state["artifactId"] != artifact_id
    assert ours(world) == 1


@story("deleted already is deleted")
def destroy_of_what_is_gone_succeeds(world: World) -> None:
    world.life.up(wish(HOME))
    artifact_id = ArtifactId(world.life.state["artifactId"])
    world.artifacts.delete(artifact_id=artifact_id, version=None, token=Token("by-hand"))
    world.life.destroy()
    assert not world.leftovers()


@story("a package that a service uses is not deleted; the message names the service")
def destroy_of_what_is_in_use_names_the_service(world: World) -> None:
    world.life.up(wish(HOME))
    world.associate("1")
    with pytest.raises(Failed, match=SERVICE):
        world.life.destroy()
    world.dissociate("1")
    world.life.destroy()
    assert not world.leftovers()


BUILT = {"kind": "built", "region": HOME, "sourceImage": "aliyun_3_x64_20G_alibase_20240528.vhd", "command": "true"}


@story("a managed build that fails is named; the next run builds again; a released build is not built again")
def a_failed_build_is_built_again(world: World) -> None:
    world.fail_build("BuildFailed: exit status 1", "fetching", "E: Unable to locate package ngnix, cannot go on")
    reason = fails(world, wish(HOME, source=BUILT))
    assert "exit status 1" in reason
    assert "its log says: E: Unable to locate package ngnix, cannot go on" in reason
    assert "fetching" not in reason
    assert world.life.up(wish(HOME, source=BUILT)) == "update"
    assert sorted(images(world)) == [HOME]
    before = images(world)
    world.life.up(wish(HOME, BEIJING, source=BUILT))
    assert images(world)[HOME] == before[HOME]
    assert world.life.up(wish(BEIJING, HOME, source=BUILT)) == "same"


@story("a marketplace image is looked up, not copied")
def a_marketplace_image_is_distributed(world: World) -> None:
    world.life.up(wish(HOME, source=MARKET))
    assert sorted(images(world)) == [HOME]
    assert world.life.up(wish(HOME, source=MARKET)) == "same"
    world.life.destroy()
