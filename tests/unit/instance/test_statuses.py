"""Every status that the official SDKs document of an object that somebody waits for, and what it means to them."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from computenest.resources._packages.classify import Phase as Version
from computenest.resources._packages.classify import classify as of_version
from computenest.resources.ecs_image_package.direct.classify import CopyPhase, classify_copy
from computenest.resources.service.plan import Phase as Service
from computenest.resources.service.plan import classify as of_service
from computenest.resources.service_instance.classify import is_moving, is_unusable

MOVES, KEPT, UNUSABLE = (True, False), (False, False), (False, True)
"""Of an instance: is it still moving, and is the deployment unusable?"""

INSTANCE = {
    "Created": MOVES,
    "Deploying": MOVES,
    "Deployed": KEPT,
    "DeployedFailed": UNUSABLE,
    "Upgrading": MOVES,
    "Deleting": MOVES,
    "Deleted": UNUSABLE,
    "DeletedFailed": UNUSABLE,
    # In no enumeration of the SDKs installed; in operation templates of the cloud's own, and in older SDKs.
    "UpgradeRollbacking": MOVES,
    "UpgradeFailed": KEPT,
    "UpgradeRollbackFailed": KEPT,
    "Stopped": KEPT,
    "StopFailed": KEPT,
    "StartFailed": KEPT,
    "Running": KEPT,
    # In no source at all: a failure ends the wait and keeps what runs, the rest is waited for until the deadline.
    "RestartFailed": KEPT,
    "Stopping": MOVES,
    "": MOVES,
}
VERSION = {
    "Created": Version.IDLE,
    "Scanning": Version.PENDING,
    "ScanFailed": Version.FAILED,
    "Delivering": Version.PENDING,
    "Available": Version.READY,
    "Deleted": Version.GONE,
    "CreateFailed": Version.FAILED,  # a build's; the cloud's own client waits for it
    "Creating": Version.PENDING,
    "Building": Version.PENDING,
    "DeliverFailed": Version.FAILED,
    "DeliveryFailed": Version.FAILED,
}
SERVICE = {
    "Draft": Service.IDLE,
    "Submitted": Service.REVIEW,
    "Approved": Service.REVIEW,
    "Launching": Service.PENDING,
    "Online": Service.PUBLISHED,
    "Offline": Service.PUBLISHED,
    "Beta": Service.PUBLISHED,
    "Creating": Service.PENDING,
    "CreateFailed": Service.FAILED,
    "Updating": Service.PENDING,
    "UpdateFailed": Service.FAILED,
    "Deleted": Service.GONE,
}
IMAGE = {
    "Creating": CopyPhase.RUNNING,
    "Waiting": CopyPhase.RUNNING,
    "Available": CopyPhase.READY,
    "Deprecated": CopyPhase.READY,
    "UnAvailable": CopyPhase.FAILED,
    "CreateFailed": CopyPhase.FAILED,
}

SUPPLIER, USER, ECS = (
    "alibabacloud_computenestsupplier20210521",
    "alibabacloud_computenest20210601",
    "alibabacloud_ecs20140526",
)
DOCUMENTED = [
    *(
        (sdk, f"{action}_response_body", INSTANCE)
        for sdk, actions in {
            USER: ("get_service_instance", "list_service_instances", "create_service_instance"),
            SUPPLIER: (
                "get_service_instance",
                "list_service_instances",
                "upgrade_service_instance",
                "rollback_service_instance",
                "create_service_instance",
            ),
        }.items()
        for action in actions
    ),
    *(
        (SUPPLIER, f"{action}_response_body", VERSION)
        for action in ("list_artifact_versions", "list_artifacts", "release_artifact", "update_artifact")
    ),
    *((SUPPLIER, f"{action}_response_body", SERVICE) for action in ("get_service", "list_services")),
    (ECS, "describe_images_request", IMAGE),
]


def documented(sdk: str, module: str, table: dict[str, object]) -> set[str]:
    """The names that the comment above a model's `status` lists, in that of the models of a module which speaks of the
    object of `table`; read as text, since importing an SDK takes seconds."""
    found = find_spec(sdk)
    assert found is not None
    assert found.submodule_search_locations
    text = (Path(found.submodule_search_locations[0]) / "models" / f"_{module}.py").read_text("utf-8")
    listed = [
        set(re.findall(r"^ +# (?:- |\* )?\**`?([A-Z][A-Za-z]+)`?\**(?=:|$)", block, re.MULTILINE)) - {"ALL"}
        for block in re.findall(r"((?:^ +#.*\n)+) +self\.status = status$", text, re.MULTILINE)
    ]
    return max(listed, key=lambda names: len(names & table.keys()))


@pytest.mark.parametrize(
    ("sdk", "module", "table"), DOCUMENTED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_documented_status_is_classified(sdk: str, module: str, table: dict[str, object]) -> None:
    names = documented(sdk, module, table)
    assert len(names) > 3, "nothing was found to be documented there any more"
    assert names <= table.keys()


@pytest.mark.parametrize("status", INSTANCE)
def test_an_instance(status: str) -> None:
    assert (is_moving(status), is_unusable(status)) == INSTANCE[status]


@pytest.mark.parametrize("status", VERSION)
def test_a_version_or_build(status: str) -> None:
    assert of_version(status) is VERSION[status]


@pytest.mark.parametrize("status", SERVICE)
def test_a_service(status: str) -> None:
    assert of_service(status) is SERVICE[status]


@pytest.mark.parametrize("status", IMAGE)
def test_a_copy(status: str) -> None:
    assert classify_copy(status) is IMAGE[status]
