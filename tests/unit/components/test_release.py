"""Reading what helm keeps, and the one thing that is ever changed in it."""

from __future__ import annotations

import pytest

from computenest.resources._components.release import ApplyMethod, Status, read_revision, with_status
from unit.components.worlds import release_secret

BODY = {
    "name": "shop-web",
    "namespace": "shop",
    "version": 3,
    "apply_method": "ssa",
    "info": {"status": "pending-upgrade", "last_deployed": "2026-11-29T03:00:00Z", "description": "Preparing upgrade"},
    "chart": {"metadata": {"name": "web", "version": "1.0.0", "appVersion": "9"}, "values": {"replicas": 1}},
    "config": {"replicas": 2},
    "hooks": [{"kind": "Job", "name": "migrate", "events": ["pre-upgrade"], "weight": 5}],
    "manifest": "---\n# Source: web/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n",
}


def test_a_revision_is_read() -> None:
    found = read_revision(release_secret(BODY, {"computenest.aliyun.com/owner": "me"}))
    assert (found.number, found.status, found.chart, found.version) == (3, Status.PENDING_UPGRADE, "web", "1.0.0")
    assert (found.values, found.defaults, found.owner) == ({"replicas": 2}, {"replicas": 1}, "me")
    assert found.apply_method is ApplyMethod.SERVER_SIDE
    assert [str(one.key) for one in found.objects] == ["ConfigMap shop/a"]
    assert [(hook.name, hook.events, hook.weight) for hook in found.hooks] == [("migrate", ("pre-upgrade",), 5)]


def test_a_release_of_helm_3_says_no_method_and_is_client_side() -> None:
    body = {key: value for key, value in BODY.items() if key != "apply_method"}
    assert read_revision(release_secret(body)).apply_method is ApplyMethod.CLIENT_SIDE


def test_unlocking_changes_the_status_and_nothing_else() -> None:
    secret = release_secret(BODY, {"status": "pending-upgrade", "owner": "helm"})
    unlocked = with_status(secret, Status.FAILED)
    assert unlocked["metadata"]["labels"] == {"status": "failed", "owner": "helm"}
    before, after = read_revision(secret), read_revision(unlocked)
    assert after.status is Status.FAILED
    assert (after.objects, after.values, after.hooks) == (before.objects, before.values, before.hooks)
    assert secret["metadata"]["labels"]["status"] == "pending-upgrade"


@pytest.mark.parametrize("data", [{}, {"release": "x"}, {"release": "eA=="}, {"release": "W10="}, None])
def test_what_is_no_release_says_so_and_quotes_nothing(data: object) -> None:
    with pytest.raises(ValueError, match="holds no release") as caught:
        read_revision({"metadata": {}, "data": data})
    assert caught.value.__cause__ is None
