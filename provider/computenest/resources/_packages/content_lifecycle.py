"""Packages of container images, charts and files as lifecycles: one class, a type of content each."""

from __future__ import annotations

import contextlib
import functools
import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from computenest.cloud.faults import refused_by_machine
from computenest.kernel.arguments import ALL_REGIONS
from computenest.kernel.errors import ComputeNestError, Invalid, Reason
from computenest.kernel.lifecycle import Found, Path
from computenest.kernel.names import AccountName, OwnerId
from computenest.kernel.outcome import Checked, Difference, Failure
from computenest.kernel.regions import many_regions
from computenest.kernel.shapes import Shape
from computenest.reconcile.silence import Silence
from computenest.resources._packages import content_check as checks
from computenest.resources._packages import content_state as state
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.content_declaration import Content
from computenest.resources._packages.content_diff import diff, foresee
from computenest.resources._packages.content_model import Described, Kind
from computenest.resources._packages.content_ports import ContentStore
from computenest.resources._packages.lifecycle import PackageLifecycle
from computenest.resources._packages.opened import checks_of, packages_of
from computenest.resources._packages.ports import Artifacts
from computenest.resources._program.accounts import asked_in_check, asked_of
from computenest.resources._program.core import Account
from computenest.resources._program.session import Session

if TYPE_CHECKING:
    from computenest.resources._packages.uploads import ContentPackages

__all__ = ["ContentLifecycle"]

_PUSH_BUDGET_S = 6 * 3600.0  # a push may have run for hours before it breaks, and then only its rest is sent
_COMPUTED_FROM = {
    "name": ("artifactName", "repository"),
    "source": ("content",),
    "platforms": ("content",),
    "regions": ("distribution",),
}


