"""Placeholders of image packages at the containers of container groups: found, and rendered byte for byte."""

from __future__ import annotations

import json

import pytest

from computenest import templates
from computenest.kernel.errors import Invalid

IMAGE, REFERENCE = "{{ computenest::acrimage::web }}", "registry.example.com/123/web:sha-1"
TEMPLATE = f"""ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web:
    Type: ALIYUN::ECI::ContainerGroup
    Properties:
      ContainerGroupName:   web   # as it was
      ImageRegistryCredential: [{{Server: r, UserName: u, Password: "{{{{ computenest::acr::dockerconfigjson }}}}"}}]
      Container:
        - {{Name: web, Image: "{IMAGE}"}}
        - Name: side
          Image: nginx:1
      InitContainer:
        - Name: wait
          Image: '{IMAGE}'
  Scaled:
    Type: ALIYUN::ESS::EciScalingConfiguration
    Properties:
      Containers:
        - {{Name: web, Image: '{IMAGE}'}}
  Machine:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: ecs_image_web
      UserData: docker run {IMAGE}
"""
PATHS = [
    "Resources.Scaled.Properties.Containers[0].Image",
    "Resources.Web.Properties.Container[0].Image",
    "Resources.Web.Properties.InitContainer[0].Image",
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_they_are_positions_and_every_other_byte_stays(line_end: str) -> None:
    data = TEMPLATE.replace("\n", line_end).encode()
    scan = templates.scan(data, name="template.yaml")
    found = templates.markers(scan, [IMAGE])
    assert sorted(position.path for position in found[IMAGE]) == PATHS
    rendered = templates.render(data, scan=scan, substitutions={IMAGE: REFERENCE, "ecs_image_web": "m-bp1"})
    script = data.index(b"docker run")
    wanted = data[:script].replace(IMAGE.encode(), REFERENCE.encode()) + data[script:]
    assert rendered == wanted.replace(b"ecs_image_web", b"m-bp1")


def test_another_literal_of_a_container_is_no_marker() -> None:
    data = TEMPLATE.encode()
    with pytest.raises(Invalid, match="nginx:1"):
        templates.markers(templates.scan(data, name="template.yaml"), ["nginx:1"])


MANIFEST = f"""ROSTemplateFormatVersion: '2015-09-01'
Resources:
  App:
    Type: ALIYUN::CS::ClusterApplication
    Properties:
      ClusterId: c1
      YamlContent: |
        kind: Deployment
        spec:
          containers:
            - image: {IMAGE}   # image: {IMAGE}
              name: web
            - {{name: side, image: "{IMAGE}", args: ["--image", "{IMAGE}"]}}
        # image: {IMAGE}
  Quoted:
    Type: ALIYUN::CS::ClusterApplication
    Properties: {{YamlContent: "kind: Job\\nimage: '{IMAGE}'\\nname: x"}}
  Machine:
    Type: ALIYUN::ECS::Instance
    Properties: {{ImageId: ecs_image_web, UserData: "image: {IMAGE}"}}
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_images_of_manifests_are_positions_and_every_other_byte_stays(line_end: str) -> None:
    data = MANIFEST.replace("\n", line_end).encode()
    scan = templates.scan(data, name="template.yaml")
    found = templates.markers(scan, [IMAGE])[IMAGE]
    assert [position.line for position in found] == [11, 13, 17]
    assert {position.resource_type for position in found} == {"ALIYUN::CS::ClusterApplication"}
    rendered = templates.render(data, scan=scan, substitutions={IMAGE: REFERENCE})
    wanted = data
    for before in (b"- image: ", b'side, image: "', b"image: '"):
        wanted = wanted.replace(before + IMAGE.encode(), before + REFERENCE.encode())
    assert rendered == wanted
    assert rendered.count(IMAGE.encode()) == 4, "a comment, an argument, another comment and a script stay"


def test_images_of_manifests_in_json_are_positions() -> None:
    manifest = json.dumps({"kind": "Job", "image": IMAGE})
    body = {"YamlContent": manifest, "ClusterId": "c1"}
    resource = {"Type": "ALIYUN::CS::ClusterApplication", "Properties": body}
    data = json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": {"App": resource}}, indent=2).encode()
    scan = templates.scan(data, name="template.json")
    assert len(templates.markers(scan, [IMAGE])[IMAGE]) == 1
    rendered = templates.render(data, scan=scan, substitutions={IMAGE: REFERENCE})
    assert rendered == data.replace(IMAGE.encode(), REFERENCE.encode())
