"""Repositories and tags of the registry's API. Tags and digests are read from what the registry stores."""

from collections.abc import Callable, Mapping
from typing import Any

from computenest_cloud.services.cr import views
from computenest_cloud.services.cr.errors import error
from computenest_cloud.services.registry.seam import (
    NAMESPACES,
    REPOSITORIES,
    Contents,
    Registries,
    RegistryInstance,
    Repository,
    Tag,
)
from computenest_cloud.world import Call


class RepositoryActions:
    def __init__(
        self, registries: Registries, contents: Contents, instance: Callable[[Call], RegistryInstance]
    ) -> None:
        self._registries = registries
        self._contents = contents
        self._instance = instance
        self.table: Mapping[str, Callable[[Call], dict[str, Any]]] = {
            "CreateRepository": self.create,
            "GetRepository": self.get,
            "ListRepository": self.list_all,
            "UpdateRepository": self.update,
            "DeleteRepository": self.delete,
            "ListRepoTag": self.list_tags,
            "GetRepoTag": self.get_tag,
            "DeleteRepoTag": self.delete_tag,
        }

    def _find(self, call: Call) -> Repository:
        instance, repository_id = self._instance(call), call.params.text("RepoId")
        if repository_id:
            found = self._registries.repository_by_id(repository_id)
        else:
            name = f"{call.params.required('RepoNamespaceName')}/{call.params.required('RepoName')}"
            found = self._registries.repository(instance.instance_id, name)
        if found is None or found.instance_id != instance.instance_id:
            raise error("REPO_NOT_EXIST", f"({repository_id!r})")
        return found

    def _set(self, call: Call, repository: Repository) -> None:
        if call.params.text("RepoType"):
            repository.repository_type = views.repository_type(call.params.text("RepoType"))
        if call.params.sent("TagImmutability"):
            repository.has_fixed_tags = call.params.flag("TagImmutability")
        repository.summary = call.params.text("Summary") or repository.summary
        detail = call.params.sent("Detail")
        repository.detail = repository.detail if detail is None else detail
        repository.modified_at = call.world.now

    def create(self, call: Call) -> dict[str, Any]:
        instance, name = self._instance(call), call.params.required("RepoName")
        namespace = call.world.store[NAMESPACES].get(
            f"{instance.instance_id}/{call.params.required('RepoNamespaceName')}"
        )
        call.params.required("Summary")
        if not views.REPOSITORY.match(name):
            raise error("INVALID_PARAMETER", "(RepoName: 2 to 64 small letters, digits and - _ . / between them)")
        if namespace is None:
            raise error("NAMESPACE_NOT_EXIST")
        if self._registries.repository(instance.instance_id, f"{namespace.name}/{name}") is not None:
            raise error("REPO_ALREADY_EXIST", f"({namespace.name}/{name})")
        made = self._registries.new_repository(namespace, name)
        self._set(call, made)
        return {"RepoId": made.repository_id}

    def get(self, call: Call) -> dict[str, Any]:
        return views.repository(self._find(call))

    def list_all(self, call: Call) -> dict[str, Any]:
        instance, params = self._instance(call), call.params
        found = [
            entry
            for entry in call.world.store[REPOSITORIES].grouped(instance.instance_id)
            if params.text("RepoNamespaceName") in {"", entry.namespace} and params.text("RepoName") in entry.name
        ]
        shown, body = views.page(params, found)
        return {**body, "Repositories": [views.repository(entry) for entry in shown]}

    def update(self, call: Call) -> dict[str, Any]:
        self._set(call, self._find(call))
        return {}

    def delete(self, call: Call) -> dict[str, Any]:
        self._contents.delete(self._find(call))
        return {}

    def list_tags(self, call: Call) -> dict[str, Any]:
        call.params.required("RepoId")
        shown, body = views.page(call.params, self._contents.tags(self._find(call)))
        return {**body, "Images": [views.tag(entry) for entry in shown]}

    def _tag(self, call: Call) -> tuple[Repository, Tag]:
        call.params.required("RepoId")
        repository, name = self._find(call), call.params.required("Tag")
        found = self._contents.tag(repository, name)
        if found is None:
            raise error("REPO_TAG_NOT_EXIST", f"({name!r})")
        return repository, found

    def get_tag(self, call: Call) -> dict[str, Any]:
        return views.tag(self._tag(call)[1])

    def delete_tag(self, call: Call) -> dict[str, Any]:
        self._contents.delete_tag(*self._tag(call))
        return {}
