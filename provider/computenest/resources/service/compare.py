"""Whether a version says what is wanted, in everything that this resource manages and in nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from computenest.kernel.identity import digest as short
from computenest.kernel.unknown import Known
from computenest.resources.service.metadata import Managed, merged, templates_in, without_query
from computenest.resources.service.model import Service, ServiceInfo, ServiceTemplate
from computenest.resources.service.operating import says_same
from computenest.resources.service.seen import Content


@dataclass(frozen=True, slots=True)
class Left:
    """What earlier runs left behind.

    Args:
        managed: the parts of DeployMetadata that the state manages.
        urls: template name -> (digest, address) of what was uploaded.
        rejected: the edition that reviewers turned down; it is not submitted again.
    """

    managed: Managed = field(default_factory=Managed)
    urls: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    rejected: str = ""


def matches(service: Service[Known], content: Content, known: Left) -> bool:
    """Whether a version says what is wanted, in everything that this resource manages; visibility apart."""
    urls = urls_in(service, content, known)
    if set(urls) != set(service.templates):
        return False
    wanted = merged(content.metadata, service, urls, former=known.managed)
    return (
        says_same(wanted, content.metadata)
        and infos_to_write(service, content.infos, known) == dict(content.infos)
        and content.deploy_type in {"", service.deploy_type}
        and content.service_type in {"", service.service_type}
        and (service.version_name is None or service.version_name == content.version_name)
        and service.is_said_by(content.fields, known.managed.fields)
    )


def urls_in(service: Service[Known], content: Content, known: Left) -> dict[str, str]:
    """Template name -> its address, for those whose text this version has already."""
    found: dict[str, str] = {}
    entries = templates_in(content.metadata, service.templates_key)
    for name, template in service.templates.items():
        url = str(entries.get(name, {}).get("Url", ""))
        bare = without_query(url)
        recorded_digest, recorded_url = known.urls.get(name, ("", ""))
        is_recorded = recorded_digest == template.digest and without_query(recorded_url) == bare
        if bare and (is_recorded or bare.rpartition("/")[2] == file_name(name, template)):
            found[name] = url
    return found


def file_name(name: str, template: ServiceTemplate[Known]) -> str:
    """What a template is uploaded as: the digest in it tells a later run what stands there."""
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name)[:40]
    return f"{stem}-{short(name, template.digest)}.{template.file_suffix}"


def infos_to_write(
    service: Service[Known], seen: Mapping[str, ServiceInfo[Known]], known: Left
) -> dict[str, ServiceInfo[Known]]:
    """Locale -> info: what is there, ours over it; a language that the state managed and nobody wants goes."""
    found = {
        locale: info for locale, info in seen.items() if locale in service.infos or locale not in known.managed.locales
    }
    for locale, wanted in service.infos.items():
        before = found.get(locale)
        fields = {key: getattr(wanted, key) for key in wanted.model_fields_set}
        found[locale] = wanted if before is None else before.model_copy(update=fields)
    return found
