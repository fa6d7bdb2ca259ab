"""Actions of the registry's API by name: parse, act, answer. fact: cr-020 to cr-023"""

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any

from computenest_cloud.errors import ServiceError
from computenest_cloud.services.cr import views
from computenest_cloud.services.cr.errors import error
from computenest_cloud.services.cr.repositories import RepositoryActions
from computenest_cloud.services.registry.seam import (
    NAMESPACES,
    PUSH,
    REGISTRIES,
    REPOSITORIES,
    Contents,
    Namespace,
    Registries,
    RegistryInstance,
)
from computenest_cloud.world import Answer, Call, Handler


class CrHandlers:
    def __init__(self, registries: Registries, contents: Contents) -> None:
        self._registries = registries
        self._repositories = RepositoryActions(registries, contents, self.instance)

    def actions(self) -> Mapping[str, Handler]:
        table: dict[str, Callable[[Call], dict[str, Any]]] = {
            **self._repositories.table,
            "ListInstance": self.list_instance,
            "GetInstance": self.get_instance,
            "GetInstanceCount": self.get_instance_count,
            "GetInstanceUsage": self.get_instance_usage,
            "GetInstanceEndpoint": self.get_instance_endpoint,
            "ListInstanceEndpoint": self.list_instance_endpoint,
            "UpdateInstanceEndpointStatus": self.update_instance_endpoint_status,
            "CreateInstanceEndpointAclPolicy": self.create_acl_policy,
            "DeleteInstanceEndpointAclPolicy": self.delete_acl_policy,
            "GetInstanceVpcEndpoint": self.get_instance_vpc_endpoint,
            "CreateInstanceVpcEndpointLinkedVpc": self.link_vpc,
            "DeleteInstanceVpcEndpointLinkedVpc": self.unlink_vpc,
            "CreateNamespace": self.create_namespace,
            "GetNamespace": self.get_namespace,
            "ListNamespace": self.list_namespace,
            "UpdateNamespace": self.update_namespace,
            "DeleteNamespace": self.delete_namespace,
            "GetAuthorizationToken": self.get_authorization_token,
        }
        return {name: _enveloped(action) for name, action in table.items()}

    def instance(self, call: Call) -> RegistryInstance:
        """Of this account: others' do not exist."""
        instance_id = call.params.required("InstanceId")
        found = call.world.store[REGISTRIES].get(instance_id)
        if found is None or found.owner_uid != call.account.uid:
            raise error("INSTANCE_NOT_EXIST", f"({instance_id!r})")
        return found

    def list_instance(self, call: Call) -> dict[str, Any]:
        name = call.params.text("InstanceName")
        found = [entry for entry in self._registries.of(call.account) if name in {"", entry.name}]
        shown, body = views.page(call.params, found)
        return {**body, "Instances": [{**views.instance(entry), "RegionId": entry.region} for entry in shown]}

    def get_instance(self, call: Call) -> dict[str, Any]:
        return views.instance(self.instance(call))

    def get_instance_count(self, call: Call) -> dict[str, Any]:
        return {"Count": len(list(self._registries.of(call.account)))}

    def get_instance_usage(self, call: Call) -> dict[str, Any]:
        """What there is, and how much there may be. fact: cr-026"""
        instance, store = self.instance(call), call.world.store
        used = {
            "NamespaceUsage": len(list(store[NAMESPACES].grouped(instance.instance_id))),
            "RepoUsage": len(list(store[REPOSITORIES].grouped(instance.instance_id))),
            "ChartNamespaceUsage": 0,
            "ChartRepoUsage": 0,
            "VpcUsage": len(instance.linked_vpcs),
        }
        return {name: str(count) for name, count in {**used, **views.QUOTAS}.items()}

    # --- who may come in

    def _endpoint(self, instance: RegistryInstance) -> dict[str, Any]:
        return views.endpoint(instance, self._registries.host(instance))

    def get_instance_endpoint(self, call: Call) -> dict[str, Any]:
        return self._endpoint(self.instance(call))

    def list_instance_endpoint(self, call: Call) -> dict[str, Any]:
        instance = self.instance(call)
        internet = {**self._endpoint(instance), "EndpointType": "internet", "LinkedVpcs": []}
        linked = [{"VpcId": vpc_id} for vpc_id in sorted(instance.linked_vpcs)]
        inside = {
            "EndpointType": "vpc",
            "Enable": bool(linked),
            "Status": "RUNNING",
            "AclEnable": False,
            "AclEntries": [],
            "Domains": [{"Domain": host, "Type": "SYSTEM"} for host in sorted(instance.vpc_hosts.values())],
            "LinkedVpcs": linked,
        }
        return {"Endpoints": [internet, inside]}

    def update_instance_endpoint_status(self, call: Call) -> dict[str, Any]:
        instance = self.instance(call)
        instance.is_internet = call.params.flag("Enable")
        return {}

    def create_acl_policy(self, call: Call) -> dict[str, Any]:
        instance = self.instance(call)
        groups = call.params.groups("Entries")
        given = {group.required("Entry"): group.text("Comment") for group in groups}
        if not groups:
            given = {call.params.required("Entry"): call.params.text("Comment")}
        for entry in given:
            _check_network(entry)
            if entry in instance.acl:
                raise error("SLB_SERVICE_ACL_ENTRY_EXIST", f"({entry})")
        instance.acl = {**instance.acl, **given}
        return {}

    def delete_acl_policy(self, call: Call) -> dict[str, Any]:
        """Of an entry that is not there, too."""
        instance, entry = self.instance(call), call.params.required("Entry")
        instance.acl = {key: value for key, value in instance.acl.items() if key != entry}
        return {}

    def get_instance_vpc_endpoint(self, call: Call) -> dict[str, Any]:
        instance = self.instance(call)
        linked = [
            {
                "VpcId": vpc_id,
                "VswitchId": instance.linked_vpcs[vpc_id],
                "Ip": instance.vpc_hosts.get(vpc_id, "").partition(":")[0],
                "Status": "RUNNING",
                "DefaultAccess": index == 0,
            }
            for index, vpc_id in enumerate(instance.linked_vpcs)
        ]
        domains = sorted(instance.vpc_hosts.values())
        return {"Enable": bool(linked), "ModuleName": "Registry", "Domains": domains, "LinkedVpcs": linked}

    def link_vpc(self, call: Call) -> dict[str, Any]:
        instance = self.instance(call)
        self._registries.link(instance, call.params.required("VpcId"), call.params.required("VswitchId"))
        return {}

    def unlink_vpc(self, call: Call) -> dict[str, Any]:
        instance, vpc_id = self.instance(call), call.params.required("VpcId")
        if vpc_id not in instance.linked_vpcs:
            raise error("VPC_NOT_LINKED", f"({vpc_id})")
        self._registries.unlink(instance, vpc_id)
        return {}

    # --- namespaces

    def _namespace(self, call: Call) -> Namespace:
        instance, name = self.instance(call), call.params.required("NamespaceName")
        found = call.world.store[NAMESPACES].get(f"{instance.instance_id}/{name}")
        if found is None:
            raise error("NAMESPACE_NOT_EXIST", f"({name!r})")
        return found

    def _set(self, call: Call, namespace: Namespace) -> None:
        if call.params.sent("AutoCreateRepo"):
            namespace.creates_repositories = call.params.flag("AutoCreateRepo")
        if call.params.text("DefaultRepoType"):
            namespace.default_type = views.repository_type(call.params.text("DefaultRepoType"))

    def create_namespace(self, call: Call) -> dict[str, Any]:
        instance, name = self.instance(call), call.params.required("NamespaceName")
        if not views.NAMESPACE.match(name):
            raise error("INVALID_PARAMETER", "(NamespaceName: 2 to 120 small letters, digits and - _ . between them)")
        if f"{instance.instance_id}/{name}" in call.world.store[NAMESPACES]:
            raise error("NAMESPACE_ALREADY_EXIST", f"({name!r})")
        self._set(call, self._registries.new_namespace(instance, name, call.account.uid))
        return {}

    def get_namespace(self, call: Call) -> dict[str, Any]:
        return views.namespace(self._namespace(call))

    def list_namespace(self, call: Call) -> dict[str, Any]:
        instance, name = self.instance(call), call.params.text("NamespaceName")
        grouped = call.world.store[NAMESPACES].grouped(instance.instance_id)
        shown, body = views.page(call.params, [entry for entry in grouped if name in entry.name])
        return {**body, "Namespaces": [views.namespace(entry) for entry in shown]}

    def update_namespace(self, call: Call) -> dict[str, Any]:
        self._set(call, self._namespace(call))
        return {}

    def delete_namespace(self, call: Call) -> dict[str, Any]:
        found = self._namespace(call)
        grouped = call.world.store[REPOSITORIES].grouped(found.instance_id)
        if any(entry.namespace == found.name for entry in grouped):
            raise error("NAMESPACE_NOT_EMPTY", f"({found.name!r})")
        call.world.store[NAMESPACES].remove(found.key)
        return {}

    def get_authorization_token(self, call: Call) -> dict[str, Any]:
        """A user name and password of the account's, for every namespace of the instance that is its own."""
        instance, rules = self.instance(call), call.world.rules
        key = self._registries.new_key(
            instance, call.account, namespace="", actions=PUSH, lifetime_s=rules.number("registry.push_key_s")
        )
        return {
            "TempUsername": key.username,
            "AuthorizationToken": key.password,
            "ExpireTime": int(key.expires_at * 1000),
        }


def _check_network(entry: str) -> None:
    try:
        ip_network(entry, strict=False)
    except ValueError as failure:
        raise error("INVALID_PARAMETER", f"(Entry: {failure})") from failure


def _enveloped(action: Callable[[Call], dict[str, Any]]) -> Handler:
    """fact: cr-021: a refusal says IsSuccess false whatever its status; which status is a switch."""

    def handle(call: Call) -> Answer:
        try:
            return Answer({"Code": "success", "IsSuccess": True, **action(call)})
        except ServiceError as failure:
            if call.world.rules.position("cr.refusals") == "status":
                failure.more = {"IsSuccess": False}
                raise
            return Answer({"Code": failure.code, "IsSuccess": False})

    return handle
