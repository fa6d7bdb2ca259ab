"""Compute Nest actions by name: parse, act, answer."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from computenest_cloud.clock import format_time
from computenest_cloud.errors import invalid_parameter, missing_parameter
from computenest_cloud.rules import Rules
from computenest_cloud.services.nest_artifacts import artifacts, parsing
from computenest_cloud.services.nest_artifacts.artifacts import Drafts
from computenest_cloud.services.nest_artifacts.delivery import Delivery
from computenest_cloud.services.nest_artifacts.errors import error
from computenest_cloud.services.nest_artifacts.paging import page
from computenest_cloud.services.nest_artifacts.records import Artifact, ArtifactVersion
from computenest_cloud.services.nest_artifacts.removal import Remover
from computenest_cloud.services.nest_artifacts.tagging import Tagging
from computenest_cloud.services.nest_artifacts.views import Views
from computenest_cloud.tokens import replay_or_run
from computenest_cloud.world import Answer, Call, Handler

TAGS_PER_ARTIFACT = 20
LAST_LINE = 10**9  # no log has more
Row = TypeVar("Row", Artifact, ArtifactVersion)


def _page(call: Call, rows: Sequence[Row]) -> tuple[list[Row], dict[str, Any]]:
    return page(call.params, rows, lambda row: row.seq)


class Handlers:
    def __init__(self, drafts: Drafts, delivery: Delivery, remover: Remover, views: Views, tagging: Tagging) -> None:
        self._drafts = drafts
        self._delivery = delivery
        self._remover = remover
        self._views = views
        self._tagging = tagging

    def actions(self) -> Mapping[str, Handler]:
        return {
            "CreateArtifact": self.create_artifact,
            "UpdateArtifact": self.update_artifact,
            "ReleaseArtifact": self.release_artifact,
            "GetArtifact": self.get_artifact,
            "ListArtifacts": self.list_artifacts,
            "ListArtifactVersions": self.list_artifact_versions,
            "DeleteArtifact": self.delete_artifact,
            "ListArtifactRisks": self.list_artifact_risks,
            "ListArtifactBuildLogs": self.list_artifact_build_logs,
            "TagResources": self.tag_resources,
            "UnTagResources": self.untag_resources,
            "ListTagResources": self.list_tag_resources,
            "GetSupplierInformation": self.get_supplier_information,
        }

    def create_artifact(self, call: Call) -> Answer:
        request = parsing.create_request(call.params)
        _check_region_limit(call.world.rules, request.draft.regions or ())

        def run() -> Answer:
            artifact, version = self._drafts.create(call.account, request)
            effect = call.fault("list_lag")
            if effect is not None:
                version.visible_at = call.world.now + effect.seconds
                if not request.artifact_id:
                    artifact.visible_at = version.visible_at
            return Answer(self._views.created(artifact, version), artifact.artifact_id)

        return replay_or_run(call, run)

    def _leave_lists_behind(self, call: Call, artifact: Artifact) -> None:
        """Fault `list_lag`: ListArtifacts goes on showing what was true before this call."""
        effect = call.fault("list_lag")
        if effect is not None:
            artifact.stale_view = self._views.listed(artifact)
            artifact.stale_until = call.world.now + effect.seconds

    def update_artifact(self, call: Call) -> Answer:
        artifact_id = call.params.required("ArtifactId")
        request = parsing.draft_request(call.params)
        _check_region_limit(call.world.rules, request.regions or ())

        def run() -> Answer:
            artifact = artifacts.find(call.world, call.account, artifact_id)
            self._leave_lists_behind(call, artifact)
            version = self._drafts.update(artifact, request, call.params.text("PermissionType"))
            return Answer(self._views.updated(artifact, version), artifact_id)

        return replay_or_run(call, run)

    def release_artifact(self, call: Call) -> Answer:
        artifact_id = call.params.required("ArtifactId")

        def run() -> Answer:
            artifact = artifacts.find(call.world, call.account, artifact_id)
            version = artifacts.find_version(call.world, artifact, artifacts.DRAFT)
            self._leave_lists_behind(call, artifact)
            self._delivery.release(artifact, version)
            return Answer(self._views.released(artifact, version), artifact_id)

        return replay_or_run(call, run)

    def get_artifact(self, call: Call) -> Answer:
        artifact_id, name = call.params.text("ArtifactId"), call.params.text("ArtifactName")
        if not artifact_id and not name:
            raise missing_parameter("ArtifactId")
        if artifact_id:
            artifact = artifacts.find_or_tombstone(call.world, call.account, artifact_id)
        else:
            artifact = artifacts.find_by_name(call.world, call.account, name)
        version = artifacts.find_version(call.world, artifact, call.params.text("ArtifactVersion"))
        return Answer(self._views.got(artifact, version))

    def list_artifacts(self, call: Call) -> Answer:
        request = parsing.list_request(call.params)
        found = artifacts.select(call.world, call.account, request, lag_s=call.take_lag_s())
        shown, body = _page(call, found)
        return Answer({**body, "Artifacts": [self._views.listed(artifact) for artifact in shown]})

    def list_artifact_versions(self, call: Call) -> Answer:
        artifact = artifacts.find_or_tombstone(call.world, call.account, call.params.required("ArtifactId"))
        wanted = parsing.version_statuses(call.params)
        newest_s = call.world.now - call.take_lag_s()
        found = [
            version
            for version in artifacts.listed_versions(call.world, artifact)
            if (not wanted or self._views.status(version) in wanted)
            and version.visible_at <= call.world.now
            and version.created_at <= newest_s
        ]
        shown, body = _page(call, found)
        return Answer({**body, "Artifacts": [self._views.listed_version(artifact, version) for version in shown]})

    def delete_artifact(self, call: Call) -> Answer:
        artifact_id = call.params.required("ArtifactId")

        def run() -> Answer:
            artifact = artifacts.find_or_tombstone(call.world, call.account, artifact_id)
            if artifact.deleted_at is None:
                self._leave_lists_behind(call, artifact)
                self._remover.delete(artifact, call.params.text("ArtifactVersion"))
            return Answer({}, artifact_id)

        return replay_or_run(call, run)

    def list_artifact_risks(self, call: Call) -> Answer:
        artifact = artifacts.find(call.world, call.account, call.params.required("ArtifactId"))
        version = artifacts.find_version(call.world, artifact, call.params.text("ArtifactVersion"))
        risks = []
        if version.audit == "AtRisk":
            risks.append({"RiskType": "EcsVulnerability", "RiskName": version.planned_failure, "Level": "High"})
        return Answer({"ArtifactRiskList": risks})

    def list_artifact_build_logs(self, call: Call) -> Answer:
        call.params.required("RegionId")
        artifact = artifacts.find(call.world, call.account, call.params.required("ArtifactId"))
        version = artifacts.find_version(call.world, artifact, call.params.text("ArtifactVersion"))
        order = call.params.text("SortOrder") or "Descending"
        if order not in {"Ascending", "Descending"}:
            raise invalid_parameter("SortOrder", f"{order!r} is not Ascending or Descending.")
        lines = list(enumerate(version.logs, 1))
        turned = 1 if order == "Descending" else -1
        shown, body = page(call.params, lines, lambda line: LAST_LINE + turned * line[0])
        del body["TotalCount"]  # not in this answer
        listed = [{"Content": text, "Timestamp": format_time(moment)} for _, (moment, text) in shown]
        return Answer({**body, "BuildLogs": listed})

    def tag_resources(self, call: Call) -> Answer:
        tags = call.params.tags()
        _, found = self._tagging.tagged(call)
        for resource in found:
            if len({**resource.tags, **tags}) > TAGS_PER_ARTIFACT:
                raise invalid_parameter("Tag", f"a resource has at most {TAGS_PER_ARTIFACT} tags.")
        for resource in found:
            resource.tags = {**resource.tags, **tags}
        return Answer({})

    def untag_resources(self, call: Call) -> Answer:
        keys = call.params.items("TagKey")
        is_all = call.params.flag("All") and not keys
        for resource in self._tagging.tagged(call)[1]:
            resource.tags = {key: value for key, value in resource.tags.items() if not is_all and key not in keys}
        return Answer({})

    def list_tag_resources(self, call: Call) -> Answer:
        """fact: nest-048"""
        wanted = {group.text("Key"): group.text("Value") for group in call.params.groups("Tag")}
        listed = []
        kind, found = self._tagging.tagged(call, ignores_missing=True)
        for resource in found:
            for key, value in sorted(resource.tags.items()):
                if not wanted or wanted.get(key) in {"", value}:
                    row = {"ResourceId": resource.key, "ResourceType": kind, "TagKey": key, "TagValue": value}
                    listed.append(row)
        if call.world.rules.position("tags.listed_as") == "nested":
            return Answer({"TagResources": {"TagResource": listed}})
        return Answer({"TagResources": listed})

    def get_supplier_information(self, call: Call) -> Answer:
        if call.account.name != "supplier":
            raise error(call.world, "OperationDenied", "(the account is not a supplier)")
        return Answer(
            {
                "AcrNamespace": call.account.uid,
                "SupplierName": "Embedded Cloud Supplier",
                "SupplierDesc": "The supplier account of the embedded cloud.",
                "SupplierUrl": "https://example.invalid/",
                "EnableReseller": False,
                "SupportContacts": [],
                "DeliverySettings": {"OssEnabled": False},
            }
        )


def _check_region_limit(rules: Rules, wanted: Sequence[str]) -> None:
    """fact: nest-046."""
    limit = rules.position("artifact.region_limit")
    if limit != "none" and len(set(wanted)) > int(limit):
        raise invalid_parameter("SupportRegionIds", f"at most {limit} regions are allowed.")
