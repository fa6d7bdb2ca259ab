"""What each property of a service is, in the words of the documentation."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["PROPERTIES", "SERVICE", "TYPES"]

SERVICE = """A Compute Nest service: names, templates, the packages behind their markers, who may deploy it.

It alone owns the service's DeployMetadata: what somebody edits by hand is shown by a refresh and repaired by the next
update; keys that it does not manage stay as they are. A review by people is never waited for: `status` says
`Submitted`, and the first `pulumi up` after the approval launches the version."""

TYPES: Mapping[str, str] = {
    "Agreement": "A text that customers agree to.",
    "RelationTarget": "The artifact version behind a marker.",
    "ServiceInfo": "How a service presents itself in one language.",
    "ServiceTemplate": "What the state keeps of a template: never its text.",
    "TemplateDeclaration": "A template and where it may be deployed.",
    "Software": "A piece of software that a service contains.",
    "UploadedTemplate": "Where a template's text was put.",
}

PROPERTIES: Mapping[str, Mapping[str, str]] = {
    "Agreement": {"name": "Its title.", "url": "Its address."},
    "RelationTarget": {
        "artifactId": "The artifact.",
        "version": "Its version; empty for the cloud's own choice.",
        "ownerId": "The package resource that it is, where it is one.",
        "generation": "How often that resource was replaced.",
        "dropped": "What the program names no more and a published version still holds.",
        "due": "Superseded versions that this run deletes.",
        "edition": "A digest of what the version is made of.",
        "name": "The package's name, for messages.",
        "distribution": "Regions of the package; a template may not be deployed elsewhere.",
        "reasons": "Why the package is incomplete; a service does not move to an incomplete one.",
    },
    "Service": {
        "account": "A key of `computenest:accounts`, for a service of another account.",
        "approvalType": "Whether customers have to apply: `AutoPass` or `Manual`.",
        "associations": "`relation` of ServiceImageAssociations.",
        "deployType": "How it is deployed.",
        "dropped": "What the program names no more and a published version still holds.",
        "due": "Superseded versions that this run deletes.",
        "edition": "A digest of what the wanted version is made of.",
        "generation": "How often the service was replaced.",
        "incarnation": "How often a create has taken the service over; 0 while nobody has seen it.",
        "infos": "Locale (`en-US`, `zh-CN`) -> name and description.",
        "metadata": "Further keys of DeployMetadata in the API's own words; keys not named here stay as they are.",
        "ownerId": "The resource's identity, kept for ever; minted where it is not given.",
        "permissions": "Marker -> who may launch from the images behind it, as this service decides it.",
        "publishing": "How far a version is taken: `online` needs a review by people, which no run waits for.",
        "reasons": "Why the service is incomplete, or was rejected.",
        "registrationId": "The submission that is under review.",
        "relations": "Marker, byte for byte as in a template -> the artifact version behind it.",
        "resourceGroupId": "Can only be set when the service is made.",
        "retainVersions": "How many superseded published versions to keep; one that an instance runs always stays.",
        "review": "How the review of the draft stood when the run began.",
        "serviceId": "The service's id.",
        "serviceType": "`private`: runs in the customer's account; `managed`: in the supplier's.",
        "serviceVersion": "The version that an instance is to be made of.",
        "shareAccounts": "Account -> permission. Given, the whitelist is exactly this; otherwise it is left alone.",
        "stage": "How far the wanted version has come: draft, beta, submitted, rejected or online.",
        "status": "Draft, Beta, Submitted, Rejected, Online or Incomplete.",
        "submitted": "The edition that is, or was last, under review.",
        "tags": "Tags of the service.",
        "templates": "Name -> template.",
        "templateUrls": "Name -> where the template's text was put.",
        "timeoutS": "The longest that one operation may take, in seconds.",
        "versionName": "The version's name; by default the cloud's own.",
        "versions": "Every version and its status.",
        "visibility": "Who may deploy it, and with it who may launch from the images of its packages.",
    },
    "ServiceInfo": {
        "name": "Shown to customers.",
        "shortDescription": "One paragraph.",
        "image": "Address of the icon.",
        "longDescriptionUrl": "Address of a longer text.",
        "agreements": "What customers agree to.",
        "softwares": "What software it contains.",
    },
    "ServiceTemplate": {
        "digest": "Of the text.",
        "format": "What kind of template it is.",
        "sizeBytes": "Of the text.",
        "regions": "Where it may be deployed; everywhere where none is named.",
        "options": "Further keys of its entry in TemplateConfigs, in the API's own words.",
    },
    "TemplateDeclaration": {
        "text": "The template: ROS YAML or JSON, or Terraform.",
        "fileName": "What messages call it; its ending helps to tell the format.",
        "digest": "In place of the text: that of a template that is in place already.",
        "regions": "Where it may be deployed; everywhere where none is named.",
        "options": "Further keys of its entry in TemplateConfigs, in the API's own words.",
    },
    "Software": {"name": "Its name.", "version": "Its version."},
    "UploadedTemplate": {"digest": "Of the text.", "url": "Its address."},
}
