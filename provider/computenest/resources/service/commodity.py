"""How a service is sold, checked and read: its marketplace binding, compliance packages, texts by language.

Each is one document that UpdateService takes; GetService tells the binding in another shape, beside what the
marketplace itself says of the product (SDK 7.3.2). Binding the product is the affair of the marketplace's console.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal

from computenest.kernel.fields import About
from computenest.kernel.values import Json, Model
from computenest.resources.service.operations import normal, readable

TYPED: Mapping[str, str] = {
    "commodity": "Commodity",
    "compliance_packs": "ComplianceMetadata",
    "locale_configs": "ServiceLocaleConfigs",
}
"""Field of the service -> the API's that it makes."""


class _Wire(BaseModel):
    """A part of a document, as the API writes it; what nobody here knows is left out of comparisons."""

    model_config = ConfigDict(frozen=True, alias_generator=to_pascal, populate_by_name=True, extra="ignore")

    def document(self) -> dict[str, Json]:
        """In the API's names, without what is empty."""
        return self.model_dump(by_alias=True, exclude_defaults=True, exclude_none=True, mode="json")


def _listed(value: object) -> object:
    """Ids as a list; the SDK has them as one text where it reads and as a list where it writes."""
    if not isinstance(value, str):
        return value
    return value.translate(str.maketrans('[]",', "    ")).split()


class _Specification(_Wire):
    template_name: str = ""
    specification_code: str = ""
    specification_name: str = ""


class _Metering(_Wire):
    template_name: str = ""
    entity_ids: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    specification_name: str = ""


class _Item(_Wire):
    entity_id: str = ""
    type: str = ""
    metric_name: str = ""
    promql: str = ""


class _Lists(_Wire):
    specification_mappings: tuple[_Specification, ...] = ()
    metering_entity_mappings: tuple[_Metering, ...] = ()
    metering_entity_extra_infos: tuple[_Item, ...] = ()
    saas_boost_config: str = ""

    def in_order(self) -> _Lists:
        """The order of entries means nothing to the cloud."""
        lists = ("specification_mappings", "metering_entity_mappings", "metering_entity_extra_infos")
        ordered = {name: tuple(sorted(getattr(self, name), key=repr)) for name in lists}
        return _Lists(**ordered, saas_boost_config=self.saas_boost_config)


class _Commodity(_Lists):
    """As GetService has it."""

    marketplace_metadata: _Lists | None = None
    saas_boost_metadata: str = ""

    def written(self) -> _Lists:
        """As UpdateService takes it."""
        told = self.marketplace_metadata or self
        boost = told.saas_boost_config or self.saas_boost_config or self.saas_boost_metadata
        return told.model_copy(update={"saas_boost_config": boost}).in_order()


class _Packs(_Wire):
    compliance_packs: tuple[str, ...] = ()


class _Text(_Wire):
    original_value: str = ""
    zh_value: str = ""
    en_value: str = ""

    @property
    def said(self) -> dict[str, str]:
        """Language -> text, of those that there are."""
        return {lang: text for lang, text in (("zh", self.zh_value), ("en", self.en_value)) if text}


class SpecificationMapping(Model):
    """What a specification of the product buys."""

    template_name: Annotated[str, About("The template that it buys."), Field(min_length=1)]
    specification_code: Annotated[str, About("The specification's code in the marketplace."), Field(min_length=1)]
    specification_name: Annotated[str | None, About("A package of that template, where it has several.")] = None


class MeteringMapping(Model):
    """What is metered of instances of a template."""

    template_name: Annotated[str, About("The template."), Field(min_length=1)]
    entity_ids: Annotated[tuple[str, ...], About("Metering items of the product."), Field(min_length=1)]
    specification_name: Annotated[str | None, About("A package of that template, where it has several.")] = None


class MeteringItem(Model):
    """How a metering item is counted."""

    type: Annotated[
        Literal["Custom", "ComputeNestBill", "ComputeNestPrometheus", "ComputeNestTime"],
        About("Who counts, and what: `Custom` for the supplier."),
    ]
    metric_name: Annotated[
        str | None, About("The metric; needed for `ComputeNestBill` and `ComputeNestPrometheus`.")
    ] = None
    promql: Annotated[str | None, About("A statement of Prometheus.")] = None


