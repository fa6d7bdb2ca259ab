"""Fn::Select as the scan resolves it and as the embedded cloud computes it: the same, whatever the index."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computenest.templates import scan
from computenest_cloud.services.ros.functions import FUNCTIONS

CHOICES = st.one_of(
    st.lists(st.sampled_from(["m-1", "m-2", "m-3"]), max_size=4),
    st.dictionaries(st.sampled_from(["cn-beijing", "0", "x"]), st.sampled_from(["m-1", "m-2"]), max_size=3),
)
INDEXES = st.one_of(
    st.integers(-6, 6), st.integers(-6, 6).map(str), st.sampled_from(["cn-beijing", "x", "0:2", ":", "", "-"])
)


@given(INDEXES, CHOICES, st.sampled_from([[], ["m-default"]]))
@settings(max_examples=300)
def test_the_scan_finds_what_the_cloud_computes(index: int | str, choices: Any, default: list[str]) -> None:
    arguments = [index, choices, *default]
    resource = {"Type": "ALIYUN::ECS::Instance", "Properties": {"ImageId": {"Fn::Select": arguments}}}
    data = json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": {"Web": resource}}).encode()
    (position,) = scan(data).positions
    computed = FUNCTIONS["Select"](arguments)
    if isinstance(computed, str) and computed:
        assert position.value == computed
        assert data[position.start : position.end] == computed.encode()
    else:
        assert (position.start, position.form) == (None, "select")
        assert position.reason


@pytest.mark.parametrize("index", ["5", "-5", "x"])
def test_an_index_that_leads_nowhere_is_remarked(index: str) -> None:
    text = (
        "ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  Web:\n    Type: ALIYUN::ECS::Instance\n"
        f"    Properties:\n      ImageId: !Select ['{index}', [m-1, m-2]]\n"
    )
    (remark,) = scan(text.encode()).remarks
    assert (remark.rule, remark.line, f"`{index}`" in remark.message) == ("dead-reference", 6, True)
