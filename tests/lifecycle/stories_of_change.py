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
async def a_failed_scan_is_released_again(world: World) -> None:
    world.fail_scan("AtRisk: CVE-2024-3094")
    reason = await fails(world, wish(HOME))
    assert "CVE-2024-3094" in reason
    assert "ScanFailed" in reason
    assert await world.stack.up(wish(HOME)) == "update"
    world.fail_scan("AtRisk: CVE-2024-3095")
    assert "CVE-2024-3095" in await fails(world, wish(HOME, source=custom(2)))
    assert await world.stack.up(wish(HOME, source=custom(2))) == "update"
    assert world.copies() == 2


@story("a draft that somebody deleted after a failed run is made again, although its token was used")
async def a_draft_deleted_by_hand_is_made_again(world: World) -> None:
    await world.stack.up(wish(HOME))
    world.fail_scan("AtRisk")
    await fails(world, wish(HOME, source=custom(2)))
    artifact_id = ArtifactId(world.stack.state["artifactId"])
    await world.stack.artifacts.delete(artifact_id=artifact_id, version=VersionId("draft"), token=Token("by-hand"))
    await world.stack.up(wish(HOME, source=custom(2)))
    assert await versions(world) == ["2", "1"]


@story("tags of ours are added, changed and removed in place; those of others stay")
async def tags_are_updated_in_place(world: World) -> None:
    await world.stack.up(wish(HOME, tags={"team": "a", "stage": "x"}))
    artifact_id = ArtifactId(world.stack.state["artifactId"])
    await world.stack.artifacts.tag(artifact_id=artifact_id, tags={"cost": "42"})
    assert await world.stack.up(wish(HOME, tags={"stage": "x", "team": "a"})) == "same"
    await world.stack.up(wish(HOME, tags={"team": "b"}))
    artifact = await world.stack.artifacts.get(artifact_id=artifact_id)
    assert artifact is not None
    assert artifact.tags == {"team": "b", "cost": "42", **identity.owner_tags(OWNER, 1)}
    assert world.copies() == 1


@story("an edit by hand is drift: refresh shows it, the next run repairs it with a new version")
async def an_edit_by_hand_is_repaired(world: World) -> None:
    await world.stack.up(wish(HOME, description="ours"))
    before = images(world)
    world.describe_by_hand("theirs")
    await world.stack.refresh()
    assert world.stack.inputs["description"] == "theirs"
    assert await world.stack.up(wish(HOME, description="ours")) == "update"
    assert await world.stack.up(wish(HOME, description="ours")) == "same"
    assert images(world) == before


@story("another name is another artifact: the new one first, then the old one goes")
async def a_new_name_replaces(world: World) -> None:
    await world.stack.up(wish(HOME))
    former = world.stack.state["artifactId"]
    assert await world.stack.up(wish(HOME, name="shop")) == "replace"
    assert world.stack.state["artifactId"] != former
    assert await world.stack.artifacts.get(artifact_id=ArtifactId(former)) is None
    assert await ours(world, "shop") == 1
    assert await world.stack.up(wish(HOME, name="shop")) == "same"
    await world.stack.destroy()
    assert not world.leftovers()


@story("a replacement that keeps its name carries the generation, so that old and new can stand side by side")
async def a_replacement_carries_the_generation(world: World) -> None:
    await world.stack.up(wish(HOME))
    assert await world.stack.up(wish(HOME, resourceGroupId="rg-2")) == "replace"
    assert world.stack.state["artifactName"] == "web-g2"
    assert await world.stack.up(wish(HOME, resourceGroupId="rg-3")) == "replace"
    assert world.stack.state["artifactName"] == "web-g3"
    await world.stack.destroy()
    assert not world.leftovers()


@story("an artifact deleted by hand is gone after refresh, and made anew")
async def a_deleted_artifact_is_made_anew(world: World) -> None:
    await world.stack.up(wish(HOME))
    artifact_id = ArtifactId(world.stack.state["artifactId"])
    await world.stack.artifacts.delete(artifact_id=artifact_id, version=None, token=Token("by-hand"))
    assert "is gone" in await fails(world, wish(HOME, source=custom(2)))
    assert not await world.stack.refresh()
    assert await world.stack.up(wish(HOME)) == "create"
    assert world.stack.state["artifactId"] != artifact_id
    assert await ours(world) == 1


@story("deleted already is deleted")
async def destroy_of_what_is_gone_succeeds(world: World) -> None:
    await world.stack.up(wish(HOME))
    artifact_id = ArtifactId(world.stack.state["artifactId"])
    await world.stack.artifacts.delete(artifact_id=artifact_id, version=None, token=Token("by-hand"))
    await world.stack.destroy()
    assert not world.leftovers()


@story("a package that a service uses is not deleted; the message names the service")
async def destroy_of_what_is_in_use_names_the_service(world: World) -> None:
    await world.stack.up(wish(HOME))
    world.associate("1")
    with pytest.raises(Failed, match=SERVICE):
        await world.stack.destroy()
    world.dissociate("1")
    await world.stack.destroy()
    assert not world.leftovers()


BUILT = {"kind": "built", "region": HOME, "sourceImage": "aliyun_3_x64_20G_alibase_20240528.vhd", "command": "true"}


@story("a managed build that fails is named; the next run builds again; a released build is not built again")
async def a_failed_build_is_built_again(world: World) -> None:
    world.fail_build("BuildFailed: exit status 1", "fetching", "E: Unable to locate package ngnix, cannot go on")
    reason = await fails(world, wish(HOME, source=BUILT))
    assert "exit status 1" in reason
    assert "its log says: E: Unable to locate package ngnix, cannot go on" in reason
    assert "fetching" not in reason
    assert await world.stack.up(wish(HOME, source=BUILT)) == "update"
    assert sorted(images(world)) == [HOME]
    before = images(world)
    await world.stack.up(wish(HOME, BEIJING, source=BUILT))
    assert images(world)[HOME] == before[HOME]
    assert await world.stack.up(wish(BEIJING, HOME, source=BUILT)) == "same"


@story("a marketplace image is looked up, not copied")
async def a_marketplace_image_is_distributed(world: World) -> None:
    await world.stack.up(wish(HOME, source=MARKET))
    assert sorted(images(world)) == [HOME]
    assert await world.stack.up(wish(HOME, source=MARKET)) == "same"
    await world.stack.destroy()
