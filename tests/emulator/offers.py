"""What tests of services say often: upload a template, save a service, bring it online."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
from collections.abc import Mapping
from typing import Any

from alibabacloud_computenestsupplier20210521 import models as nest

from emulator.harness import Cloud

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


def storage(
    cloud: Cloud, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(cloud.handle["host"], cloud.handle["port"], timeout=100)
    connection.request(method, path, body, dict(headers or {}))
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def signed(method: str, path: str, credentials: Any, *, content_type: str = "") -> dict[str, str]:
    """The headers of an object storage request, as the storage's own SDK makes them."""
    date = "Thu, 01 Jan 2026 00:00:00 GMT"
    token = f"x-oss-security-token:{credentials.security_token}\n"
    text = f"{method}\n\n{content_type}\n{date}\n{token}{path}"
    digest = hmac.new(credentials.access_key_secret.encode(), text.encode(), hashlib.sha1).digest()
    signature = base64.b64encode(digest).decode()
    headers = {
        "Date": date,
        "x-oss-security-token": credentials.security_token,
        "Authorization": f"OSS {credentials.access_key_id}:{signature}",
    }
    return headers | ({"Content-Type": content_type} if content_type else {})


def upload(cloud: Cloud, text: str = TEMPLATE, *, name: str = "template.yaml", visibility: str = "private") -> str:
    """Puts a file where GetUploadCredentials says; its URL."""
    request = nest.GetUploadCredentialsRequest(file_name=name, visibility=visibility)
    data = cloud.nest().get_upload_credentials(request).body.data
    path = f"/{data.bucket_name}/{data.key}"
    headers = signed("PUT", path, data, content_type="text/yaml")
    assert storage(cloud, "PUT", path, text.encode(), headers)[0] == 200
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


def save(cloud: Cloud, deploy_metadata: str | None = None, *, name: str = "web", **more: Any) -> str:
    """CreateService, until it is a draft."""
    fields: dict[str, Any] = {
        "region_id": CONTROL_REGION,
        "deploy_type": "ros",
        "service_info": [nest.CreateServiceRequestServiceInfo(locale="zh-CN", name=name)],
        "deploy_metadata": deploy_metadata,
        "upgrade_metadata": UPGRADES,
        "operation_metadata": OPERATIONS,
        **more,
    }
    service_id = cloud.nest().create_service(nest.CreateServiceRequest(**fields)).body.service_id
    cloud.advance(5)
    return str(service_id)


def update(cloud: Cloud, service_id: str, **fields: Any) -> None:
    request = nest.UpdateServiceRequest(region_id=CONTROL_REGION, service_id=service_id, **fields)
    cloud.nest().update_service(request)
    cloud.advance(5)


def get(cloud: Cloud, service_id: str, version: str | None = None) -> Any:
    request = nest.GetServiceRequest(region_id=CONTROL_REGION, service_id=service_id, service_version=version)
    return cloud.nest().get_service(request).body


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
    request = nest.DeleteServiceRequest(region_id=CONTROL_REGION, service_id=service_id, service_version=version)
    cloud.nest().delete_service(request)


def submit(cloud: Cloud, service_id: str) -> str:
    request = nest.RegisterServiceRequest(region_id=CONTROL_REGION, service_id=service_id)
    return str(cloud.nest().register_service(request).body.registration_id)


def launch(cloud: Cloud, service_id: str, version: str = "draft") -> Any:
    request = nest.LaunchServiceRequest(region_id=CONTROL_REGION, service_id=service_id, service_version=version)
    answer = cloud.nest().launch_service(request).body
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
    accounts = [
        nest.AddServiceSharedAccountsRequestSharedAccounts(user_ali_uid=uid, permission=permission) for uid in uids
    ]
    request = nest.AddServiceSharedAccountsRequest(
        region_id=CONTROL_REGION, service_id=service_id, type="SharedAccount", shared_accounts=accounts
    )
    cloud.nest().add_service_shared_accounts(request)
