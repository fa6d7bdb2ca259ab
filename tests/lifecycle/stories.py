"""What users go through with one package, told once and run on an embedded cloud: in this process, and over the wire.

Regions always hold the source's own, whose copy is also the one that the others are made from: so a distribution to N
regions makes N copies, however a cloud goes about it.
"""

from __future__ import annotations

import pytest

from computenest.kernel import identity
from computenest.kernel.names import ArtifactId, OwnerId, RegionId, Token
from computenest.resources._packages.model import CustomImage, DraftSpec
from lifecycle.driver import HOME, Failed, custom, wish
from lifecycle.telling import fails, images, ours, story, versions
from lifecycle.world import SERVICE, World

BEIJING, SHANGHAI = "cn-beijing", "cn-shanghai"
QUOTA = "QuotaExceed.Image"


@story("the main job: every region gets its image, and a second run with regions in another order does nothing")
def up_distributes_and_a_second_up_does_nothing(world: World) -> None:
    assert world.life.up(wish(HOME, BEIJING)) == "create"
    assert sorted(images(world)) == [BEIJING, HOME]
    assert world.life.state["status"] == "Available"
    assert world.life.up(wish(BEIJING, HOME)) == "same"
    assert world.life.refresh()
    assert world.life.up(wish(BEIJING, HOME)) == "same"
    assert world.copies() == 2


@story("a region added costs one copy, and regions that stay keep their ids")
def a_region_added_costs_one_copy(world: World) -> None:
    world.life.up(wish(HOME, BEIJING))
    before = images(world)
    assert world.life.up(wish(HOME, BEIJING, SHANGHAI)) == "update"
    assert images(world) == {**before, SHANGHAI: images(world)[SHANGHAI]}
    assert world.copies() == 3
    assert world.life.state["version"] == "2"
    assert not world.life.state["reissued"]


@story("a region removed leaves the map and costs nothing")
def a_region_removed_leaves_the_map(world: World) -> None:
    world.life.up(wish(HOME, BEIJING))
    before = images(world)
    world.life.up(wish(HOME))
    assert images(world) == {HOME: before[HOME]}
    assert world.copies() == 2


@story("a new source gives every region another image")
def a_new_source_changes_every_region(world: World) -> None:
    world.life.up(wish(HOME, BEIJING))
    before = images(world)
    world.life.up(wish(HOME, BEIJING, source=custom(2)))
    assert not set(images(world).values()) & set(before.values())
    assert world.copies() == 4
    assert not world.life.state["reissued"]


@story("superseded versions go, the newest `retain_versions` of them stay")
def superseded_versions_are_deleted(world: World) -> None:
    for number in (1, 2, 3):
        world.life.up(wish(HOME, source=custom(number)))
    assert versions(world) == ["3", "2"]
    world.life.up(wish(HOME, source=custom(3), retainVersions=0))
    assert versions(world) == ["3"]


@story("a superseded version that a service uses stays until the service has moved on")
def a_version_in_use_is_kept(world: World) -> None:
    world.life.up(wish(HOME, retainVersions=0))
    world.associate("1")
    assert world.life.up(wish(HOME, source=custom(2), retainVersions=0)) == "update"
    assert versions(world) == ["2", "1"]
    assert SERVICE in " ".join(world.screen.warnings)
    world.dissociate("1")
    world.life.up(wish(HOME, source=custom(3), retainVersions=0))
    assert versions(world) == ["3"]


@story("a wish that failed and is taken back leaves no draft, and no copy that the draft had got")
def a_failed_wish_is_taken_back(world: World) -> None:
    world.life.up(wish(HOME, BEIJING))
    before = images(world)
    world.fail_copy(BEIJING, "QuotaExceed.Image: no more images")
    assert BEIJING in fails(world, wish(HOME, BEIJING, source=custom(2)))
    assert versions(world) == ["draft", "1"]
    assert world.life.up(wish(HOME, BEIJING)) == "update"
    assert (versions(world), images(world)) == (["1"], before)
    assert world.life.up(wish(HOME, BEIJING)) == "same"
    assert world.life.refresh()
    assert world.life.up(wish(HOME, BEIJING)) == "same"
    world.life.destroy()
    assert not world.leftovers()


