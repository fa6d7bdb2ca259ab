"""Packages, services and instances of them live whichever way each single rule turns out that nobody could check: every
other position of every switch, alone. With all of them flipped at once they live on the engine too
(stack/test_service_switches.py), and as they come in the files whose stories are told here again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from computenest_cloud.rules import load_facts
from emulator.harness import Cloud
from lifecycle import stories, stories_of_change, test_instances, test_service_versions, test_services
from lifecycle.lives import AnyLife
from lifecycle.telling import STORIES
from lifecycle.world import World

__all__ = ["stories", "stories_of_change"]  # importing them tells them

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def flipped(*topics: str) -> list[Any]:
    """Of these topics: each switch in each position but its usual one."""
    return [
        pytest.param(fact.switch.key, position, id=f"{fact.switch.key}={position}")
        for topic, facts in load_facts().items()
        for fact in facts
        if fact.switch is not None and topic in topics
        for position in fact.switch.positions
        if position != fact.switch.default
    ]


OTHERWISE = {
    "delivery.reissues_unchanged_regions": {
        "a_region_added_costs_one_copy",
        "a_region_removed_leaves_the_map",
        "a_lost_copy_is_repaired",
        "up_again_after_destroy",
        "a_failed_build_is_built_again",
    },  # stack/test_previews.py, stack/test_story.py
    "artifact.copies_removed": {told.name for told in STORIES},  # they look at once: stack/test_service_switches.py
    "scan.risk_shows_as": {
        "a_failed_scan_is_released_again",
        "a_draft_deleted_by_hand_is_made_again",
    },  # lifecycle/test_embedded.py
    "service.template_urls": {"edited by hand"},  # test_signed_addresses_are_not_saved
    "launch.of_a_draft": {"published", "superseded", "upgraded", "upgraded by hand"},  # stack/test_updated_versions.py
    "upgrade.from_no_versions": {"upgraded", "upgraded by hand"},  # emulator/test_operating.py
}
"""The stories that are about what the switch decides, so that they end otherwise, and where that is told."""
Told = Callable[[Cloud, Any], None]
OF_SERVICES: dict[str, Told] = {
    "made, changed and deleted": test_services.test_a_draft_is_made_changed_and_deleted,
    "edited by hand": test_services.test_keys_that_are_not_managed_stay,
    "repaired": partial(test_services.test_a_relation_is_repaired_in_the_form_it_has, form="map"),
    "exchanged": test_services.test_a_template_that_was_exchanged_is_put_back,
    "shared": test_services.test_the_whitelist_is_exactly_what_is_given,
    "gone": test_services.test_a_service_that_is_gone_is_made_anew,
    "imported": test_services.test_an_import_finds_nothing_to_change,
    "published": test_service_versions.test_visibility_changes_every_version_at_once,
    "reviewed": test_service_versions.test_a_review_is_shown_and_a_later_run_goes_on,
    "superseded": test_service_versions.test_superseded_versions_go_when_no_instance_runs_them,
}
OF_INSTANCES: dict[str, Told] = {
    "deployed": test_instances.test_the_region_decides_the_image,
    "upgraded": test_instances.test_another_version_is_an_upgrade_in_place,
    "failed": test_instances.test_a_failed_deployment_fails_at_once_and_is_replaced,
    "deleted by hand": partial(test_instances.test_what_was_deleted_by_hand_is_made_anew, code="not_found"),
    "upgraded by hand": test_instances.test_an_upgrade_by_hand_is_shown_and_taken_back,
    "a stranger's": test_instances.test_a_stranger_s_instance_is_left_alone,
}


@pytest.mark.parametrize(("key", "position"), flipped("artifacts", "ecs", "wire"))
def test_packages(key: str, position: object) -> None:
    for told in (it for it in STORIES if it.name not in OTHERWISE.get(key, ())):
        told.tell(World(switches={key: position}))


def each(told: dict[str, Told], *topics: str) -> Any:
    pairs = [
        pytest.param(*switch.values, story, id=f"{switch.id}-{name}")
        for switch in flipped(*topics)
        for name, story in told.items()
        if name not in OTHERWISE.get(str(switch.values[0]), ())
    ]
    return pytest.mark.parametrize(("key", "position", "told"), pairs)


@each(OF_SERVICES, "artifacts", "ecs", "services", "wire")
@pytest.mark.parametrize("service", ["dynamic"], indirect=True)  # all of them flipped over both: test_services.py
def test_services_(cloud: Cloud, service: AnyLife, key: str, position: object, told: Told) -> None:
    cloud.switch(key, position)
    told(cloud, service)


@each(OF_INSTANCES, "artifacts", "ecs", "instances", "services", "stacks", "wire")
@pytest.mark.parametrize("instance", ["plugin"], indirect=True)
def test_instances_(cloud: Cloud, instance: AnyLife, key: str, position: object, told: Told) -> None:
    cloud.switch(key, position)
    told(cloud, instance)
