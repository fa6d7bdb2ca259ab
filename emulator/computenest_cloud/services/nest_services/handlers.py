"""The supplier's actions on services by name: parse, act, answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from computenest_cloud.services.nest_artifacts.seam import page
from computenest_cloud.services.nest_services import parsing, template_urls, views
from computenest_cloud.services.nest_services.errors import error
from computenest_cloud.services.nest_services.publishing import Publishing
from computenest_cloud.services.nest_services.records import REGISTRATIONS, SERVICES, Service, ServiceVersion
from computenest_cloud.services.nest_services.services import (
    Services,
    default_of,
    find,
    find_version,
    matches,
    versions_of,
)
from computenest_cloud.services.nest_services.sharing import ServiceSharing
from computenest_cloud.services.oss.seam import Uploads
from computenest_cloud.tokens import replay_or_run
from computenest_cloud.world import Answer, Call, Handler

DRY_RUN = {"DryRunResult": {"RolePolicy": {"Policy": "", "MissingPolicy": []}}}
SERVICE_FILTERS = ("ServiceId", "Name", "Status", "Version", "SupplierName")


class ServiceHandlers:
    def __init__(self, services: Services, publishing: Publishing, sharing: ServiceSharing, uploads: Uploads) -> None:
        self._services = services
        self._publishing = publishing
        self._sharing = sharing
        self._uploads = uploads

    def actions(self) -> Mapping[str, Handler]:
        return {
            "CreateService": self.create_service,
            "UpdateService": self.update_service,
            "GetService": self.get_service,
            "ListServices": self.list_services,
            "DeleteService": self.delete_service,
            "PreLaunchService": self.pre_launch_service,
            "RegisterService": self.register_service,
            "CancelServiceRegistration": self.cancel_service_registration,
            "GetServiceRegistration": self.get_service_registration,
            "ListServiceRegistrations": self.list_service_registrations,
            "LaunchService": self.launch_service,
            "WithdrawService": self.withdraw_service,
            "AddServiceSharedAccounts": self.add_shared_accounts,
            "RemoveServiceSharedAccounts": self.remove_shared_accounts,
            "UpdateSharedAccountPermission": self.update_shared_account_permission,
            "ListServiceSharedAccounts": self.list_shared_accounts,
            "ListServiceTestCases": self.list_service_test_cases,
            "GetUploadCredentials": self.get_upload_credentials,
        }

    @staticmethod
    def _service(call: Call) -> Service:
        call.params.required("RegionId")
        return find(call.world, call.account, call.params.required("ServiceId"))

    @staticmethod
    def _on_service(call: Call, act: Callable[[Service], Mapping[str, Any]]) -> Answer:
        """One change of one service, with its ClientToken."""

        def run() -> Answer:
            service = ServiceHandlers._service(call)
            return Answer(act(service), service.service_id)

        return replay_or_run(call, run)

    def create_service(self, call: Call) -> Answer:
        request = parsing.service_request(call.params, is_new=True)

        def run() -> Answer:
            version = self._services.create(call.account, request)
            if version is None:
                return Answer(DRY_RUN)
            body = {"ServiceId": version.service_id, "Version": version.version, "Status": version.status}
            return Answer(body, version.service_id)

        return replay_or_run(call, run)

    def update_service(self, call: Call) -> Answer:
        request = parsing.service_request(call.params, is_new=False)
        name, makes_default = call.params.text("ServiceVersion"), call.params.flag("IsDefault")

        def run() -> Answer:
            self._services.update(call.account, request, name, makes_default=makes_default)
            return Answer(DRY_RUN if request.is_dry_run else {}, request.service_id)

        return replay_or_run(call, run)

    def _named(self, call: Call) -> Service:
        """By ServiceId, by ServiceName, or by an instance's id."""
        world, params = call.world, call.params
        if params.text("ServiceId"):
            return find(world, call.account, params.text("ServiceId"))
        service_id = self._services.service_of(call.account, params.text("ServiceInstanceId"))
        if service_id:
            return find(world, call.account, service_id)
        name = params.required("ServiceName")
        for service in world.store[SERVICES]:
            if service.owner_uid == call.account.uid and service.deleted_at is None:
                infos = default_of(world, service).infos
                if any(info.get("Name") == name for info in infos):
                    return service
        raise error(world, "EntityNotExist.Service", f"(name {name!r})")

    def get_service(self, call: Call) -> Answer:
        call.params.required("RegionId")
        try:
            service = self._named(call)
        except Exception:
            if call.world.rules.position("service.unknown_answers") == "empty":
                return Answer({})
            raise
        version = find_version(call.world, service, call.params.text("ServiceVersion"))
        body = views.got(service, version)
        if "DeployMetadata" in body:
            body["DeployMetadata"] = template_urls.shown(call.world, call.account, body["DeployMetadata"])
        return Answer(body)

    def list_services(self, call: Call) -> Answer:
        world = call.world
        call.params.required("RegionId")
        wanted = parsing.filters(call.params, SERVICE_FILTERS)
        newest_s = world.now - call.take_lag_s()
        found: list[tuple[Service, ServiceVersion]] = []
        for service in sorted(world.store[SERVICES], key=lambda service: -service.seq):
            if service.owner_uid != call.account.uid or service.deleted_at is not None or service.created_at > newest_s:
                continue
            if not _has_tags(service.tags, wanted.tags) or wanted.resource_group_id not in {
                "",
                service.resource_group_id,
            }:
                continue
            is_all = call.params.flag("AllVersions")
            candidates: Sequence[ServiceVersion] = (
                versions_of(world, service.service_id) if is_all else [default_of(world, service)]
            )
            found += [(service, version) for version in candidates if self._is_wanted(call, version, wanted)]
        shown, body = page(
            call.params, found, lambda pair: pair[1].seq if call.params.flag("AllVersions") else pair[0].seq
        )
        return Answer({**body, "Services": [views.listed(world, service, version) for service, version in shown]})

    @staticmethod
    def _is_wanted(call: Call, version: ServiceVersion, wanted: parsing.ServiceFilter) -> bool:
        values = wanted.values
        return (
            (not values.get("ServiceId") or version.service_id in values["ServiceId"])
            and (not values.get("Status") or version.status in values["Status"])
            and (not values.get("Version") or version.version in values["Version"])
            and matches(call.world, version, values.get("Name", ()))
        )

    def delete_service(self, call: Call) -> Answer:
        def act(service: Service) -> Mapping[str, Any]:
            self._services.delete(service, call.params.required("ServiceVersion"))
            return {}

        return self._on_service(call, act)

    def pre_launch_service(self, call: Call) -> Answer:
        def act(service: Service) -> Mapping[str, Any]:
            self._publishing.pre_launch(service)
            return {}

        return self._on_service(call, act)

    def register_service(self, call: Call) -> Answer:
        return self._on_service(
            call, lambda service: {"RegistrationId": self._publishing.register(service).registration_id}
        )

    def cancel_service_registration(self, call: Call) -> Answer:
        def run() -> Answer:
            found = self._publishing.registration(call.account, call.params.required("RegistrationId"))
            self._publishing.cancel(found)
            return Answer({}, found.service_id)

        return replay_or_run(call, run)

    def get_service_registration(self, call: Call) -> Answer:
        found = self._publishing.registration(call.account, call.params.required("RegistrationId"))
        return Answer(views.registration(call.world, found))

    def list_service_registrations(self, call: Call) -> Answer:
        wanted = parsing.filters(call.params, ("RegistrationId", "ServiceId", "Status", "Name")).values
        services = call.world.store[SERVICES]
        found = []
        for entry in sorted(call.world.store[REGISTRATIONS], key=lambda entry: -entry.seq):
            service = services.get(entry.service_id)
            if (
                service is not None
                and service.owner_uid == call.account.uid
                and (not wanted.get("ServiceId") or entry.service_id in wanted["ServiceId"])
                and (not wanted.get("RegistrationId") or entry.registration_id in wanted["RegistrationId"])
                and (not wanted.get("Status") or entry.status in wanted["Status"])
            ):
                found.append(entry)
        shown, body = page(call.params, found, lambda entry: entry.seq)
        return Answer({**body, "ServiceRegistrations": [views.registration(call.world, entry) for entry in shown]})

    def launch_service(self, call: Call) -> Answer:
        def act(service: Service) -> Mapping[str, Any]:
            kind, number = self._publishing.launch(service, call.params.required("ServiceVersion"))
            return {"ServiceLaunchResultType": kind, "Version": number}

        return self._on_service(call, act)

    def withdraw_service(self, call: Call) -> Answer:
        def act(service: Service) -> Mapping[str, Any]:
            self._publishing.withdraw(service, call.params.required("ServiceVersion"))
            return {}

        return self._on_service(call, act)

    def add_shared_accounts(self, call: Call) -> Answer:
        accounts, kind = parsing.shared_accounts(call.params), parsing.share_kind(call.params)

        def act(service: Service) -> Mapping[str, Any]:
            self._sharing.add(service, accounts, kind)
            return {}

        return self._on_service(call, act)

    def remove_shared_accounts(self, call: Call) -> Answer:
        def act(service: Service) -> Mapping[str, Any]:
            self._sharing.remove(service, call.params.items("UserAliUids"), parsing.share_kind(call.params))
            return {}

        return self._on_service(call, act)

    def update_shared_account_permission(self, call: Call) -> Answer:
        def act(service: Service) -> Mapping[str, Any]:
            uid, permission = call.params.required("UserAliUid"), call.params.required("Permission")
            self._sharing.change(service, uid, permission, parsing.share_kind(call.params))
            return {}

        return self._on_service(call, act)

    def list_shared_accounts(self, call: Call) -> Answer:
        found = self._sharing.listed(self._service(call))
        permission = call.params.text("Permission")
        kept = [entry for entry in found if permission in {"", entry.permission}]
        shown, body = page(call.params, kept, lambda entry: entry.seq)
        return Answer({**body, "ShareAccount": [views.shared(call.world, entry) for entry in shown]})

    @staticmethod
    def list_service_test_cases(call: Call) -> Answer:
        """Test cases are not modelled; clients that ask for them are told that there are none."""
        ServiceHandlers._service(call)
        return Answer({"MaxResults": 20, "TotalCount": 0, "ServiceTestCases": []})

    def get_upload_credentials(self, call: Call) -> Answer:
        """Enveloped: an error comes as 200 with Success false, which the SDK does not raise. fact: svc-050"""
        name, visibility = call.params.text("FileName"), call.params.text("Visibility") or "private"
        if not name or visibility not in {"public", "private"}:
            message = "FileName is mandatory, Visibility is public or private."
            return Answer({"Code": "InvalidParameter", "Message": message, "Success": False, "HttpStatusCode": 400})
        data = self._uploads.credentials(call.account, name, visibility)
        return Answer({"Code": "200", "Message": "OK", "Success": True, "HttpStatusCode": 200, "Data": data})


def _has_tags(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(key in tags and value in {"", tags[key]} for key, value in wanted.items())
