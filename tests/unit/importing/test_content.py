"""Container images, charts and files of a configuration that the cloud does not hold yet, and those that it holds."""

from __future__ import annotations

import pytest

from computenest.review.importing.configuration import parse_configuration
from computenest.review.importing.content import content_source
from computenest.review.importing.program import program_text
from computenest.review.importing.translate import Held, Translation, translate

TEXT = """
Service: {ServiceInfo: {Locale: en-US, Name: shop}, DeployMetadata: {SupplierDeployMetadata: {
  AcrImageArtifactRelation: {'{{ computenest::acrimage::db }}': {ArtifactId: '${Artifact.Db.ArtifactId}'}}},
  TemplateConfigs: [{Name: one, Url: one.yaml}]}}
Artifact:
  Db: {ArtifactType: AcrImage, ArtifactName: db, ArtifactProperty: {RepoName: db, Tag: '13'}}
  Own: {ArtifactType: AcrImage, ArtifactName: own, ArtifactProperty: {RepoName: own, Tag: '1'}}
  Chart: {ArtifactType: HelmChart, ArtifactName: chart, ArtifactProperty: {RepoName: chart, Tag: '1'}}
  Data: {ArtifactType: File, ArtifactName: data, SupportRegionIds: [cn-beijing],
    ArtifactProperty: {Url: files/data.tgz}}
AcrImageBuilder:
  A: {DockerRepoUrl: 'postgres:13', RepoName: db, Tag: '13'}
  B: {DockerFilePath: Dockerfile, RepoName: own, Tag: '1'}
HelmChartBuilder: {C: {HelmChartPath: charts/shop, RepoName: chart, Tag: '1'}}
"""


def translated(held: Held, **files: str) -> Translation:
    texts = {"one": "{{ computenest::acrimage::db }}"}
    parsed = parse_configuration(TEXT)
    return translate(
        parsed, held, service_name="", template_files={"one": "one.yaml"}, template_texts=texts, content_files=files
    )


def test_what_is_not_in_the_cloud_is_declared_with_what_it_is_made_from() -> None:
    found = translated(Held(), Chart="../charts/shop", Data="../files/data.tgz")
    assert [one.type_name for one in found.declarations] == [
        "ContainerImagePackage",
        "HelmChartPackage",
        "FilePackage",
        "Service",
    ]
    program = program_text("shop", found.declarations, exports={})
    for line in (
        'source=computenest.RegistryReference(reference="docker.io/library/postgres:13")',
        'source=computenest.ChartDirectory(path="../charts/shop")',
        'file="../files/data.tgz"',
        'regions=["cn-beijing"]',
        '"{{ computenest::acrimage::db }}": db',
    ):
        assert line in program
    [left] = found.untranslated
    assert left.path == "Artifact.Own"
    assert "computenest-cli makes its content itself (Dockerfile)" in left.why


def test_a_file_that_is_not_there_is_said() -> None:
    left = {one.path: one.why for one in translated(Held()).untranslated}
    assert (
        left["Artifact.Data"]
        == "there is no file 'files/data.tgz' beside the configuration; put it there and begin again"
    )
    assert "'charts/shop'" in left["Artifact.Chart"]


def test_what_the_cloud_holds_stays_there() -> None:
    found = translated(Held(artifacts={"Db": "artifact-1"}))
    [service] = found.declarations
    assert service.arguments["relations"] == {
        "{{ computenest::acrimage::db }}": {"artifactId": "artifact-1", "version": "draft"}
    }
    assert any("the service keeps naming artifact-1" in one.why for one in found.untranslated)


@pytest.mark.parametrize(
    ("named", "whole"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("team/web", "docker.io/team/web:latest"),
        ("quay.io/team/web:1", "quay.io/team/web:1"),
        ("localhost/web:1", "localhost/web:1"),
        ("registry:5000/web", "registry:5000/web:latest"),
        ("team/web@sha256:ab", "docker.io/team/web@sha256:ab"),
    ],
)
def test_an_image_s_name_is_read_as_docker_does(named: str, whole: str) -> None:
    assert content_source("AcrImage", {"DockerRepoUrl": named}, {}) == {"reference": whole}


@pytest.mark.parametrize("url", ["", "https://bucket.example/data.tgz", "${Data}"])
def test_a_file_elsewhere_is_none_beside_the_configuration(url: str) -> None:
    assert content_source("File", {}, {"Url": url}) == {}