@story("a draft that somebody made in the console is left alone while everything is as wished")
def a_draft_by_hand_is_left_alone(world: World) -> None:
    world.life.up(wish(HOME, tags={"a": "1"}))
    artifact_id = ArtifactId(world.life.state["artifactId"])
    draft = DraftSpec(source=CustomImage.model_validate(custom(3)), regions=(RegionId(HOME),), version_name="by hand")
    world.artifacts.create_draft(artifact_id=artifact_id, name="web", draft=draft, token=Token("by-hand"))
    assert world.life.up(wish(HOME, tags={"a": "2"})) == "update"
    assert versions(world) == ["draft", "1"]


@story("a state that was lost is found again by identity, without a new copy")
def a_lost_state_is_adopted(world: World) -> None:
    world.life.up(wish(HOME, BEIJING))
    before = images(world)
    world.life.forget()
    assert world.life.up(wish(HOME, BEIJING)) == "create"
    assert images(world) == before
    assert world.copies() == 2
    assert ours(world) == 1
    assert world.life.up(wish(HOME, BEIJING)) == "same"
    world.life.destroy()
    assert not world.leftovers()


@story("a forced replacement creates first, which adopts what is there: deleting the former must then leave it")
def a_forced_replacement_keeps_what_it_adopts(world: World) -> None:
    world.life.up(wish(HOME))
    former = world.life.line
    world.life.forget()
    world.life.up(wish(HOME))
    world.life.process().delete(former)
    assert ours(world) == 1
    assert "stays" in world.screen.warnings[-1]
    assert world.life.refresh()
    assert world.life.up(wish(HOME)) == "same"
    world.life.destroy()
    assert not world.leftovers()


@story("an artifact of that name that is not ours is refused, and nothing about it changes")
def a_strangers_artifact_is_refused(world: World) -> None:
    theirs = world.plant("web", {"team": "billing"})
    before = world.artifacts.get(artifact_id=theirs)
    reason = fails(world, wish(HOME))
    assert theirs in reason
    assert "left untouched" in reason
    assert world.artifacts.get(artifact_id=theirs) == before
    assert not world.life.state
    world.life.destroy()
    assert world.artifacts.get(artifact_id=theirs) == before


@story("an artifact of ours of the same name but of another owner is as strange as any")
def another_stacks_artifact_is_refused(world: World) -> None:
    theirs = world.plant("web", identity.owner_tags(OwnerId("o-another"), 1))
    assert "o-another" in fails(world, wish(HOME))
    assert len(world.artifacts.versions(artifact_id=theirs)) == 1


@story("the list's name filter is fuzzy: `web` also finds `web-prod-legacy`, which must not be touched")
def a_name_that_matches_only_fuzzily_is_untouched(world: World) -> None:
    theirs = world.plant("web-prod-legacy", {})
    before = world.artifacts.get(artifact_id=theirs)
    world.life.up(wish(HOME))
    world.life.up(wish(HOME, source=custom(2)))
    world.life.destroy()
    assert world.artifacts.get(artifact_id=theirs) == before


@story("one region fails: the run names it and its cause, keeps the rest, and the next run copies only what is missing")
def a_failed_region_is_all_that_the_next_run_copies(world: World) -> None:
    world.fail_copy(BEIJING, QUOTA)
    reason = fails(world, wish(HOME, BEIJING, SHANGHAI))
    assert BEIJING in reason
    assert QUOTA in reason
    assert SHANGHAI not in reason
    state = world.life.state
    assert (state["status"], sorted(state["images"]), sorted(state["reasons"])) == (
        "Incomplete",
        [HOME, SHANGHAI],
        [BEIJING],
    )
    kept, copies = images(world), world.copies()
    assert world.life.up(wish(HOME, BEIJING, SHANGHAI)) == "update"
    assert {region: image for region, image in images(world).items() if region != BEIJING} == kept
    assert world.copies() == copies + 1
    assert world.life.state["reasons"] == {}
    assert versions(world) == ["1"]


@story("an update that fails in a new region keeps the live version, and going back to it is possible")
def a_failed_update_can_be_taken_back(world: World) -> None:
    world.life.up(wish(HOME))
    before = images(world)
    world.fail_copy(BEIJING, QUOTA)
    assert BEIJING in fails(world, wish(HOME, BEIJING))
    assert world.life.state["version"] == "1"
    world.life.up(wish(HOME))
    assert images(world) == before
    assert world.life.state["status"] == "Available"
    assert world.life.up(wish(HOME)) == "same"


