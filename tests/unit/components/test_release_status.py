"""What is said of a release that is not ready, and what is never said of it."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from computenest.resources._components.health import Health
from computenest.resources._components.objects import read_manifest
from computenest.resources._components.release import ReleaseName, Revision, Status
from computenest.resources._components.release_status import ReleaseStatus, last_words, redactor_of_release
from unit.components.worlds import revision

READY, NOT = Health(is_ready=True, words="1 of 1 ready"), Health(is_ready=False, words="0 of 1 ready: it crashed")


@pytest.mark.parametrize(
    ("status", "health", "is_ready", "reason"),
    [
        (Status.DEPLOYED, READY, True, ""),
        (Status.DEPLOYED, NOT, False, "Deployment a/web: 0 of 1 ready: it crashed"),
        (Status.FAILED, READY, False, "helm's word"),
        (Status.FAILED, NOT, False, "helm's word; Deployment a/web: 0 of 1 ready: it crashed"),
        (Status.PENDING_UPGRADE, READY, False, "helm's word"),
    ],
)
def test_the_reason_is_helms_word_and_the_workloads(
    status: Status, health: Health, is_ready: bool, reason: str
) -> None:
    workloads = (("Deployment a/web", health),)
    one = ReleaseStatus(ReleaseName("web"), "a", "web", "1.0.0", 1, status, workloads, "helm's word")
    assert (one.is_ready, one.reason) == (is_ready, reason)
    assert one.as_json()["reason"] == reason


CODED = base64.b64encode(b"planted-in-data").decode()
MANIFEST = f"""apiVersion: v1
kind: Secret
metadata: {{name: postgres}}
data: {{password: {CODED}, broken: "%%%"}}
stringData: {{key: planted-as-text, user: postgres}}
"""


def failed(number: int, password: str, said: str = "") -> Revision:
    values, objects = {"auth": {"password": password}, "color": "green"}, read_manifest(MANIFEST, namespace="a")
    return replace(revision(number, Status.FAILED, values=values, objects=objects), description=said)


def test_what_secrets_hold_is_in_no_message_and_names_stay() -> None:
    one = failed(1, "planted-in-values")
    said = f"postgres: planted-in-data, {CODED}, planted-as-text and planted-in-values are not green"
    hidden = "[secret]"
    assert "not [secret]" in redactor_of_release(one, is_of_all=True).text(said)
    assert redactor_of_release(one).text(said) == (f"postgres: {hidden}, {hidden}, {hidden} and {hidden} are not green")


def test_helms_last_words_quote_no_value_of_any_revision() -> None:
    said = f"Upgrade failed: postgres: {CODED} may not become planted-then from planted-before"
    history = (failed(1, "planted-before", "Install complete"), failed(2, "planted-then", said))
    assert last_words(history) == (
        "Install complete",
        "Upgrade failed: postgres: [secret] may not become [secret] from [secret]",
    )
