"""Validation of the inputs of container image, chart and file packages: pure, all failures at once.

It comes in two parts, because what a source holds can only be read outside: `check` judges what was written down, then
`finish` puts in what the source was found to hold. An unknown value is skipped, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from computenest.cloud.registry.oci import REPOSITORY, TAG
from computenest.cloud.registry.platforms import parse_platform
from computenest.kernel.arguments import ALL_REGIONS, check_line, check_name, check_tags, quoted
from computenest.kernel.fields import Given, about
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.resources._packages.check import MAX_NAME, Recorded, failures_of, identity_inputs, suggest, validated
from computenest.resources._packages.content_declaration import Content
from computenest.resources._packages.content_model import AUTOMATIC, PUBLIC, ContentPackage, Described, Kind
from computenest.resources._packages.content_state import property_of
from computenest.resources._packages.keys import derived_tag

__all__ = ["check", "finish", "package_of", "permission_notes", "readable_source", "source_of"]

_WITH_CHECK_OF_ITS_OWN = frozenset({"ownerId", "tags"})
_COMPUTED = frozenset(
    {"ownerId", "generation", "artifactName", "distribution", "content", "formerOwners", "logicalName"}
)
_CHART_COMPUTED = frozenset({"repository", "tag"})
_FIELDS = {
    field.alias or name: TypeAdapter(field.rebuild_annotation())
    for name, field in ContentPackage.model_fields.items()
    if isinstance(about(field), Given) and (field.alias or name) not in _WITH_CHECK_OF_ITS_OWN
}
NO_PERMISSION = (
    "a file cannot be made public by a permission: Compute Nest has one for container images and charts only. A file "
    "is public while a public service uses it; take `permission` out"
)
_FILE_NAME = re.compile(r"[^/\\\x00-\x1f]{1,200}")
_TEXT: TypeAdapter[Any] = TypeAdapter(str)


def check(content: Content, olds: Mapping[str, Any], news: Mapping[str, Any], *, recorded: Recorded | None) -> Checked:
    """Checked inputs but for `content` and what follows from it; `source` is still whole (see `finish`)."""
    kind, keys, failures = content.kind, content.keys, list[Failure]()
    inputs: dict[str, Any] = {}
    computed = _COMPUTED | (_CHART_COMPUTED if kind is Kind.CHART else frozenset())
    for key, value in news.items():
        if key in computed or key in {"source", "regions", "tags"} or value is None:
            continue
        if key == "platforms" and kind is Kind.IMAGE:
            continue
        if key not in keys:
            failures.append(Failure(key, f"there is no property {quoted(key)}{suggest(key, keys)}"))
        elif has_unknown(value):
            inputs[key] = UNKNOWN
        else:
            inputs[key] = validated(_FIELDS.get(key, _TEXT), value, path=key, failures=failures)
    inputs.setdefault("name", olds.get("name") or news.get("logicalName"))
    check_line(inputs.get("versionName"), failures, path="versionName")
    check_name(inputs.get("name"), failures, limit=MAX_NAME)
    inputs |= check_tags(news.get("tags"), failures)
    inputs["source"] = _check_source(content, news.get("source"), failures)
    if kind is Kind.IMAGE:
        _check_repository(inputs, failures)
        inputs |= _check_platforms(news.get("platforms"), failures)
    if kind is Kind.FILE:
        if inputs.get("permission") == PUBLIC:
            failures.append(Failure("permission", NO_PERMISSION))
        _check_file_name(inputs, failures)
        inputs["distribution"] = _check_regions(olds, news, failures)
    elif news.get("regions") is not None:
        failures.append(Failure("regions", "images and charts lie in one registry for all regions; take it out"))
    inputs |= identity_inputs(olds, news, inputs.get("name", UNKNOWN), recorded)
    return Checked(inputs, tuple(failures))


def readable_source(checked: Checked) -> Mapping[str, str] | None:
    """The source that can be read now; None where it is unknown in part, or wrong."""
    source = checked.inputs.get("source")
    if not isinstance(source, Mapping) or has_unknown(source) or has_unknown(checked.inputs.get("platforms")):
        return None
    if any(failure.path.startswith(("source", "platforms")) for failure in checked.failures):
        return None
    return source_of(checked.inputs)


def source_of(inputs: Mapping[str, Any]) -> dict[str, str]:
    """What is read: the source, and which platforms of it, as a list with commas."""
    source = {key: str(value) for key, value in inputs["source"].items()}
    return {**source, "platforms": ",".join(inputs["platforms"])} if inputs.get("platforms") else source


def finish(kind: Kind, checked: Checked, described: Described | None) -> Checked:
    """Checked inputs with what the source holds, UNKNOWN where it could not be read yet."""
    inputs, failures = dict(checked.inputs), list[Failure]()
    content: Any = UNKNOWN if described is None else described.digest
    inputs["content"] = content
    source = inputs["source"]
    if isinstance(source, Mapping) and "text" in source:
        inputs["source"] = {"kind": "text"}  # like a template's, the text never enters the state
    if kind is Kind.IMAGE and "tag" not in inputs:
        inputs["tag"] = UNKNOWN if described is None else derived_tag(described.digest)
    if kind is Kind.CHART:
        inputs["repository"] = UNKNOWN if described is None else described.name
        inputs["tag"] = UNKNOWN if described is None else described.version
        if described is not None and not (REPOSITORY.fullmatch(described.name) and TAG.fullmatch(described.version)):
            failures.append(
                Failure("source", f"{described.name}:{described.version} cannot be a repository and tag in a registry")
            )
    if kind is Kind.FILE and isinstance(inputs["distribution"], Mapping):
        inputs["distribution"] = dict.fromkeys(inputs["distribution"], content)
    return Checked(inputs, checked.failures, checked.warnings).plus(failures)


def package_of(kind: Kind, inputs: Mapping[str, Any]) -> ContentPackage:
    """The package that fully known, checked inputs describe; with outputs among them, also where it lies."""
    known = {key: inputs[key] for key in (*_FIELDS, "tags", "ownerId", "generation", "artifactName") if key in inputs}
    where = str(inputs["fileName"]) if kind is Kind.FILE else f"{inputs['repository']}:{inputs['tag']}"
    return ContentPackage.model_validate(
        {
            **known,
            "kind": kind,
            "content": inputs["content"],
            "where": where,
            "regions": tuple(sorted(inputs.get("distribution") or ())),
            "properties": property_of(kind, inputs),
            "repairs": inputs.get("repairs", 0),
        }
    )


def permission_notes(olds: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """What a preview has to say about who may use the package: a step that cannot be taken back."""
    if "fileName" in inputs:
        return ()
    before, after = olds.get("permission") or AUTOMATIC, inputs.get("permission") or AUTOMATIC
    if after is UNKNOWN or before == after:
        return ()
    if after == PUBLIC:
        return (
            "permission Automatic -> Public cannot be undone: from then on everybody may use the package, and only a "
            "replacement is Automatic again",
        )
    return ("permission Public -> Automatic is not possible in place: the package is replaced",)


def _check_source(content: Content, source: Any, failures: list[Failure]) -> Any:
    if source is UNKNOWN:
        return UNKNOWN
    models = content.sources
    names = ", ".join(model.__name__ for model in models.values())
    if not isinstance(source, Mapping):
        failures.append(Failure("source", f"a source is needed: one of {names}"))
        return UNKNOWN
    model = models.get(str(source.get("kind", "")))
    if model is None:
        failures.append(Failure("source.kind", f"{quoted(source.get('kind'))} is no kind of source here; use {names}"))
        return UNKNOWN
    given = {key: value for key, value in source.items() if value is not None}
    if has_unknown(given):
        return {key: UNKNOWN if has_unknown(value) else value for key, value in given.items()}
    try:
        parsed = model.model_validate(given)
    except ValidationError as error:
        failures.extend(failures_of(error, prefix="source"))
        return UNKNOWN
    if given["kind"] == "text" and "text" not in given:
        failures.append(Failure("source.text", "a text is needed"))
    return {"kind": given["kind"], **parsed.wire()}


def _check_repository(inputs: dict[str, Any], failures: list[Failure]) -> None:
    named = "repository" in inputs
    wanted = inputs.setdefault("repository", inputs.get("name"))
    if wanted is not UNKNOWN and not (isinstance(wanted, str) and REPOSITORY.fullmatch(wanted)):
        why = "" if named else ", which is the package's name; give it a `repository` of its own"
        rule = "lower-case letters, digits and single . _ - between them"
        failures.append(Failure("repository", f"{quoted(wanted)} cannot be a repository ({rule}){why}"))
    tag = inputs.get("tag")
    if tag not in (None, UNKNOWN) and not TAG.fullmatch(str(tag)):
        failures.append(Failure("tag", f"{quoted(tag)} cannot be a tag: at most 128 letters, digits, . _ -"))


def _check_platforms(wanted: Any, failures: list[Failure]) -> dict[str, Any]:
    if wanted is None:
        return {}
    if wanted is UNKNOWN:
        return {"platforms": UNKNOWN}
    if isinstance(wanted, str) or not isinstance(wanted, Iterable):
        failures.append(Failure("platforms", "a list of platforms is needed, as in [linux/amd64, linux/arm64]"))
        return {}
    platforms = list(wanted)
    for index, platform in enumerate(platforms):
        if platform is not UNKNOWN and (not isinstance(platform, str) or parse_platform(platform) is None):
            failures.append(
                Failure(f"platforms[{index}]", f"{platform!r} is no platform; write it as linux/amd64 or linux/arm/v7")
            )
    return {"platforms": platforms} if platforms else {}


def _check_file_name(inputs: dict[str, Any], failures: list[Failure]) -> None:
    source = inputs["source"]
    path = source.get("path") if isinstance(source, Mapping) else UNKNOWN
    if "fileName" not in inputs:
        if path is None:
            failures.append(Failure("fileName", "a text needs a file name"))
        inputs["fileName"] = path if path in (None, UNKNOWN) else re.split(r"[/\\]", str(path))[-1]
    name = inputs["fileName"]
    if name not in (None, UNKNOWN) and (name in (".", "..") or not _FILE_NAME.fullmatch(str(name))):
        failures.append(Failure("fileName", f"{quoted(name)} cannot be a file's name: one name, without slashes"))


def _check_regions(olds: Mapping[str, Any], news: Mapping[str, Any], failures: list[Failure]) -> Any:
    wanted = news.get("regions")
    if wanted is None and isinstance(olds.get("distribution"), Mapping):
        wanted = sorted(olds["distribution"])  # ignoreChanges: ["regions"] takes the property away
    if wanted is None:
        return {}
    if wanted is UNKNOWN:
        return UNKNOWN
    if isinstance(wanted, str) or not isinstance(wanted, Iterable):
        failures.append(Failure("regions", "a list of regions is needed, as in [cn-hangzhou, cn-beijing]"))
        return {}
    regions = list(wanted)
    if ALL_REGIONS in regions:
        failures.append(Failure("regions", f"`{ALL_REGIONS}` stands alone, or is left out"))
        return {}
    if any(region is UNKNOWN for region in regions):
        return UNKNOWN
    for index, region in enumerate(regions):
        if not (isinstance(region, str) and region):
            failures.append(Failure(f"regions[{index}]", f"{quoted(region)} is not a region id"))
    return dict.fromkeys(sorted({region for region in regions if isinstance(region, str)}), UNKNOWN)
