"""Looks at one release of a cluster: its history, what its chart would render now, its objects as they are, and what
the server would make of them. Nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from computenest.cloud.kubernetes.client import APPLY, JSON_MERGE, STRATEGIC_MERGE, ApiClient, ApiError, ApiResource
from computenest.cloud.kubernetes.helm import Helm, HelmChart
from computenest.kernel.errors import Conflict, NotFound, Permanent, unless_denied
from computenest.resources._components.compare import is_within, with_field_of
from computenest.resources._components.definitions import definitions_due, kinds_of
from computenest.resources._components.effects import left_by
from computenest.resources._components.objects import Body, KubeObject, ObjectKey
from computenest.resources._components.observation import (
    Accepted,
    Conflicted,
    Observation,
    Rejected,
    Rendering,
    Trial,
    Unasked,
)
from computenest.resources._components.observation import Conflict as FieldConflict
from computenest.resources._components.plan import Declared, LeaveAlone, Rollback, decide
from computenest.resources._components.release import (
    ApplyMethod,
    ReleaseName,
    Revision,
    read_revision,
    release_of,
    secret_name,
)
from computenest.resources._components.rendered import as_helm_applies
from computenest.resources._components.rendering import render
from computenest.resources._components.renderings import Renderings
from computenest.resources._components.three_way import merge_patch, strategic_patch

_HELM = "helm"
"""The field manager of helm 4."""
OUR_MANAGER = "computenest"
"""The field manager of our own labels and CRDs: helm's fields stay helm's, and no pod restarts (facts §11.6)."""
_SECRET_KIND = ("", "Secret")
_CUSTOM = ".k8s.io"


@dataclass(frozen=True, slots=True)
class Observer:
    """Looks at the releases of one cluster.

    Args:
        client: of its API.
        helm: for the same cluster.
        renderings: what other clusters were given already.
    """

    client: ApiClient
    helm: Helm
    renderings: Renderings = field(default_factory=Renderings)

    async def history(self, release: ReleaseName, namespace: str) -> tuple[Revision, ...]:
        """The revisions that helm keeps, oldest first."""
        kinds = await self.client.kinds()
        secrets = await self.client.list_labelled(
            kinds[_SECRET_KIND], namespace=namespace, labels="owner=helm", key="name", value=release
        )
        without = await self.cluster_kinds()
        return tuple(sorted((revision_in(one, without) for one in secrets), key=lambda one: one.number))

    async def relabel(
        self, release: ReleaseName, namespace: str, last: Revision, labels: Mapping[str, str | None]
    ) -> None:
        """Sets labels of the Secret that holds a revision, and takes those off that are None."""
        kind, name = (await self.client.kinds())[_SECRET_KIND], secret_name(release, last.number)
        body = {"metadata": {"labels": labels}}
        await self.client.patch(kind, namespace, name, body, content_type=JSON_MERGE, manager=OUR_MANAGER)

    async def cluster_kinds(self) -> frozenset[str]:
        """`group/Kind` of what belongs to no namespace."""
        kinds = await self.client.kinds()
        return frozenset(f"{group}/{kind}" for (group, kind), one in kinds.items() if not one.is_namespaced)

    async def look(self, declared: Declared, chart: HelmChart) -> Observation:
        """Everything that the effects of a declared release depend on.

        Raises:
            HelmError: the chart does not render.
            Transient: the cluster does not answer.
        """
        history = await self.history(declared.release, declared.namespace)
        action = decide(declared, history)
        if isinstance(action, Rollback):
            target = next(one for one in history if one.number == action.revision)
            # Helm brings the stored manifest as it is (facts §11.5); upgrade hooks do not run.
            rendering = Rendering(target.objects, target.objects, target.hooks)
        elif isinstance(action, LeaveAlone) and declared.policy.definitions == "leave":
            # No helm will run: what there is to see is whether others changed what its last run brought.
            rendering = Rendering(history[-1].objects, history[-1].objects, history[-1].hooks)
        else:
            rendering = await self._render(declared, chart, is_upgrade=bool(history))
        rendering, outside = _confined(rendering, declared) if declared.policy.is_confined else (rendering, ())
        keys = {one.key: one for one in (*rendering.objects, *rendering.definitions)}
        live = await self._live({*keys, *left_by(history)})
        method = self.method(history)
        before = {one.key: one for one in (history[-1].objects if history else ())}
        asked = [one for one in rendering.objects if one.key in live]
        trials = await asyncio.gather(
            *(
                self._try(
                    _as_far_as_known(one, live[one.key], rendering),
                    declared,
                    live[one.key],
                    before.get(one.key),
                    method,
                    is_known=one.key not in rendering.unknown,
                    is_idle=isinstance(action, LeaveAlone),
                )
                for one in asked
            )
        )
        tried = dict(zip((one.key for one in asked), trials, strict=True))
        if declared.policy.definitions == "apply":
            applied = await asyncio.gather(*map(self._try_definition, rendering.definitions))
            tried |= dict(zip((one.key for one in rendering.definitions), applied, strict=True))
            tried |= _not_tried_yet(rendering, live, tried)
        return Observation(
            history=history,
            rendering=rendering,
            live=live,
            trials=tried,
            kinds=frozenset(await self.client.kinds()),
            foreign=(*_foreign(rendering.objects, live, declared, known={*left_by(history)}), *outside),
        )

    def method(self, history: tuple[Revision, ...]) -> ApplyMethod:
        """How the next helm brings the objects: as the release's last one did, and a new release as this helm does."""
        if not self.helm.is_four:
            return ApplyMethod.CLIENT_SIDE
        return history[-1].apply_method if history else ApplyMethod.SERVER_SIDE

    async def _render(self, declared: Declared, chart: HelmChart, *, is_upgrade: bool) -> Rendering:
        kinds = await self.cluster_kinds()

        async def make() -> Rendering:
            return await render(self.helm, declared, chart, is_upgrade=is_upgrade, cluster_kinds=kinds)

        serves = await self.client.serves()
        return await self.renderings.of(declared, chart, is_upgrade=is_upgrade, serves=serves, make=make)

    async def _live(self, keys: Iterable[ObjectKey]) -> Mapping[ObjectKey, Body | None]:
        listed = sorted(keys)
        found = await asyncio.gather(*map(self.found, listed))
        return {key: body for key, (_, body) in zip(listed, found, strict=True)}

    async def found(self, key: ObjectKey) -> tuple[ApiResource | None, Body | None]:
        """An object with its kind; None where it, or its kind, is not there."""
        resource = (await self.client.kinds()).get((key.group, key.kind))
        return resource, None if resource is None else await self.client.get(resource, key.namespace, key.name)

    async def _try(
        self,
        one: KubeObject,
        declared: Declared,
        live: Body | None,
        before: KubeObject | None,
        method: ApplyMethod,
        *,
        is_known: bool,
        is_idle: bool,
    ) -> Trial:
        """What the server would make of one object, by the method of its release."""
        if live is None and not is_known:
            return Unasked("it depends on a value that is not known yet, so the cluster was not asked")
        resource = (await self.client.kinds()).get((one.key.group, one.key.kind))
        if resource is None:
            return Unasked("its kind is not there yet")
        resource = _in_version(resource, one.api_version)
        body = as_helm_applies(one, release=declared.release, namespace=declared.namespace)
        if is_idle and live is not None and is_within(body, live):
            return Accepted(live)  # all that helm brought last is there: to bring it again would change nothing
        with unless_denied():
            try:
                if live is None:
                    return Accepted(await self.client.create(resource, one.key.namespace, body, is_dry=True))
                if method is ApplyMethod.SERVER_SIDE:
                    return await self._apply(resource, one.key, body)
                old = as_helm_applies(before or one, release=declared.release, namespace=declared.namespace)
                return Accepted(await self._merge(resource, one.key, old, body))
            except ApiError as error:
                return Rejected(_reasons(error))
            except (NotFound, Conflict):
                return Unasked("its namespace is not there yet" if live is None else "it changed at this very moment")
        return Unasked("these credentials may not patch it, so the cluster was not asked")

    async def apply_definition(self, one: KubeObject, *, is_dry: bool) -> Body:
        """Brings a CRD as `kubectl apply --server-side --force-conflicts` would."""
        resource = (await self.client.kinds())[one.key.group, one.key.kind]
        resource = _in_version(resource, one.api_version)
        return await self.client.patch(
            resource, "", one.key.name, one.body, content_type=APPLY, manager=OUR_MANAGER, is_dry=is_dry, force=True
        )

    async def _try_definition(self, one: KubeObject) -> Trial:
        with unless_denied():
            try:
                return Accepted(await self.apply_definition(one, is_dry=True))
            except ApiError as error:
                return Rejected(_reasons(error))
        return Unasked("denied")

    async def _apply(self, resource: ApiResource, key: ObjectKey, body: Mapping[str, Any]) -> Trial:
        """As a server-side helm would; where fields belong to others, with what force would make."""

        async def ask(*, force: bool) -> Mapping[str, Any]:
            return await self.client.patch(
                resource, key.namespace, key.name, body, content_type=APPLY, manager=_HELM, is_dry=True, force=force
            )

        try:
            return Accepted(await ask(force=False))
        except ApiError as error:
            conflicts = _conflicts(error)
            if not conflicts:
                raise
        return Conflicted(conflicts, await ask(force=True))

    async def _merge(
        self, resource: ApiResource, key: ObjectKey, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> Body:
        """As a client-side helm would."""
        is_custom = "." in resource.group and not resource.group.endswith(_CUSTOM)
        patch = merge_patch(before, after) if is_custom else strategic_patch(before, after)
        kind = JSON_MERGE if is_custom else STRATEGIC_MERGE
        return await self.client.patch(
            resource, key.namespace, key.name, patch, content_type=kind, manager=_HELM, is_dry=True
        )


def _confined(rendering: Rendering, declared: Declared) -> tuple[Rendering, tuple[str, ...]]:
    """What has to do with the release's own namespace, which may be all that these credentials reach; and why the rest
    cannot be brought."""
    within = tuple(one for one in rendering.objects if one.key.namespace == declared.namespace)
    outside = tuple(
        f"{one.key} is of {'another namespace' if one.key.namespace else 'the whole cluster'}: a component of a project"
        f" has its namespace {declared.namespace} alone"
        for one in rendering.objects
        if one.key.namespace != declared.namespace
    )
    left_out = "CRDs of the chart are left out: they are of the whole cluster"
    notes = (*rendering.notes, left_out) if rendering.definitions else rendering.notes
    return replace(rendering, objects=within, definitions=(), notes=notes), outside


def _not_tried_yet(
    rendering: Rendering, live: Mapping[ObjectKey, Body | None], tried: Mapping[ObjectKey, Trial]
) -> Mapping[ObjectKey, Trial]:
    """Of objects whose kind changes before them the cluster would judge by what it will not have any more."""
    seen = Observation((), rendering, live, tried)
    due = kinds_of(tuple(one.one for one in definitions_due(seen)))
    keys = (one.key for one in rendering.objects if (one.key.group, one.key.kind) in due)
    return {key: Unasked("its CRD changes before it, so the cluster was not asked") for key in keys}


def revision_in(secret: Mapping[str, Any], cluster_kinds: frozenset[str]) -> Revision:
    """The revision that a Secret of helm's holds.

    Raises:
        Permanent: somebody damaged it.
    """
    try:
        return read_revision(secret, cluster_kinds=cluster_kinds)
    except ValueError as error:
        metadata = secret.get("metadata") or {}
        where = f"{metadata.get('namespace')}/{metadata.get('name')}"
        raise Permanent(
            f"the Secret {where}, where helm keeps a revision, cannot be read: {error}",
            hint="`helm history` fails on it, too; delete it if the release has other revisions",
        ) from None


def _as_far_as_known(one: KubeObject, live: Body | None, rendering: Rendering) -> KubeObject:
    """An object with what is there in the place of what nobody knows yet: the rest can be tried so."""
    unknown = rendering.unknown.get(one.key)
    if live is None or not unknown or "" in unknown:
        return one
    body = one.body
    for path in sorted(unknown):
        body = with_field_of(body, live, path)
    return replace(one, body=body)


def _in_version(resource: ApiResource, api_version: str) -> ApiResource:
    """The kind in the version that the chart names: another one is another patch."""
    version = api_version.rpartition("/")[2]
    return ApiResource(resource.group, version, resource.kind, resource.plural, resource.is_namespaced, resource.verbs)


def _conflicts(error: ApiError) -> tuple[FieldConflict, ...]:
    """Fields and owners, as the server's causes name them (facts §11.4)."""
    found = []
    for cause in error.causes:
        if cause.get("reason") != "FieldManagerConflict":
            continue
        field = str(cause.get("field", "")).removeprefix(".").replace('[name="', "[").replace('"]', "]")
        owner = str(cause.get("message", "")).removeprefix("conflict with ").replace('"', "")
        found.append(FieldConflict(field, owner))
    return tuple(found)


def _reasons(error: ApiError) -> str:
    """The server's causes, without what of them is repeated."""
    causes = [f"{one.get('field')}: {one.get('message')}" for one in error.causes if one.get("field")]
    return "; ".join(dict.fromkeys(causes)) or error.summary


def _foreign(
    objects: Iterable[KubeObject], live: Mapping[ObjectKey, Body | None], declared: Declared, *, known: set[ObjectKey]
) -> Iterable[str]:
    """Objects that are there and carry no mark of this release: helm refuses to take them.
    (Helm: pkg/action/validate.go `checkOwnership`.)"""
    wanted = (declared.release, declared.namespace)
    for one in objects:
        body = live.get(one.key)
        if body is None or one.key in known:
            continue
        marks = release_of(body)
        if marks != wanted:
            whose = f"belongs to the release {marks[1]}/{marks[0]}" if marks[0] else "was made by somebody else"
            yield f"{one.key} is there already and {whose}: helm refuses to take it"
