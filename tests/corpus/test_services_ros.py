"""Which of the corpus' templates the emulated ROS can deploy: all that are whole, filled in as a customer would."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from computenest_cloud.errors import ServiceError
from computenest_cloud.services.ros.evaluation import Evaluation, Scope
from computenest_cloud.services.ros.loading import is_terraform, parse_template
from corpus.conftest import CORPUS
from stack.forms import filled_of

pytestmark = pytest.mark.corpus

REGION = "cn-hangzhou"
ARCHIVE = "alibaba-archive__alibabacloud-quickstart-"
REFUSED = {
    # They refer to what they do not declare, two of them to show exactly that.
    "aliyun__alibabacloud-ros-tool-iact3/tests/data/failed_validate_template.yml": "reference (ZoneId) is incorrect",
    "aliyun__alibabacloud-ros-tool-iact3/tests/data/invalid_template.yml": "NatGatewayId) is incorrect",
    f"{ARCHIVE}sap-hana/sap-hana-single-node/templates/New_VPC_HANA_Single_Node_In.json": "(CustomizedImage) is",
    f"{ARCHIVE}sap-netweaver/sap-netweaver-ha/templates/New_VPC_NetWeaver_HA_In.json": "NetWeaverNodesStack.Outputs",
}


def _read(url: str) -> str | None:
    """Templates of nested stacks lie beside: `…/v1/sap-hana/x.json` is x.json of that repository."""
    _, _, place = urlsplit(url).path.partition("/v1/")
    repository, _, path = place.partition("/")
    found = CORPUS / "ros" / f"{ARCHIVE}{repository}" / path
    return found.read_text("utf-8") if repository and found.is_file() else None


def _scope(stack_id: str) -> Scope:
    return Scope(
        region=REGION,
        stack_id=stack_id,
        stack_name="corpus",
        uid="1",
        began_at=0.0,
        identify=lambda logical_id, _, number: f"{stack_id}/{logical_id}/{number}",
        read_url=_read,
        nest=_scope,
    )


def _evaluated(evaluation: Evaluation) -> int:
    """Resources of the stack and of those in it, each computed as it would be deployed."""
    found = evaluation.resources()
    evaluation.outputs()
    nested = [entry.logical_id for entry in found if entry.resource_type == "ALIYUN::ROS::Stack"]
    return len(found) + sum(_evaluated(evaluation.nested(name)) for name in nested)


def _outcome(path: Path) -> tuple[str, int]:
    try:
        template = parse_template(path.read_text("utf-8"))
    except ServiceError:
        return "does not parse", 0
    if is_terraform(template):
        return "Terraform", 0
    try:
        return "deployed", _evaluated(Evaluation(template, filled_of(template, REGION), _scope("stack")))
    except ServiceError as failure:
        return failure.message, 0


def test_every_whole_template_of_the_corpus_is_evaluated() -> None:
    files = sorted(path for path in (CORPUS / "ros").rglob("*") if path.is_file())
    outcomes = {str(path.relative_to(CORPUS / "ros")): _outcome(path) for path in files}
    refused = {name: why for name, (why, _) in outcomes.items() if why not in {"deployed", "does not parse"}}
    assert set(refused) == set(REFUSED), refused
    assert all(part in refused[name] for name, part in REFUSED.items()), refused
    assert Counter(why for why, _ in outcomes.values())["deployed"] >= 330
    assert sum(count for _, count in outcomes.values()) > 1500