@story("a copy lost behind our back is drift: refresh shows it, and the next run makes that one anew")
def a_lost_copy_is_repaired(world: World) -> None:
    world.life.up(wish(HOME, BEIJING))
    before = images(world)
    world.lose(BEIJING)
    assert world.life.refresh()
    assert sorted(world.life.inputs["distribution"]) == [HOME]
    assert sorted(images(world)) == [HOME]
    assert world.life.up(wish(HOME, BEIJING)) == "update"
    assert images(world)[HOME] == before[HOME]
    assert images(world)[BEIJING] != before[BEIJING]
    assert world.copies() == 3
    assert world.life.up(wish(HOME, BEIJING)) == "same"
    assert not world.life.state["reissued"]


@story("a timeout says what was waited for and what to do; the next run goes on where this one stopped")
def a_timeout_is_resumed(world: World) -> None:
    reason = fails(world, wish(HOME, BEIJING, timeoutS=40))
    for part in ("timed out after 40 s", "0 of 2 regions", "run pulumi up again", "timeout_s"):
        assert part in reason
    assert world.life.state["artifactId"]
    assert world.life.up(wish(HOME, BEIJING)) == "update"
    assert world.copies() == 2
    assert versions(world) == ["1"]


@story("release=False keeps a draft: nothing is distributed until it is released")
def a_draft_is_kept_until_it_is_released(world: World) -> None:
    world.life.up(wish(HOME, release=False))
    assert (world.life.state["status"], world.life.state["version"]) == ("Draft", "draft")
    assert images(world) == {}
    assert world.life.up(wish(HOME, release=False)) == "same"
    assert world.life.refresh()
    assert world.life.up(wish(HOME, release=False)) == "same"
    assert world.copies() == 0
    world.life.up(wish(HOME, release=True))
    assert sorted(images(world)) == [HOME]


@story("a delivery cannot be deleted while it runs: destroy waits for it and leaves nothing")
def delete_waits_for_a_running_delivery(world: World) -> None:
    fails(world, wish(HOME, BEIJING, timeoutS=40))
    world.life.state["timeoutS"] = 7200
    world.life.destroy()
    assert not world.leftovers()


@story("an artifact that became somebody else's is not deleted")
def delete_refuses_a_stranger(world: World) -> None:
    world.life.up(wish(HOME))
    artifact_id = ArtifactId(world.life.state["artifactId"])
    world.artifacts.tag(artifact_id=artifact_id, tags={identity.OWNER_TAG: "o-another"})
    with pytest.raises(Failed, match="o-another"):
        world.life.destroy()
    assert world.artifacts.get(artifact_id=artifact_id) is not None


@story("our tag removed by hand is drift: an update restores it, and then destroy works")
def a_removed_owner_tag_is_restored(world: World) -> None:
    world.life.up(wish(HOME))
    artifact_id = ArtifactId(world.life.state["artifactId"])
    world.artifacts.untag(artifact_id=artifact_id, keys=[identity.OWNER_TAG])
    with pytest.raises(Failed, match="not made by this stack"):
        world.life.destroy()
    assert world.life.refresh()
    assert world.life.up(wish(HOME)) == "update"
    assert ours(world) == 1
    assert world.life.up(wish(HOME)) == "same"
    world.life.destroy()
    assert not world.leftovers()


@story("destroy and up again: answers about what was deleted are stale, and never stop a run")
def up_again_after_destroy(world: World) -> None:
    for _ in range(3):
        world.life.up(wish(HOME, BEIJING))
        assert sorted(images(world)) == [BEIJING, HOME]
        world.life.up(wish(HOME))
        world.life.destroy()
        assert not world.leftovers()
    assert world.copies() == 6


@story("destroy and up again with another wish: the same token with other parameters is a mismatch, not an error")
def up_again_after_destroy_with_another_source(world: World) -> None:
    for number in (1, 2, 1):
        world.life.up(wish(HOME, source=custom(number)))
        world.life.destroy()
    assert not world.leftovers()
    assert world.copies() == 3
