"""What a check asks the cloud: regions, prices and quotas, once, and of a group that stays as it is nothing."""

from __future__ import annotations

from typing import Any

from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked
from computenest.resources.container_group.api import CloudOffers
from computenest.resources.container_group.check import check
from computenest.resources.container_group.cloud_checks import GroupChecks
from computenest.resources.container_group.declaration import Arguments
from resources.container_group.subject import ContainerGroupSubject

GIVEN: dict[str, Any] = {
    "logicalName": "shop",
    "region": "cn-hangzhou",
    "containers": [{"name": "web", "image": "nginx:1"}],
    "cpu": 2.0,
    "memory": 4.0,
}


def checked(owner: str = "o-1", **more: Any) -> Checked[Any]:
    return check(None, Arguments.model_validate({**GIVEN, "ownerId": OwnerId(owner), **more}), replaced=None)


def asked(
    most_cpu: float, *given: tuple[Any, Checked[Any]], subject: ContainerGroupSubject | None = None
) -> list[Checked[Any]]:
    """What one process says of each, where the account may have so many vCPUs and has none."""
    subject = subject or ContainerGroupSubject()
    subject.cloud.switch("eci.cpu_quota", most_cpu)
    checks = GroupChecks(subject.session.port(CloudOffers))
    return [subject.run(checks.check(*each)) for each in given]


def test_a_new_group_is_priced_and_one_that_stays_is_asked_nothing() -> None:
    subject, first = ContainerGroupSubject(), checked()
    same = (first.inputs, checked(containers=[{"name": "web", "image": "nginx:2"}]))
    found, _ = asked(100.0, (None, first), same, subject=subject)
    assert sorted(subject.faults.trace) == ["DescribeContainerGroupPrice", "DescribeRegions", "ListUsage"]
    assert found.failures == ()
    assert found.warnings == ("shop costs 0.441072 CNY an hour while it runs (2 vCPUs, 4 GiB)",)


def test_a_region_without_the_product_is_refused_with_the_nearest() -> None:
    (found,) = asked(100.0, (None, checked(region="cn-hangzhuo")))
    (failure,) = found.failures
    assert failure.path == "region"
    assert "no Elastic Container Instance in 'cn-hangzhuo'; did you mean cn-hangzhou?" in failure.reason


def test_the_groups_of_one_program_are_held_against_the_quota_together() -> None:
    found = asked(9.0, *((None, checked(f"o-{number}")) for number in (1, 2, 3, 4, 4, 5)))
    assert [bool(one.failures) for one in found] == [False, False, False, False, False, True]
    (failure,) = found[-1].failures
    assert (failure.path, "would have 10 vCPUs in cn-hangzhou, and may have 9" in failure.reason) == ("cpu", True)


def test_another_size_counts_by_what_it_is_more() -> None:
    (found,) = asked(2.0, (checked().inputs, checked(cpu=4.0, memory=8.0)))
    assert found.failures == ()
    assert "costs 0.882144 CNY an hour" in found.warnings[0]
