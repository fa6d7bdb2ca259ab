"""Every ROS template of the corpus as JSON says what the embedded ROS reads in it."""

from __future__ import annotations

import json

import pytest

from computenest.templates import MAX_TEMPLATE_BYTES, TemplateRefused, as_json
from computenest_cloud.errors import ServiceError
from computenest_cloud.services.ros.loading import is_terraform, parse_template
from corpus.conftest import CORPUS

pytestmark = [pytest.mark.corpus, pytest.mark.long]


def lists(value):
    """Fn::GetAtt as JSON has it."""
    if isinstance(value, dict):
        if set(value) == {"Fn::GetAtt"} and isinstance(value["Fn::GetAtt"], str):
            return {"Fn::GetAtt": value["Fn::GetAtt"].split(".", 1)}
        return {key: lists(entry) for key, entry in value.items()}
    return [lists(entry) for entry in value] if isinstance(value, list) else value


def test_templates_in_json_are_the_same():
    same = 0
    for path in sorted((CORPUS / "ros").rglob("*")):
        if not path.is_file() or path.stat().st_size > MAX_TEMPLATE_BYTES:
            continue
        try:
            wanted = parse_template(path.read_text("utf-8"))
            found = json.loads(as_json(path.read_bytes(), name=path.name))
        except (ServiceError, TemplateRefused, UnicodeDecodeError):
            continue
        assert not is_terraform(wanted)
        assert lists(found) == lists(wanted), path
        same += 1
    assert same >= 338
