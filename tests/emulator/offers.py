"""What tests of services say often: upload a template, save a service, bring it online."""

from __future__ import annotations

import json
from typing import Any

import oss2

from emulator.harness import Cloud, call

CONTROL_REGION = "cn-hangzhou"
TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Amount: {Type: Number, Default: 2}
Resources:
  Server:
    Type: ALIYUN::ECS::InstanceGroup
    Properties:
      ImageId: image_web
      InstanceType: ecs.g7.large
      MaxAmount: {Ref: Amount}
Outputs:
  Ids: {Value: {Fn::GetAtt: [Server, InstanceIds]}}
"""

UPGRADES = json.dumps({"SupportUpgradeFromVersions": [], "SupportRollback": True, "UpgradeComponents": ["Resource"]})
OPERATIONS = json.dumps(
    {
        "ModifyParametersConfig": [
            {"TemplateName": name, "Operation": [{"Name": "resize", "Type": "Custom", "Parameters": ["Amount"]}]}
            for name in ("t1", "t2")
        ],
        "StatusOperationConfigs": [
            {"TemplateName": name, "SupportOperations": ["Start", "Stop", "Restart"]} for name in ("t1", "t2")
        ],
    }
)
"""What may be done with instances of a service that says nothing else."""


def signed(method: str, path: str, credentials: Any, *, content_type: str = "") -> dict[str, str]:
    """The headers of an object storage request, by the storage's own SDK."""
    bucket, _, name = path[1:].partition("/")
    keys = oss2.StsAuth(credentials.access_key_id, credentials.access_key_secret, credentials.security_token)
    request = oss2.http.Request(method, path, headers={"Content-Type": content_type} if content_type else {})
    keys._sign_request(request, bucket, name)
    return {name: value for name, value in request.headers.items() if value is not None}


def upload(cloud: Cloud, text: str = TEMPLATE, *, name: str = "template.yaml", visibility: str = "private") -> str:
    """Puts a file where GetUploadCredentials says; its URL."""
    data = call(cloud.nest(), "GetUploadCredentials", FileName=name, Visibility=visibility).data
    path = f"/{data.bucket_name}/{data.key}"
    headers = signed("PUT", path, data, content_type="text/yaml")
    assert cloud.send("PUT", path, text.encode(), headers).status == 200
    return f"https://{data.bucket_name}.oss-{data.region_id}.aliyuncs.com/{data.key}"


def metadata(relation: Any, *urls: str, regions: tuple[str, ...] = ()) -> str:
    """DeployMetadata with templates t1, t2, …"""
    templates = [
        {"Name": f"t{number}", "Url": url, **({"AllowedRegions": list(regions)} if regions else {})}
        for number, url in enumerate(urls, 1)
    ]
    supplier = {"ArtifactRelation": relation, "SupplierTemplateConfigs": templates}
    return json.dumps({"SupplierDeployMetadata": supplier, "TemplateConfigs": templates})


def relation(artifact_id: str, version: object = "1", literal: str = "image_web") -> dict[str, Any]:
    target = {"ArtifactId": artifact_id} | ({} if version is None else {"ArtifactVersion": version})
    return {literal: target}


def _nest(cloud: Cloud, action: str, **fields: Any) -> Any:
    return call(cloud.nest(), action, RegionId=CONTROL_REGION, **fields)


def save(cloud: Cloud, deploy_metadata: str | None = None, *, name: str = "web", **more: Any) -> str:
    """CreateService, until it is a draft."""
    saved = {"DeployMetadata": deploy_metadata, "UpgradeMetadata": UPGRADES, "OperationMetadata": OPERATIONS}
    info = [{"Locale": "zh-CN", "Name": name}]
    service_id = _nest(cloud, "CreateService", DeployType="ros", ServiceInfo=info, **saved, **more).service_id
    cloud.advance(5)
    return str(service_id)


def update(cloud: Cloud, service_id: str, **fields: Any) -> None:
    _nest(cloud, "UpdateService", ServiceId=service_id, **fields)
    cloud.advance(5)


def get(cloud: Cloud, service_id: str, version: str | None = None) -> Any:
    return _nest(cloud, "GetService", ServiceId=service_id, ServiceVersion=version)


def document(cloud: Cloud, service_id: str, version: str | None = None) -> dict[str, Any]:
    """DeployMetadata."""
    return dict(json.loads(get(cloud, service_id, version).deploy_metadata))


def edit(cloud: Cloud, service_id: str, version: str, **fields: Any) -> None:
    """Somebody changes it in the console, which asks no rule."""
    cloud.control("POST", "services/edit", {"service_id": service_id, "version": version, "set": fields})


def review(cloud: Cloud, registration_id: str, *, approves: bool = True, comment: str = "", **found: object) -> None:
    """What a reviewer decides about what was submitted."""
    body = {"registration_id": registration_id, "approve": approves, "comment": comment, **found}
    cloud.control("POST", "registrations/review", body)


def delete(cloud: Cloud, service_id: str, version: str) -> None:
    _nest(cloud, "DeleteService", ServiceId=service_id, ServiceVersion=version)


def submit(cloud: Cloud, service_id: str) -> str:
    return str(_nest(cloud, "RegisterService", ServiceId=service_id).registration_id)


def launch(cloud: Cloud, service_id: str, version: str = "draft") -> Any:
    answer = _nest(cloud, "LaunchService", ServiceId=service_id, ServiceVersion=version)
    cloud.advance(10)
    return answer


def publish(cloud: Cloud, service_id: str) -> str:
    """Submitted, approved, launched; the number of the version."""
    return launch_result(cloud, service_id)[1]


def launch_result(cloud: Cloud, service_id: str) -> tuple[str, str]:
    """Submitted, approved, launched: which kind of launch it was, and the number of the version."""
    review(cloud, submit(cloud, service_id))
    launched = launch(cloud, service_id)
    return str(launched.service_launch_result_type), str(launched.version)


def share(cloud: Cloud, service_id: str, *uids: str, permission: str = "Deployable") -> None:
    accounts = [{"UserAliUid": uid, "Permission": permission} for uid in uids]
    shared = {"ServiceId": service_id, "Type": "SharedAccount", "SharedAccounts": accounts}
    _nest(cloud, "AddServiceSharedAccounts", **shared)
