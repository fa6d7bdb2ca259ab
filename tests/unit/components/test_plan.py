"""What happens to a release: every answer of the decision, in the words that a preview shows."""

from __future__ import annotations

import pytest

from computenest.resources._components.plan import (
    CannotTell,
    Declared,
    Install,
    LeaveAlone,
    Reconfigure,
    Refuse,
    Repair,
    Resume,
    Rollback,
    Upgrade,
    decide,
)
from computenest.resources._components.release import Revision, Status
from unit.components.worlds import declared, revision

V1, V2 = revision(1, Status.SUPERSEDED, "1.0.0"), revision(2, Status.DEPLOYED, "1.1.0")


@pytest.mark.parametrize(
    ("wanted", "history", "kind", "words"),
    [
        (declared(), (), Install, "install 1.0.0"),
        (declared(), (revision(1, Status.UNINSTALLED),), Install, "install 1.0.0"),
        (declared("1.1.0"), (revision(1),), Upgrade, "upgrade 1.0.0 -> 1.1.0"),
        (declared("1.0.0"), (V1, V2), Upgrade, "upgrade 1.1.0 -> 1.0.0"),
        (declared("1.0.0", downgrade="rollback"), (V1, V2), Rollback, "rollback to revision 1 (1.0.0)"),
        (declared("0.9.0", downgrade="rollback"), (V1, V2), Upgrade, "upgrade 1.1.0 -> 0.9.0"),
        (
            declared(digest="bbb"),
            (revision(1, digest="aaa"),),
            Upgrade,
            "upgrade 1.0.0 (the chart has other content under the same version)",
        ),
        (declared(digest="bbb"), (revision(1),), LeaveAlone, "leave alone (1.0.0 is installed as declared)"),
        (declared(values={"a": 1, "b": {"c": 2}}), (revision(1),), Reconfigure, "reconfigure 1.0.0 (2 values)"),
        (declared(values={"a": 1}), (revision(1, values={"a": 2}),), Reconfigure, "reconfigure 1.0.0 (1 value)"),
        (declared(values={"a": 1}), (revision(1, values={"a": 1}),), LeaveAlone, "leave alone (1.0.0 is installed as"),
        (
            declared("1.1.0"),
            (V1, revision(2, Status.FAILED, "1.1.0")),
            Resume,
            "resume 1.1.0 (a failed attempt: revision 2)",
        ),
        (
            declared("1.1.0"),
            (V1, revision(2, Status.PENDING_UPGRADE, "1.1.0")),
            Resume,
            "resume 1.1.0 (a killed helm: revision 2)",
        ),
        (
            declared("1.1.0"),
            (V1, revision(2, Status.SUPERSEDED, "1.1.0"), revision(3, rolled_back_to=1)),
            Upgrade,
            "upgrade 1.0.0 -> 1.1.0 (revision 3 is a rollback to 1)",
        ),
        (
            declared(),
            (revision(1, owner=""),),
            Refuse,
            "refused: the release shop-web in namespace shop (web 1.0.0) was made by somebody else",
        ),
        (declared(), (revision(1, owner="other"),), Refuse, "belongs to another resource"),
        (declared("1.1.0", adopts=True), (revision(1, owner=""),), Upgrade, "upgrade 1.0.0 -> 1.1.0"),
    ],
)
def test_each_answer(wanted: Declared, history: tuple[Revision, ...], kind: type, words: str) -> None:
    action = decide(wanted, history)
    assert isinstance(action, kind)
    assert words in str(action)


def test_a_helm_that_is_at_work_is_waited_for_until_it_must_be_dead() -> None:
    history = (revision(1), revision(2, Status.PENDING_UPGRADE, "1.1.0"))
    waits = decide(declared("1.1.0"), history, last_change_s=30)
    assert isinstance(waits, CannotTell)
    since = "a helm has been at work on revision 2 for 30 s"
    assert (waits.reason, str(waits)) == (since, f"cannot tell: {since}; last known 1.1.0; nothing will be done there")
    assert isinstance(decide(declared("1.1.0"), history, last_change_s=601), Resume)


def test_a_rollback_by_hand_keeps_the_owner_of_any_kept_revision() -> None:
    history = (revision(1, Status.SUPERSEDED), revision(2, Status.SUPERSEDED, "1.1.0"), revision(3, owner=""))
    assert isinstance(decide(declared(), history), LeaveAlone)


def test_drift_is_repaired_only_where_the_release_is_as_declared() -> None:
    assert str(decide(declared(), (revision(1),), drifted=1)) == "repair 1.0.0 (drift: 1 object)"
    assert isinstance(decide(declared(), (revision(1),), drifted=2), Repair)
    assert isinstance(decide(declared("1.1.0"), (revision(1),), drifted=2), Upgrade)
