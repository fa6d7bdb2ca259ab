"""Packages of container images, charts and files as lifecycles: one class, a type of content each."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from computenest.cloud.faults import refused_by_machine
from computenest.kernel.arguments import ALL_REGIONS, Listed
from computenest.kernel.errors import ComputeNestError, Invalid, Reason
from computenest.kernel.lifecycle import Path
from computenest.kernel.names import AccountName, OwnerId, RegionId
from computenest.kernel.outcome import Checked, Difference, Failure, Outcome
from computenest.kernel.regions import many_regions
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.reconcile.silence import Silence
from computenest.resources._packages import content_check as checks
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.content_declaration import Content
from computenest.resources._packages.content_diff import diff, preview
from computenest.resources._packages.content_model import Described, Kind
from computenest.resources._packages.content_package import (
    ContentArguments,
    ContentPackage,
    ContentState,
    RegistryPackage,
)
from computenest.resources._packages.content_ports import ContentStore
from computenest.resources._packages.lifecycle import PackageLifecycle
from computenest.resources._packages.opened import checks_of, packages_of
from computenest.resources._program.accounts import asked_of
from computenest.resources._program.core import Account
from computenest.resources._program.session import Session

if TYPE_CHECKING:
    from computenest.resources._packages.uploads import ContentPackages

_PUSH_BUDGET_S = 6 * 3600.0  # a push may have run for hours before it breaks, and then only its rest is sent
_COMPUTED_FROM = {
    "name": ("artifactName", "repository"),
    "source": ("content",),
    "platforms": ("content",),
    "regions": ("distribution",),
}


@dataclass(slots=True)
class ContentLifecycle(PackageLifecycle["ContentPackages", ContentPackage[Known], ContentState[Known]]):
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
        written = {"fileName"} if self.content.kind is Kind.FILE else set[str]()
        return Shape(self.content.declared, models=self.content.models, written=frozenset(written))

    async def check(
        self, olds: ContentPackage[Known] | None, news: ContentArguments
    ) -> Checked[ContentPackage[Unknown]]:
        """What was written down, and what the source holds; nothing is sent."""
        account = await self._account(news)
        asked, before = checks_of(account), olds.regions if olds is not None else None
        listed, refused, notes = await asked.all_regions(news.listed, None, before)
        news = news.made(news, listed=listed)
        recorded = await self._replaced(olds, news, asked)
        checked = checks.check(olds, news, recorded=recorded).plus(refused, notes)
        checked = checked.plus(warnings=many_regions(getattr(checked.inputs, "distribution", None)))
        checked = await asked.strange_regions(checked, _new_regions(before or (), listed))
        if olds is None or not olds.owner_id:
            checked = await asked.taken(checked)
        checked = self._with_duplicates(checked, news)
        source, described = checks.readable_source(checked), None
        if source is not None:
            try:
                described = await self._describe(source, account, known_digest=olds.content if olds is not None else "")
            except ComputeNestError as error:
                place = "source.reference" if "reference" in source else "source.path" if "path" in source else "source"
                path = error.path if isinstance(error, Invalid) and error.path else place
                why = str(error) if isinstance(error, Invalid) else Reason.of(error)
                checked = checked.plus((Failure(path, why),))
        found = () if described is None else tuple(f"{checked.inputs.name}: {note}" for note in described.notes)
        checked = checked.plus(warnings=(*found, *checks.permission_notes(olds, checked.inputs)))
        finished = checks.finish(checked, described)
        made = finished.inputs
        if described is not None and isinstance(made, RegistryPackage) and isinstance(made.tag, str):
            self.core.platforms[f"{made.repository}:{made.tag}"] = described.platforms
        return finished

    async def _describe(self, source: Mapping[str, str], account: Account, *, known_digest: str) -> Described:
        quiet = replace(account.retry, silence=Silence())  # nothing is asked: to succeed is no sign of the cloud's
        store = asked_of(account, self._store(account), retry=quiet)
        try:
            described = await store.describe(source=_located(source), known_digest=known_digest)
        except OSError as error:  # a name that no file can have, a folder that may not be read
            raise refused_by_machine(error) from error
        if "text" in source:
            self._texts[described.digest] = source["text"]
        return described

    def diff(self, olds: ContentState[Known], news: ContentPackage[Unknown]) -> Difference:
        self.core.related.will_be(olds, news)
        self._tell_risk(olds)
        return diff(self.content, olds, news)

    def preview(self, inputs: ContentPackage[Unknown], former: ContentState[Known] | None) -> ContentState[Unknown]:
        return preview(self.content, inputs, former)

    async def read(
        self, id_: str, known: ContentState[Known] | None, *, owner_id: OwnerId
    ) -> Outcome[ContentState[Known]] | None:
        del owner_id
        if known is None or not known.artifact_id:
            raise Invalid(
                f"a {self.content.declared.type_name} cannot be imported: the cloud does not tell what it is made of",
                hint="declare it without `import`; content that is there already is not sent again",
            )
        return await self._look(id_, known, (await self._of(known)).read, name=known.name)

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        found = {path for path in given if path != ("source", "text")}  # only its digest is kept
        computed = {(name,) for path in given for name in _COMPUTED_FROM.get(str(path[0]), ())}
        return frozenset(found | computed)

    def _source(self, inputs: ContentPackage[Known]) -> Mapping[str, str]:
        source = _located(inputs.readable or {})
        if source.get("kind") != "text":
            return source
        text = self._texts.get(inputs.content)
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
        from computenest.resources._packages.content_state import ContentStates
        from computenest.resources._packages.packages import Packages
        from computenest.resources._packages.places import Places
        from computenest.resources._packages.repositories import CloudRepositories
        from computenest.resources._packages.uploads import ContentPackages

        session, patient = account.session, replace(account.retry, budget_s=_PUSH_BUDGET_S)
        artifacts = asked_of(account, CloudArtifacts(session.client, artifact_type=self.content.kind.value))
        registrations = asked_of(account, session.port(CloudRepositories))
        store = asked_of(account, self._store(account), retry=patient)
        claims = Claims(self.content.kind, artifacts, session.clock)
        shared = packages_of(account)
        packages = Packages(
            artifacts,
            shared.reader,
            shared.watch,
            shared.clock,
            shared.progress,
            shared.lease,
            ContentStates(self.content.state),
            shared.use,
        )
        places = Places(self.content.state, store, claims, account.progress)
        return ContentPackages(packages, store, registrations, places, self._source)


def _located(source: Mapping[str, str]) -> Mapping[str, str]:
    """The source with `~` as the home folder of whoever runs the provider: a program in YAML has nobody else to ask."""
    path = source.get("path", "")
    if not path.startswith("~"):
        return source
    with contextlib.suppress(RuntimeError):  # no such user: it is named as it is where it is not found
        return {**source, "path": str(pathlib.Path(path).expanduser())}
    return source


def _new_regions(before: Collection[RegionId], listed: Listed) -> dict[str, str]:
    """Property path -> region, of those that were not asked about before."""
    given = () if listed is None or listed is UNKNOWN else listed
    known = {"", ALL_REGIONS, UNKNOWN, *before}
    return {f"regions[{index}]": str(region) for index, region in enumerate(given) if region not in known}
