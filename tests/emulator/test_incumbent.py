"""computenest-cli 1.9.17 brings public services into the embedded cloud as it would into the real one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_ecs20140526 import models as ecs

from emulator import offers
from emulator.harness import Cloud
from emulator.incumbent import CORPUS, Project, interpreter
from emulator.offers import CONTROL_REGION

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of public services is not beside the project"),
]
SERVICES = (
    "HankXYang__LLaMA-Factory",
    "JJGGu__langfuse",
    "LYH-RAIN__cv",
    "aliyun-computenest__quickstart-mlflow",
    "helloworldbgl__uptime-kuma1",
)
FIRST = [  # what an import calls, by when it calls it first
    *("ListArtifacts", "CreateArtifact", "ListArtifactVersions", "ListServices"),
    *("GetUploadCredentials", "PutObject", "CreateService", "ListServiceTestCases"),
]
SCALE = 4000  # an image is built in the time of one of its looks, which the test shortens


@dataclass
class Bench:
    """One cloud for the module; each service is brought into it once."""

    cloud: Cloud
    python: str
    folder: Path
    imported: dict[str, tuple[Project, list[str]]] = field(default_factory=dict)

    def bring_in(self, name: str) -> tuple[Project, list[str]]:
        """The project, and the actions that its first import called."""
        if name not in self.imported:
            self.cloud.control("DELETE", "calls")
            project = Project.of_corpus(name, self.folder)
            assert "CreateService Success" in project.bring_in(self.cloud, self.python)
            calls = [
                entry["action"] for entry in self.cloud.control("GET", "calls")["last"] if not entry["is_internal"]
            ]
            self.imported[name] = (project, calls)
        return self.imported[name]


@pytest.fixture(scope="module")
def bench(tmp_path_factory, _no_proxy):
    folder = tmp_path_factory.mktemp("incumbent")
    python = interpreter()
    cloud = Cloud(folder, "--time-scale", str(SCALE))
    try:
        yield Bench(cloud.wait_until_answering(), python, folder)
    finally:
        cloud.stop()


@pytest.fixture
def cloud(bench):
    return bench.cloud


def _service(cloud, name):
    """The one service of this name, once it is saved."""
    filters = [nest.ListServicesRequestFilter(name="Name", value=[name])]
    request = nest.ListServicesRequest(region_id=CONTROL_REGION, all_versions=True, filter=filters)
    (found,) = cloud.nest().list_services(request).body.services
    return offers.get(cloud, found.service_id, "draft")


def _artifact(cloud, name):
    return cloud.nest().get_artifact(nest.GetArtifactRequest(artifact_name=name)).body


def _until(look, *, tries=200):
    for _ in range(tries):
        found = look()
        if found:
            return found
    raise AssertionError("it never came")


@pytest.mark.parametrize("name", SERVICES)
def test_it_imports_a_public_service(bench, cloud, name):
    project, calls = bench.bring_in(name)
    assert list(dict.fromkeys(calls)) == FIRST
    assert calls.count("CreateArtifact") == calls.count("CreateService") == 1
    assert calls.count("GetUploadCredentials") == calls.count("PutObject") >= 1 + len(project.templates)
    artifact = _artifact(cloud, project.artifact["ArtifactName"])
    assert (artifact.artifact_type, artifact.artifact_version, artifact.status) == ("EcsImage", "draft", "Created")
    assert json.loads(artifact.support_region_ids) == project.artifact["SupportRegionIds"]
    service = _until(lambda: (found := _service(cloud, name)).status == "Draft" and found)
    metadata = json.loads(service.deploy_metadata)
    given = project.config["Service"]["DeployMetadata"]
    wanted = {"ArtifactId": artifact.artifact_id, "ArtifactVersion": "draft"}
    related = metadata["SupplierDeployMetadata"]["ArtifactRelation"]
    assert related == dict.fromkeys(given["SupplierDeployMetadata"]["ArtifactRelation"], wanted)
    assert [entry["Name"] for entry in metadata["TemplateConfigs"]] == list(project.templates)
    assert all(entry["Url"].startswith("https://") for entry in metadata["TemplateConfigs"])
    assert (service.service_type, service.deploy_type, service.share_type) == ("private", "ros", "Restricted")


def test_what_it_imported_is_released_and_deployed(bench, cloud):
    """The supplier goes on in the console, as the incumbent leaves it to people: release, test deployment."""
    project, _ = bench.bring_in("LYH-RAIN__cv")
    artifact = _artifact(cloud, project.artifact["ArtifactName"])
    cloud.release(artifact.artifact_id)
    version = _until(lambda: next((v for v in cloud.versions(artifact.artifact_id) if v.artifact_version == "1"), None))
    service = _service(cloud, project.name)
    parameters = {"RegionId": "ap-southeast-1", "ZoneId": "ap-southeast-1a", "EcsInstanceType": "ecs.c6.large"}
    parameters |= {"InstancePassword": "Secret-1234", "VpcId": "vpc-1", "VSwitchId": "vsw-1"}
    request = nest.CreateServiceInstanceRequest(
        region_id=CONTROL_REGION,
        service_id=service.service_id,
        parameters=parameters,
        template_name=next(iter(project.templates)),
    )
    instance_id = cloud.nest().create_service_instance(request).body.service_instance_id
    ask = nest.GetServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
    found = _until(lambda: (i := cloud.nest().get_service_instance(ask).body).status.startswith("Deployed") and i)
    assert (found.status, found.status_detail) == ("Deployed", "")
    listed = cloud.ecs().describe_instances(ecs.DescribeInstancesRequest(region_id="ap-southeast-1")).body
    images = {entry.image_id for entry in listed.instances.instance}
    assert images == {version.image_delivery["ap-southeast-1"]}


def test_it_imports_a_service_of_a_file(bench, cloud):
    """The sixth: what it uploads as a package is what the cloud keeps."""
    project = Project.of_corpus("LYH-RAIN__Flowise", bench.folder)
    assert "CreateService Success" in project.bring_in(cloud, bench.python)
    given = project.artifact
    artifact = _artifact(cloud, given["ArtifactName"])
    assert (artifact.artifact_type, artifact.artifact_version, artifact.status) == ("File", "draft", "Created")
    url = json.loads(artifact.artifact_property)["Url"]
    assert url.startswith("https://computenest-artifacts-draft-cn-hangzhou.oss-cn-hangzhou.aliyuncs.com/")
    service = _until(lambda: (found := _service(cloud, project.name)).status == "Draft" and found)
    related = json.loads(service.deploy_metadata)["SupplierDeployMetadata"]["FileArtifactRelation"]
    assert list(related.values()) == [{"ArtifactId": artifact.artifact_id, "ArtifactVersion": "draft"}]


def test_it_imports_again(bench, cloud):
    """One service, one artifact; the draft is kept unless it is told to update it."""
    project, _ = bench.bring_in("JJGGu__langfuse")
    before = _artifact(cloud, project.artifact["ArtifactName"])
    text = project.bring_in(cloud, bench.python, "--version_name", "second")
    assert f"No need to update the artifact: {before.artifact_id}" in text
    assert "UpdateService Success" in text
    assert not _artifact(cloud, project.artifact["ArtifactName"]).version_name.startswith("second")
    service = _until(lambda: (found := _service(cloud, project.name)).status == "Draft" and found)
    assert service.version_name == "second"
    project.bring_in(cloud, bench.python, "--version_name", "third", "--update_artifact", "True")
    artifact = _artifact(cloud, project.artifact["ArtifactName"])
    assert (artifact.artifact_id, artifact.version_name[:5]) == (before.artifact_id, "third")


def test_it_reads_templates_back_where_they_are_signed(bench, cloud):
    """It compares and exports templates without a key of its own: with signed addresses it can."""
    project, _ = bench.bring_in("LYH-RAIN__cv")
    cloud.switch("service.template_urls", "signed")
    cloud.control("DELETE", "calls")
    project.bring_in(cloud, bench.python)
    puts = [entry for entry in cloud.control("GET", "calls")["last"] if entry["action"] == "PutObject"]
    assert len(puts) == 1  # the icon, which it does not compare
    service = _until(lambda: (found := _service(cloud, project.name)).status == "Draft" and found)
    options = ("--output_dir", str(project.folder), "--export_project_name", "exported")
    project.run(cloud, bench.python, "export", "--service_id", service.service_id, "--version_name", "draft", *options)
    written = {path.read_bytes() for path in (project.folder / "exported").rglob("template*.yaml")}
    assert written == set(project.templates.values())
    cloud.switch("service.template_urls", "plain")
