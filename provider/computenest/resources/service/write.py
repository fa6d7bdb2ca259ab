"""What is written to a draft: the API's fields, with templates put where Compute Nest reads them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from computenest.kernel.errors import Permanent
from computenest.kernel.unknown import Known
from computenest.kernel.values import Json
from computenest.resources.service.compare import Left, file_name, infos_to_write, urls_in
from computenest.resources.service.metadata import merged
from computenest.resources.service.model import Service
from computenest.resources.service.seen import Content
from computenest.resources.service.template_store import CloudTemplates


@dataclass(frozen=True, slots=True)
class ServiceWrite:
    """Makes the fields of a draft. A template whose text is in place already is not uploaded again."""

    templates: CloudTemplates
    texts: Mapping[str, str]

    async def fields(
        self, service: Service[Known], base: Content | None, known: Left, numbers: Collection[str] = ()
    ) -> tuple[dict[str, Json], Left]:
        """The API's fields of the wanted draft, and what is known after the uploads.

        Args:
            service: what is wanted.
            base: the version whose other content is kept, None for a new service.
            known: what earlier runs left.
            numbers: the published versions that there are.
        """
        urls = {} if base is None else urls_in(service, base, known)
        for name, template in sorted(service.templates.items()):
            digest, url = known.urls.get(name, ("", ""))
            if name in urls:
                continue
            urls[name] = url if url and digest == template.digest else await self._put(service, name)
        uploaded = {name: (service.templates[name].digest, url) for name, url in urls.items()}
        after = replace(known, urls={**known.urls, **uploaded})
        infos = infos_to_write(service, {} if base is None else base.infos, known)
        metadata = merged({} if base is None else base.metadata, service, urls, former=known.managed)
        fields = {
            "DeployType": service.deploy_type,
            "ServiceType": service.service_type,
            "ShareType": service.share_type,
            "ApprovalType": service.approval_type,
            "VersionName": service.version_name,
            "ServiceInfo": [info.api(locale) for locale, info in sorted(infos.items())],
            "DeployMetadata": metadata,
            **service.fields_to_write({} if base is None else base.fields, known.managed.fields, numbers),
        }
        return {key: value for key, value in fields.items() if value is not None}, after

    async def _put(self, service: Service[Known], name: str) -> str:
        template = service.templates[name]
        text = self.texts.get(template.digest)
        if text is None:
            raise Permanent(
                f"the text of template {name!r} is needed and not at hand: the state keeps no template's text",
                hint="take `templates` out of ignoreChanges, or run pulumi up with the template in the program",
            )
        return await self.templates.put(name=file_name(name, template), text=text)