class ServiceCommodity(Model):
    """What the product in Alibaba Cloud Marketplace that the service is bound to sells."""

    specifications: Annotated[
        tuple[SpecificationMapping, ...], About("For a subscription: what each specification buys.")
    ] = ()
    metering: Annotated[
        tuple[MeteringMapping, ...], About("For pay-as-you-go: what is metered of which template.")
    ] = ()
    metering_items: Annotated[Mapping[str, MeteringItem], About("Id of a metering item -> how it is counted.")] = Field(
        default_factory=dict
    )
    saas_boost: Annotated[str | None, About("The configuration of SaaS Boost, as the API has it.")] = None

    def written(self) -> dict[str, Json]:
        """`Commodity` of UpdateService."""
        given = self.model_dump(exclude_none=True)
        lists = _Lists.model_validate(
            {
                "specification_mappings": given["specifications"],
                "metering_entity_mappings": given["metering"],
                "metering_entity_extra_infos": [{"entity_id": k, **one} for k, one in given["metering_items"].items()],
                "saas_boost_config": self.saas_boost or "",
            }
        )
        return lists.in_order().document()

    @classmethod
    def of(cls, lists: _Lists) -> ServiceCommodity:
        """What would be written like this.

        Raises:
            ValidationError: somebody wrote what no program can say.
        """
        return cls.model_validate(
            {
                "specifications": [one.model_dump(exclude_defaults=True) for one in lists.specification_mappings],
                "metering": [one.model_dump(exclude_defaults=True) for one in lists.metering_entity_mappings],
                "metering_items": {
                    one.entity_id: one.model_dump(exclude={"entity_id"}, exclude_defaults=True)
                    for one in lists.metering_entity_extra_infos
                },
                "saas_boost": lists.saas_boost_config or None,
            }
        )


class LocaleText(Model):
    """A text of the service in both languages."""

    zh: Annotated[str | None, About("In Chinese.")] = None
    en: Annotated[str | None, About("In English.")] = None


def documents(
    commodity: ServiceCommodity | None,
    packs: tuple[str, ...] | None,
    texts: Mapping[str, LocaleText] | None,
) -> dict[str, Json]:
    """Field of the API -> document, of those that are given."""
    found: dict[str, Json] = {} if commodity is None else {"Commodity": commodity.written()}
    if packs is not None:
        found["ComplianceMetadata"] = _Packs(compliance_packs=tuple(sorted(packs))).document()
    if texts:
        listed = [
            _Text(original_value=name, zh_value=one.zh or "", en_value=one.en or "")
            for name, one in sorted(texts.items())
        ]
        found["ServiceLocaleConfigs"] = [one.document() for one in listed]
    return found


def read(name: str, value: Json) -> Json:
    """What GetService says of one of these fields, in the form in which it is written; another field as it is, and so
    what has a form that nobody knows."""
    try:
        if name == "Commodity" and isinstance(value, Mapping):
            return _Commodity.model_validate(value).written().document()
        if name == "ComplianceMetadata" and isinstance(value, Mapping) and value.keys() <= {"CompliancePacks"}:
            packs = _Packs.model_validate(value)
            return _Packs(compliance_packs=tuple(sorted(packs.compliance_packs))).document()
        if name == "ServiceLocaleConfigs" and isinstance(value, list | tuple):
            texts = [_Text.model_validate(one) for one in value]
            return [one.document() for one in sorted(texts, key=lambda one: one.original_value)]
    except ValidationError:
        return value
    return value


def sold_by(seen: Mapping[str, Json]) -> ServiceCommodity | None:
    """What makes a version say what it says of its product; None where it says nothing, or what no program can."""
    try:
        found = normal(ServiceCommodity.of(_Commodity.model_validate(seen.get("Commodity") or {}).written()))
    except ValidationError:
        return None
    return found if found.model_fields_set else None


def packs_of(seen: Mapping[str, Json]) -> tuple[str, ...]:
    """The same of its compliance packages."""
    return readable(_Packs, seen.get("ComplianceMetadata") or {}).compliance_packs


def texts_of(seen: Mapping[str, Json]) -> dict[str, LocaleText]:
    """The same of its texts."""
    texts = seen.get("ServiceLocaleConfigs")
    try:
        told = [_Text.model_validate(one) for one in (texts if isinstance(texts, list | tuple) else ())]
    except ValidationError:
        return {}
    return {one.original_value: LocaleText.model_validate(one.said) for one in told}
