"""What a configuration holds in another shape than computenest-cli reads is said with its path, never dropped."""

from __future__ import annotations

import pytest

from computenest.kernel.errors import Invalid
from computenest.review.importing.configuration import parse_configuration
from computenest.review.importing.translate import Held, translate

ODD = """
Service:
  ServiceInfo: [{Locale: en-US, Name: Web}, Shop]
  DeployMetadata:
    TemplateConfigs: {Name: a}
    SupplierDeployMetadata:
      ArtifactRelation: {m: 3, n: {ArtifactId: 7}}
      FileArtifactRelation: [{f: null}, text]
Artifact:
  A: null
  B: {ArtifactType: EcsImage, ArtifactName: b, ArtifactProperty: 3}
"""
SUPPLIER = "Service.DeployMetadata.SupplierDeployMetadata"
NO_TARGET = "a map with ArtifactId is needed; nothing of it is read"


def test_every_odd_part_is_named() -> None:
    said = {one.path: one.why for one in parse_configuration(ODD).untranslated}
    assert said == {
        "Service.ServiceInfo[1]": "it is a text, and a map is needed; nothing of it is read",
        "Service.DeployMetadata.TemplateConfigs": "it is a map, and a list is needed; nothing of it is read",
        f"{SUPPLIER}.ArtifactRelation['m']": f"it is a number, and {NO_TARGET}",
        f"{SUPPLIER}.ArtifactRelation['n']": "it names no artifact: ArtifactId is '7'",
        f"{SUPPLIER}.FileArtifactRelation['f']": f"it is empty, and {NO_TARGET}",
        f"{SUPPLIER}.FileArtifactRelation[1]": "it is a text, and a map is needed; nothing of it is read",
        "Artifact.A": "it is empty, and a map is needed; nothing of it is read",
        "Artifact.B.ArtifactProperty": "it is a number, and a map is needed; nothing of it is read",
    }


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ("Service: {ServiceInfo: 3}", "Service.ServiceInfo"),
        ("Service: {DeployMetadata: []}", "Service.DeployMetadata"),
        ("Service: {DeployMetadata: {SupplierDeployMetadata: x}}", SUPPLIER),
        ("Service: {}\nArtifact: [1]", "Artifact"),
    ],
)
def test_whole_sections_too(section: str, path: str) -> None:
    (only,) = [one for one in parse_configuration(section).untranslated if "nothing of it is read" in one.why]
    assert only.path == path


@pytest.mark.parametrize("text", ["Service: {}", "Service: {ServiceInfo: null, DeployMetadata: null}\nArtifact: null"])
def test_what_is_absent_is_not_odd(text: str) -> None:
    assert not parse_configuration(text).untranslated


@pytest.mark.parametrize(("text", "where"), [("Service: [", "line 2, column 1: "), ("a: b: c", "line 1, column 5: ")])
def test_what_is_no_yaml_is_refused_with_its_place(text: str, where: str) -> None:
    with pytest.raises(Invalid, match=f"^{where}the configuration is not YAML"):
        parse_configuration(text)


def test_a_template_without_a_text_says_where_it_was_looked_for() -> None:
    parsed = parse_configuration("Service: {DeployMetadata: {TemplateConfigs: [{Name: One, Url: one.yaml}]}}")
    found = translate(parsed, Held(), service_name="Web", template_files={}, template_texts={})
    (said,) = found.untranslated
    assert said.path == "Service.DeployMetadata: template 'One'"
    assert said.why.startswith("there is no file 'one.yaml' beside the configuration, and the cloud has no text of it")