@dataclass(slots=True)
class ContentLifecycle(PackageLifecycle["ContentPackages"]):
    """Lifecycle of one type of content.

    Args:
        content: the type.
        store_of: where an account's content of this type lies.
    """

    content: Content = field(kw_only=True)
    store_of: Callable[[Session], ContentStore] = field(kw_only=True)
    _stores: dict[AccountName, ContentStore] = field(default_factory=dict)
    _texts: dict[str, str] = field(default_factory=dict)
    """Digest -> text of files that the program holds: check sees the text, the state never does."""

    @property
    def shape(self) -> Shape:
        written = {"fileName"} if self.kind is Kind.FILE else set[str]()
        return Shape(self.content.declared, written=frozenset(written))

    @property
    def kind(self) -> Kind:
        """What the API calls such artifacts."""
        return self.content.kind

    async def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        account = await self.core.account(news)
        news, refused, notes = await checks_of(account).with_all_regions(olds, news)
        artifacts = asked_in_check(account, CloudArtifacts(account.session.client, artifact_type=self.kind.value))
        recorded = await self._replaced(olds, news, checks_of(account), artifacts)
        checked = checks.check(self.content, olds, news, recorded=recorded).plus(refused, notes)
        checked = checked.plus(warnings=many_regions(checked.inputs.get("distribution")))
        checked = await checks_of(account).strange_regions(checked, _new_regions(olds, news))
        checked = await checks_of(account).taken(artifacts, olds, checked)
        checked = self._with_duplicates(checked, news)
        source, described = checks.readable_source(checked), None
        if source is not None:
            try:
                described = await self._describe(source, news, known_digest=str(olds.get("content") or ""))
            except ComputeNestError as error:
                place = "source.reference" if "reference" in source else "source.path" if "path" in source else "source"
                path = error.path if isinstance(error, Invalid) and error.path else place
                why = str(error) if isinstance(error, Invalid) else Reason.of(error)
                checked = checked.plus((Failure(path, why),))
        found = () if described is None else tuple(f"{checked.inputs.get('name')}: {note}" for note in described.notes)
        checked = checked.plus(warnings=(*found, *checks.permission_notes(olds, checked.inputs)))
        return checks.finish(self.kind, checked, described)

    async def _describe(self, source: Mapping[str, str], news: Mapping[str, Any], *, known_digest: str) -> Described:
        account = await self.core.account(news)
        quiet = replace(account.retry, silence=Silence())  # nothing is asked: to succeed is no sign of the cloud's
        store = asked_of(account, self._store(account), retry=quiet)
        try:
            described = await store.describe(source=_located(source), known_digest=known_digest)
        except OSError as error:  # a name that no file can have, a folder that may not be read
            raise refused_by_machine(error) from error
        if "text" in source:
            self._texts[described.digest] = source["text"]
        return described

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
        self.core.related.will_be(olds, news)
        self._tell_risk(olds)
        return diff(self.content, olds, news)

    def foresee(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
        return foresee(self.content, inputs, former)

    async def read(self, id_: str, known: Mapping[str, Any], *, owner_id: OwnerId) -> Found | None:
        del owner_id
        if not known.get("artifactId"):
            raise Invalid(
                f"a {self.content.declared.type_name} cannot be imported: the cloud does not tell what it is made of",
                hint="declare it without `import`; content that is there already is not sent again",
            )
        inputs_of = functools.partial(state.inputs_of, self.content)
        return await self._look(id_, known, (await self._of(known)).read, inputs_of)

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        found = {path for path in given if path != ("source", "text")}  # only its digest is kept
        computed = {(name,) for path in given for name in _COMPUTED_FROM.get(str(path[0]), ())}
        return frozenset(found | computed)

    def _source(self, inputs: Mapping[str, Any]) -> Mapping[str, str]:
        source = _located(checks.source_of(inputs))
        if source["kind"] != "text":
            return source
        text = self._texts.get(str(inputs["content"]))
        if text is None:
            raise Invalid("the text was not given again since it was checked", path="source.text", hint="run it again")
        return {**source, "text": text}

    def _store(self, account: Account) -> ContentStore:
        """One an account: it remembers what it has read and sent."""
        name = account.session.account
        if name not in self._stores:
            self._stores[name] = self.store_of(account.session)
        return self._stores[name]

    def _open(self, account: Account) -> ContentPackages:
        from computenest.resources._packages.claims import Claims
        from computenest.resources._packages.places import Places
        from computenest.resources._packages.repositories import CloudRepositories
        from computenest.resources._packages.uploads import ContentPackages

        session, patient = account.session, replace(account.retry, budget_s=_PUSH_BUDGET_S)
        artifacts: Artifacts = asked_of(account, CloudArtifacts(session.client, artifact_type=self.kind.value))
        registrations = asked_of(account, session.port(CloudRepositories))
        store = asked_of(account, self._store(account), retry=patient)
        claims = Claims(self.kind, artifacts, registrations, session.clock)
        package_of = partial(checks.package_of, self.kind)
        return ContentPackages(
            kind=self.kind,
            packages=replace(packages_of(account), artifacts=artifacts, package_of=package_of, states=state),
            store=store,
            registrations=registrations,
            places=Places(self.kind, store, claims, packages_of(account).progress),
            source=self._source,
        )


def _located(source: Mapping[str, str]) -> Mapping[str, str]:
    """The source with `~` as the home folder of whoever runs the provider: a program in YAML has nobody else to ask."""
    path = source.get("path", "")
    if not path.startswith("~"):
        return source
    with contextlib.suppress(RuntimeError):  # no such user: it is named as it is where it is not found
        return {**source, "path": str(pathlib.Path(path).expanduser())}
    return source


def _new_regions(olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, str]:
    """Property path -> region, of those that were not asked about before."""
    listed, before = news.get("regions"), olds.get("distribution")
    known = {"", ALL_REGIONS, *(before if isinstance(before, Mapping) else ())}
    given = listed if isinstance(listed, list | tuple) else ()
    return {f"regions[{i}]": r for i, r in enumerate(given) if isinstance(r, str) and r not in known}
