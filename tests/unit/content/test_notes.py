"""A template that pulls again later, when its one-shot key has expired, is told of with the line."""

from __future__ import annotations

import pytest

from computenest.resources.service.notes import one_shot_notes

SCALING = """ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Grow:
    Type: ALIYUN::ESS::ScalingConfiguration
    Properties:
      UserData: docker pull {{ computenest::acrimage::web }}
"""
POD = """ROSTemplateFormatVersion: '2015-09-01'
Resources:
  App:
    Type: ALIYUN::CS::ClusterApplication
    Properties:
      YamlContent: |
        kind: Deployment
        spec: {image: "{{ computenest::acrimage::web }}"}
"""
ONCE = """ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web:
    Type: ALIYUN::ECS::Instance
    Properties:
      UserData: docker pull {{ computenest::acrimage::web }}
"""


@pytest.mark.parametrize(("text", "line"), [(SCALING, 6), (POD, 8)], ids=["scaling", "deployment"])
def test_what_pulls_again_later_is_told(text: str, line: int) -> None:
    (note,) = one_shot_notes({"main.yaml": text})
    assert note.startswith(f"main.yaml:{line}: `{{{{ computenest::acrimage::web }}}}` is valid once")


@pytest.mark.parametrize("text", [ONCE, "no: placeholder", "a: [", "x: '{{ computenest::acrimage::web }}'"])
def test_nothing_else_is(text: str) -> None:
    assert one_shot_notes({"main.yaml": text}) == ()
